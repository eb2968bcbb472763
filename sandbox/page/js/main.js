// Puts the page together: who the visitor is, which language, which pane; the panes do the rest.

import { control } from './api.js';
import { startCompose } from './compose.js';
import { startDay } from './day.js';
import { $, avatar, fill, h } from './dom.js';
import { startDrive } from './drive.js';
import { icon } from './icons.js';
import { startOutlook } from './outlook.js';
import { watch } from './poll.js';
import { startRecord } from './record.js';
import { emit, isMailbox, isOutside, on, person, remember, remembered, state } from './state.js';
import { startTeams } from './teams.js';
import { direction, lang, languages, say, setLanguage } from './texts.js';

const PANES = [['outlook', 'mail'], ['drive', 'drive'], ['teams', 'chat'], ['record', 'book']];
const FIRST = ['outlook', 'drive']; // one of them stands first where there is room for several panes
const CLOCK_MS = 15_000;
const AGAIN_MS = 2000;

function speak() {
  document.documentElement.lang = lang();
  document.documentElement.dir = direction();
  document.title = `${say('app.name')} · ${say('app.tagline')}`;
  for (const element of document.querySelectorAll('[data-say]')) element.textContent = say(element.dataset.say);
  for (const element of document.querySelectorAll('[data-say-label]')) element.setAttribute('aria-label', say(element.dataset.sayLabel));
  $('language').lang = languages.find((one) => one !== lang());
  offerPeople();
  drawTabs();
}

function offerPeople() {
  const units = new Map();
  for (const one of state.people) units.set(one.unit, [...(units.get(one.unit) ?? []), one]);
  const option = (address, text) => h('option', { value: address }, text);
  const groups = [...units].map(([unit, members]) =>
    h('optgroup', { label: unit }, members.map((one) => option(one.upn, `${one.name} · ${one.post}`))));
  const mailboxes = h('optgroup', { label: say('me.group.mailboxes') }, state.mailboxes.map((one) => option(one, `${say('me.mailbox')} · ${one}`)));
  const outside = h('optgroup', { label: say('me.group.outside') }, state.outside.map((one) => option(one.address, `${one.name} · ${one.address}`)));
  fill($('me'), groups, mailboxes, outside);
  $('me').value = state.me;
  showMe();
}

function drawTabs() {
  fill($('tabs'), PANES.map(([name, drawing]) =>
    h('button', { class: 'tab', 'data-testid': `tab-${name}`, 'aria-current': state.pane === name ? 'page' : null, onclick: () => showPane(name) }, icon(drawing), say(`pane.${name}`))));
}

function showPane(name) {
  state.pane = name;
  document.body.dataset.pane = name;
  if (FIRST.includes(name)) document.body.dataset.first = name;
  remember({ pane: name });
  drawTabs();
}

function become(address) {
  state.me = address;
  remember({ me: address });
  if (!person() && state.pane === 'drive') showPane('outlook');
  showMe();
  emit('me');
}

const showMe = () => fill($('me-avatar'), avatar(person()?.name ?? '@'));

async function readState() {
  const told = await control('GET', '/sandbox/state');
  state.people = told.people;
  state.mailboxes = told.registry_mailboxes;
  state.outside = told.outside_mailboxes;
  [state.productUrl, state.converts] = [told.product_url, told.converts];
  state.clockOffsetMs = new Date(told.now) - Date.now();
}

/** Until the sandbox answers, say so where the panes will be. */
async function firstAnswer() {
  for (;;) {
    try {
      await readState();
      state.letters = await control('GET', '/sandbox/letters');
      return;
    } catch (trouble) {
      fill($('outlook'), h('p', { class: 'hollow', role: 'alert', 'data-testid': 'no-sandbox' }, trouble.message));
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

setLanguage(remembered('lang') ?? 'ar');
await firstAnswer();
const wanted = remembered('me');
state.me = person(wanted) || isMailbox(wanted) || isOutside(wanted) ? wanted : state.letters[0].to;
state.view = remembered('view') ?? state.view;
speak();
document.body.dataset.first = FIRST[0];
showPane(remembered('pane') ?? state.pane);
startCompose();
startOutlook();
startDrive();
startTeams();
startRecord();
startDay();
watch(readState, CLOCK_MS);
$('me').addEventListener('change', (event) => become(event.target.value));
$('language').addEventListener('click', () => {
  setLanguage(lang() === 'ar' ? 'en' : 'ar');
  remember({ lang: lang() });
  speak();
  emit('language');
});
on('pane', showPane);
document.body.dataset.ready = 'true';
