// The register as the product's API shows it: the records, one record's fields, its procedure sheet.

import { control, product, productAnswer } from './api.js';
import { $, fill, h, renew, runs, setText } from './dom.js';
import { icon } from './icons.js';
import { attempt } from './notices.js';
import { showFile } from './outlook.js';
import { watch } from './poll.js';
import { nameOf, on, sandboxNow, state } from './state.js';
import { brokenSteps, steps, verdict } from './sheet.js';
import { dateAndTime, inBoth, lang, longDate, say, shortWhen, size, timeOfDay, word } from './texts.js';

const LOOK_MS = 2000;
const TYPING_MS = 300;

let records = null; // null until the register has been read
let picked = null; // the record the visitor chose; null follows the newest
let shown = null; // {record, sheet, broken}
let only = 'all';
let search = '';
let letter = null; // {id, page}: the letter that is open, as the product shows it
let trouble = null;
let watching = null;
const parts = {};

export function startRecord() {
  frame();
  on('me', () => { if (only === 'mine') choose('mine'); });
  on('forwarded', () => { picked = null; watching.now(); });
  on('language', () => { frame(); draw(); });
  watching = watch(look, LOOK_MS, (now) => { trouble = now; draw(); });
}

async function look() {
  const asked = wanted();
  const found = await product(`v1/records?${asked}`);
  if (asked !== wanted()) return;
  records = found.items.toSorted((a, b) => (a.registered_at < b.registered_at ? 1 : a.registered_at > b.registered_at ? -1 : b.serial - a.serial));
  trouble = null;
  draw();
  const id = current()?.record_id;
  if (!id) {
    shown = null;
    return draw();
  }
  const [record, sheet] = await Promise.all([product(`v1/records/${id}`), product(`v1/records/${id}/sheet`)]);
  const broken = await brokenSteps(sheet.events);
  if (id !== current()?.record_id) return;
  shown = { record, sheet, broken };
  draw();
}

const FILTERS = { all: () => ({}), mine: () => ({ holder: state.me }), held: () => ({ kind: 'quarantined_mail' }) };
const wanted = () => String(new URLSearchParams({ top: 50, ...(search ? { search } : {}), ...FILTERS[only]() }));

const holderName = (one) => one.person_name ?? (nameOf(one.person) || inBoth(one.unit_name) || nameOf(one.unit));
const current = () => (picked ? { record_id: picked } : records?.[0]);

/** The parts that stay while their contents change. */
function frame() {
  parts.search ??= h('input', { type: 'search', dir: 'auto', 'data-testid': 'record-search', oninput: searchSoon });
  parts.search.placeholder = say('record.search');
  parts.search.setAttribute('aria-label', say('record.search'));
  parts.state ??= h('p', { class: 'hollow', 'data-testid': 'records-state' });
  parts.list ??= h('ul', { class: 'records', 'data-testid': 'records' });
  parts.list.setAttribute('aria-label', say('record.list'));
  parts.detail ??= h('div', { class: 'record-detail', 'data-testid': 'record' });
  parts.facts ??= h('div', { class: 'facts-holder' });
  parts.letter ??= h('div', { class: 'letter-holder' });
  parts.verdict ??= h('div', {});
  parts.steps ??= h('ol', { class: 'steps', 'data-testid': 'steps' });
  const filters = Object.keys(FILTERS).map((name) => h('button', {
    class: 'segment', 'aria-pressed': String(only === name), 'data-testid': `records-${name}`, onclick: () => choose(name),
  }, say(`record.${name}`)));
  fill($('record'),
    h('header', { class: 'pane-head' },
      h('h2', { id: 'record-title' }, icon('book'), say('pane.record')),
      h('div', { class: 'pane-tools segments', role: 'group', 'aria-label': say('record.filter') }, filters)),
    h('div', { class: 'search' }, icon('search'), parts.search),
    h('div', { class: 'record-body' }, h('div', { class: 'record-list' }, parts.state, parts.list), parts.detail));
}

