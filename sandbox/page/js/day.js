// The day's line: what arrived and what became of it, as the product counts it; and the button that fails the cloud.

import { control, product } from './api.js';
import { $, fill, h, renew } from './dom.js';
import { icon } from './icons.js';
import { attempt, notice } from './notices.js';
import { watch } from './poll.js';
import { on, sandboxNow, today } from './state.js';
import { lang, longDate, say, timeOfDay } from './texts.js';

const LOOK_MS = 4000;
const FAULTS_MS = 3000;
const TICK_MS = 1000;
const FAILURE_S = 60;
const COUNTED = ['seen', 'registered', 'replies', 'quarantined', 'missing'];

// One call in four each is told to wait, is turned away, or is done and its answer lost.
const FAILURE = ['429', '503', 'lost'].flatMap((fault) => ['graph', 'connector'].map((match) => ({ match, fault, rate: 0.25, for_s: FAILURE_S })));

let count = null;
let trouble = null;
let failingUntil = null;
const parts = {};

export function startDay() {
  parts.line = h('div', { class: 'day-line' });
  fill($('day'), parts.line);
  $('cloud').addEventListener('click', () => attempt(failing() ? mend : fail));
  on('language', () => { draw(); drawCloud(); });
  const counting = watch(lookAtCount, LOOK_MS, (now) => { trouble = now; draw(); });
  watch(lookAtFaults, FAULTS_MS);
  setInterval(drawCloud, TICK_MS);
  on('forwarded', counting.now);
  draw();
  drawCloud();
}

async function lookAtCount() {
  let day = null;
  try {
    day = await product(`v1/reconciliation/${today()}`);
  } catch (why) {
    if (why.turn !== 'gone') throw why;
  }
  trouble = null;
  count = day?.mailboxes.length > 0 && {
    at: day.as_of,
    green: day.mailboxes.every((one) => one.green),
    ...Object.fromEntries(COUNTED.map((name) => [name, day.mailboxes.reduce((sum, one) => sum + (Array.isArray(one[name]) ? one[name].length : one[name] ?? 0), 0)])),
  };
  draw();
}

function draw() {
  renew(parts.line, [{ key: 'day', sign: JSON.stringify([count, trouble?.message, today(), lang()]), draw: line }]);
}

function line() {
  const date = h('strong', {}, say('day.title', { date: longDate(sandboxNow()) }));
  if (trouble || !count) return h('p', {}, date, ' ', h('span', { class: trouble ? 'alarmed' : '' }, trouble?.message ?? say('day.unknown')));
  const figures = COUNTED.map((name) => h('li', { class: name === 'missing' && count.missing > 0 ? 'figure alarmed' : 'figure', 'data-testid': `day-${name}`, 'data-count': count[name] },
    h('b', {}, String(count[name])), ' ', say(`day.${name}`)));
  const sound = count.green && count.missing === 0;
  return h('div', { class: 'day-count' }, date, h('ul', {}, figures),
    h('span', { class: sound ? 'green' : 'alarmed', 'data-testid': 'day-verdict', 'data-green': String(sound) }, icon(sound ? 'check' : 'cross'), h('span', { class: 'words' }, say(sound ? 'day.green' : 'day.red', { at: timeOfDay(count.at) }))));
}

const failing = () => failingUntil !== null && failingUntil > sandboxNow();

async function lookAtFaults() {
  const { rules } = await control('GET', '/sandbox/faults');
  const ends = rules.filter((rule) => rule.active && rule.until).map((rule) => new Date(rule.until));
  const was = failingUntil !== null;
  failingUntil = ends.length > 0 ? new Date(Math.max(...ends)) : null;
  if (was && failingUntil === null) notice(say('cloud.over'));
  drawCloud();
}

function drawCloud() {
  const seconds = failing() ? Math.ceil((failingUntil - sandboxNow()) / 1000) : 0;
  const button = $('cloud');
  button.dataset.failing = String(seconds > 0);
  button.title = seconds > 0 ? say('cloud.stop') : say('cloud.told');
  const words = seconds > 0 ? say('cloud.failing', { seconds }) : say('cloud.fail');
  if (button.dataset.words === words) return;
  button.dataset.words = words;
  fill(button, icon('cloud'), h('span', { class: 'words' }, words), seconds > 0 ? h('span', { class: 'stop' }, say('cloud.stop')) : null);
}

async function fail() {
  await control('POST', '/sandbox/faults', { seed: Math.floor(sandboxNow() / 1000), rules: FAILURE });
  notice(say('cloud.told'));
  await lookAtFaults();
}

async function mend() {
  await control('POST', '/sandbox/faults', { seed: 0, rules: [] });
  await lookAtFaults();
}
