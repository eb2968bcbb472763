// A procedure sheet, and the proof of its chain, worked out here in the browser and not taken on trust.
//
// hash = SHA-256(prev_hash as 64 hexadecimal characters, then the canonical bytes); the first prev_hash is 64 zeros.

import { h } from './dom.js';
import { icon } from './icons.js';
import { nameOf } from './state.js';
import { counted, dateAndTime, inBoth, lang, say, timeOfDay, word } from './texts.js';

const BEGINNING = '0'.repeat(64);

async function sha256(text) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The seqs of the steps that do not hold: their bytes do not give their hash, or they do not follow the step before. */
export async function brokenSteps(events) {
  const broken = new Set();
  let before = BEGINNING;
  for (const event of events) {
    if (event.prev_hash !== before || await sha256(event.prev_hash + event.canonical) !== event.hash) broken.add(event.seq);
    before = event.hash;
  }
  return broken;
}

/** The banner above the steps: what this browser found, and whether the product agrees. */
export function verdict(sheet, broken) {
  const first = Math.min(...broken);
  const count = sheet.events.length;
  const words = broken.size > 0 ? say('sheet.broken', { seq: first }) : counted('sheet.sound', count);
  const agrees = sheet.verified === (broken.size === 0);
  return h('div', { class: broken.size > 0 ? 'verdict broken' : 'verdict', role: 'status', 'data-testid': 'verdict', 'data-verdict': broken.size > 0 ? 'broken' : 'sound' },
    icon(broken.size > 0 ? 'cross' : 'check'),
    h('p', {}, h('strong', {}, words), ' ', h('span', {}, agrees ? say(`sheet.api.${sheet.verified}`) : say('sheet.disagree'))));
}

const people = (those) => (Array.isArray(those) ? those : [those]).map(nameOf).filter(Boolean).join('، ');

/** Each step as a row for `renew`. */
export const steps = (sheet, broken) => sheet.events.map((event) => ({
  key: String(event.seq),
  sign: JSON.stringify([event, broken.has(event.seq), lang()]),
  draw: () => step(event, broken.has(event.seq)),
}));

function step(event, isBroken) {
  return h('li', { class: isBroken ? 'step broken' : 'step', 'data-testid': 'step', 'data-seq': event.seq, 'data-type': event.type, 'data-broken': String(isBroken) },
    h('span', { class: 'step-number', 'aria-label': say('sheet.step', { seq: event.seq }) }, String(event.seq)),
    h('div', { class: 'step-body' },
      h('p', { class: 'step-what' }, what(event)),
      who(event),
      event.note ? h('blockquote', { dir: 'auto', 'data-testid': 'step-note' }, event.note) : null,
      event.note_said ? h('blockquote', { class: 'withheld' }, inBoth(event.note_said)) : null,
      event.at ? h('p', { class: 'step-when' }, h('time', { datetime: event.at }, when(event))) : null,
      h('p', { class: 'step-hash' },
        icon(isBroken ? 'cross' : 'check'),
        h('span', {}, `${say('sheet.hash')} `, h('code', { dir: 'ltr', title: event.hash }, `${event.hash.slice(0, 12)}…`), ' ', say(isBroken ? 'sheet.step.broken' : 'sheet.step.sound')))));
}

/** The product's own sentence; without one, the step's kind, what was asked and of whom. */
function what(event) {
  if (event.said) return h('strong', {}, inBoth(event.said));
  return [
    h('strong', {}, word('event', event.type)),
    event.disposition ? h('span', { class: 'tag' }, word('asked', event.disposition)) : null,
    event.to ? h('span', {}, say('sheet.to', { name: people(event.to) })) : null,
  ];
}

function who(event) {
  if (!event.by) return null;
  return h('p', { class: 'step-who' },
    h('bdi', {}, event.by_name ?? nameOf(event.by)),
    event.capacity ? h('span', {}, inBoth(event.capacity_said) || word('capacity', event.capacity)) : null,
    event.on_behalf_of ? h('span', {}, say('sheet.for', { name: nameOf(event.on_behalf_of) })) : null);
}

/** Both calendars and the time of day. */
function when(event) {
  if (event.at_said) return [h('bdi', {}, inBoth(event.at_said)), ' · ', h('bdi', {}, timeOfDay(event.at))];
  return [h('bdi', {}, event.at_hijri ? `${event.at_hijri} ${say('record.hijri')} · ` : ''), h('bdi', {}, dateAndTime(event.at))];
}