function choose(filter) {
  [only, picked, records] = [filter, null, null];
  frame();
  draw();
  watching.now();
}

let typing = 0;
function searchSoon() {
  clearTimeout(typing);
  typing = setTimeout(() => {
    search = parts.search.value.trim();
    picked = null;
    watching.now();
  }, TYPING_MS);
}

function draw() {
  const items = records ?? [];
  const words = trouble ? trouble.message
    : records === null ? say('record.loading')
      : items.length > 0 ? ''
        : search ? say('record.empty.search', { text: search })
          : say(`record.empty.${only}`, { name: nameOf(state.me) });
  parts.state.hidden = words === '';
  parts.state.classList.toggle('alarmed', trouble !== null);
  setText(parts.state, words);
  const chosen = current()?.record_id;
  renew(parts.list, items.map((record) => ({
    key: record.record_id,
    sign: JSON.stringify([record.status, record.holders, record.subject, record.reference, chosen === record.record_id, lang()]),
    draw: () => row(record, chosen === record.record_id),
  })));
  drawDetail(chosen);
}

const subject = (record) => (record.masked ? say('record.masked') : record.subject || say('mail.no.subject'));
const holders = (record) => (record.holders ?? []).map(holderName);
const status = (record) => h('span', { class: `status ${record.status}`, 'data-testid': 'record-status', 'data-status': record.status }, word('status', record.status));

function row(record, isChosen) {
  return h('li', {}, h('button', {
    class: 'record-row', 'aria-current': isChosen ? 'true' : null, 'data-testid': 'record-row', 'data-record': record.record_id, onclick: () => { picked = record.record_id; shown = null; draw(); watching.now(); },
  },
  h('bdi', { class: 'reference' }, record.reference ?? ''), status(record),
  h('span', { class: 'row-subject', dir: 'auto' }, runs(subject(record))),
  h('span', { class: 'row-with' }, holders(record).join('، ')),
  h('time', { datetime: record.registered_at }, shortWhen(record.registered_at, sandboxNow()))));
}

function drawDetail(chosen) {
  if (!chosen) return fill(parts.detail);
  if (shown?.record.record_id !== chosen) return fill(parts.detail, h('p', { class: 'hollow' }, say('sheet.loading')));
  const { record, sheet, broken } = shown;
  renew(parts.facts, [{ key: record.record_id, sign: JSON.stringify([record, lang()]), draw: () => facts(record) }]);
  renew(parts.letter, record.masked || record.document ? [] : [{ key: record.record_id, sign: JSON.stringify([letter?.id === record.record_id, lang()]), draw: () => letterOf(record) }]);
  renew(parts.verdict, [{ key: record.record_id, sign: JSON.stringify([sheet.events.map((one) => one.hash), sheet.verified, [...broken], lang()]), draw: () => verdict(sheet, broken) }]);
  renew(parts.steps, steps(sheet, broken));
  parts.head ??= h('div', { class: 'sheet-head' });
  renew(parts.head, [{ key: record.record_id, sign: JSON.stringify([broken.size > 0, lang()]), draw: () => sheetHead(record, broken.size > 0) }]);
  parts.top ??= h('div', { class: 'sheet-top' }, parts.head, parts.verdict);
  fill(parts.detail, parts.facts, parts.letter, parts.top, parts.steps);
}

function sheetHead(record, isBroken) {
  const act = (what) => attempt(async () => {
    await control('POST', `/sandbox/host/${what}`, { record_id: record.record_id });
    await watching.now();
    parts.steps.querySelector('[data-broken="true"]')?.scrollIntoView({ block: 'center' });
  });
  return h('div', { class: 'sheet-title' },
    h('h3', {}, icon('chain'), say('sheet.title')),
    isBroken
      ? h('button', { class: 'button', 'data-testid': 'untamper', onclick: () => act('untamper') }, icon('undo'), say('sheet.untamper'))
      : h('button', { class: 'button quiet', 'data-testid': 'tamper', title: say('sheet.tamper.told'), onclick: () => act('tamper') }, icon('hammer'), say('sheet.tamper')));
}

/** Name and address of whoever wrote, each whole on its line. */
function party(those) {
  if (Array.isArray(those)) return those.map(party);
  const said = those && typeof those === 'object' ? [nameOf(those), those.address ?? those.email] : [those];
  return said.filter((one, at, all) => one && all.indexOf(one) === at).map((one) => h('span', {}, h('bdi', {}, one)));
}

function facts(record) {
  const fact = (key, testid, ...content) => [h('dt', {}, say(key)), h('dd', { 'data-testid': testid }, content)];
  return h('section', { class: 'facts' },
    h('p', { class: 'record-head' },
      h('bdi', { class: 'reference', 'data-testid': 'record-reference' }, record.reference ?? ''),
      status(record),
      h('span', { class: 'tag', 'data-testid': 'record-kind' }, word('kind', record.kind)),
      record.urgency && record.urgency !== 'normal' ? h('span', { class: 'tag urgent' }, word('urgency', record.urgency)) : null,
      record.confidentiality && record.confidentiality !== 'normal' ? h('span', { class: 'tag urgent' }, word('confidentiality', record.confidentiality)) : null),
    h('h3', { 'data-testid': 'record-subject' }, h('bdi', {}, runs(subject(record)))),
    h('dl', {},
      record.drafter ? null : fact('record.sender', 'record-original-sender', [record.original_sender, record.from_party].map(party).find((said) => said.length > 0)),
      fact(record.status === 'draft' ? 'record.drafted' : 'record.registered', 'record-registered', registeredOn(record)),
      record.forwarded_by ? fact('record.forwarded', 'record-forwarded-by', h('bdi', {}, nameOf(record.forwarded_by))) : null,
      fact('record.holders', 'record-holders', (record.holders ?? []).length === 0 ? say('record.holders.none') : h('ul', {}, record.holders.map(holder))),
      record.due_at ? fact('record.due', 'record-due', dateAndTime(record.due_at)) : null,
      record.drafter ? fact('record.drafter', 'record-drafter', h('bdi', {}, nameOf(record.drafter))) : null,
      (record.recipients ?? []).length > 0 ? fact('record.recipients', 'record-recipients', h('ul', {}, record.recipients.map(recipient))) : null,
      record.document ? fact('record.document', 'record-document', wordFile(record.document)) : null,
      record.sealed ? fact('record.sealed', 'record-sealed', sealed(record)) : null,
      fact('record.annexes', 'record-annexes', annexes(record).length === 0 ? say('record.annexes.none')
        : h('ul', { class: 'annexes' }, annexes(record).map((one) => annex(record, one)))),
      record.sender_check && ['outlook', 'forward'].includes(record.received_via) ? fact('record.check', 'record-check',
        [record.sender_check, record.passed_on_check].filter(Boolean).map((one) => h('span', {}, inBoth(one), ' '))) : null,
      (record.links ?? []).length > 0 ? fact('record.links', 'record-links',
        h('ul', {}, record.links.map((one) => h('li', {}, h('bdi', {}, one.reference), ' · ', inBoth(one.said))))) : null,
      (record.undelivered ?? []).length > 0 ? fact('record.undelivered', 'record-undelivered',
        h('ul', { class: 'alarmed' }, record.undelivered.map((one) => h('li', {},
          h('bdi', {}, one.recipients.join(', ')), ' ', h('bdi', {}, one.status), ' · ', dateAndTime(one.at))))) : null,
      (record.reasons ?? []).length > 0 ? fact(record.kind === 'quarantined_mail' ? 'record.reasons' : 'record.remarks', 'record-reasons', h('ul', {}, record.reasons.map((one) => h('li', {}, inBoth(one))))) : null,
      (record.stuck ?? []).length > 0 ? fact('record.stuck', 'record-stuck', h('span', { class: 'alarmed' }, say('record.stuck.told'))) : null,
      record.source?.mailbox ? fact('record.source', 'record-source', h('bdi', {}, record.source.mailbox)) : null));
}

/** The letter's own words, in a frame in which nothing runs and nothing is fetched. */
function letterOf(record) {
  const open = letter?.id === record.record_id;
  const turn = () => attempt(async () => {
    letter = open ? null : { id: record.record_id, page: await (await productAnswer(`v1/records/${record.record_id}/body`)).text() };
    draw();
  });
  return h('section', { class: 'record-letter', 'aria-label': say('record.letter') },
    h('button', { class: 'button quiet', 'aria-expanded': String(open), 'data-testid': 'record-letter', onclick: turn }, icon('mail'), say(open ? 'record.letter.hide' : 'record.letter.show')),
    open ? h('iframe', { class: 'letter-page', title: say('record.letter'), sandbox: 'allow-popups allow-popups-to-escape-sandbox', srcdoc: letter.page, 'data-testid': 'record-letter-page' }) : null);
}

/** Both calendars, and the time of day. */
const registeredOn = (record) => [
  h('span', {}, h('bdi', {}, inBoth(record.registered_on) || `${record.registered_hijri ? `${record.registered_hijri} ${say('record.hijri')} · ` : ''}${longDate(record.registered_at)} ${say('record.gregorian')}`)),
  h('span', {}, h('bdi', {}, timeOfDay(record.registered_at))),
];

const holder = (one) => h('li', {},
  h('strong', {}, h('bdi', {}, holderName(one))),
  one.asked ? h('span', { class: 'tag' }, inBoth(one.asked_said) || word('asked', one.asked)) : null,
  one.since ? h('small', {}, say('record.since', { at: dateAndTime(one.since) })) : null);

const recipient = (one) => h('li', {},
  h('strong', {}, h('bdi', {}, inBoth(one.name))),
  h('span', { class: 'tag', 'data-state': one.state }, inBoth(one.state_said)),
  one.copy ? h('small', {}, say('record.copy')) : null,
  one.why ? h('small', { class: 'alarmed' }, inBoth(one.why)) : null);

const wordFile = (file) => [
  h('span', {}, h('bdi', {}, runs(file.name ?? ''))),
  h('span', {}, say('drive.version', { version: file.version }), file.frozen_version ? ` · ${say('record.frozen', { version: file.frozen_version })}` : '')];

/** The issued file, and where anybody who holds it asks whether it is the ministry's. */
function sealed(record) {
  const name = `${record.reference.replaceAll('/', '-')}.pdf`;
  const show = () => attempt(async () => showFile(await productAnswer(`v1/records/${record.record_id}/documents/${record.sealed.sha256}`), name, 'application/pdf'));
  return [
    h('ul', { class: 'annexes' }, h('li', {}, h('button', { class: 'annex', 'data-testid': 'record-issued', 'aria-label': say('mail.annex.open', { name }), onclick: show },
      icon('seal'), h('span', {}, h('bdi', {}, runs(name)), h('small', {}, size(record.sealed.size_bytes)))))),
    h('p', {}, inBoth(record.sealed.level_said)),
    h('p', {}, h('a', { class: 'link', href: `${state.productUrl}/api/v1/verify/${record.sealed.verify}`, target: '_blank', rel: 'noopener', 'data-testid': 'record-verify' }, say('record.verify'))),
    state.converts === 'plain' ? h('p', {}, say('record.plain')) : null];
}

const annexes = (record) => (record.attachments ?? []).filter((one) => !one.inline);

function annex(record, one) {
  const type = one.content_type ?? (/\.pdf$/i.test(one.name) ? 'application/pdf' : 'application/octet-stream');
  const show = () => attempt(async () => showFile(await productAnswer(`v1/records/${record.record_id}/documents/${one.sha256}`), one.name, type));
  return h('li', {}, h('button', { class: 'annex', 'data-testid': 'record-annex', 'aria-label': say('mail.annex.open', { name: one.name }), onclick: show },
    icon('file'), h('span', {}, h('bdi', {}, runs(one.name)), h('small', {}, size(one.size_bytes), one.complete === false ? ` · ${say('record.annex.incomplete')}` : ''))));
}
