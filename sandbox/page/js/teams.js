// The chosen person's Teams: the chat with the bot, its cards, and what the person presses and types.

import { control } from './api.js';
import { drawCard } from './cards.js';
import { $, avatar, fill, h, renew, runs, setText } from './dom.js';
import { openLink } from './drive.js';
import { icon } from './icons.js';
import { base64 } from './mime.js';
import { attempt, notice } from './notices.js';
import { watch } from './poll.js';
import { on, person, remember, sandboxNow, state } from './state.js';
import { lang, say, shortWhen, size } from './texts.js';

const LOOK_MS = 1500;
const NEAR_END_PX = 60;
const MOST_BYTES = 20 * 2 ** 20; // of the files of one message: they go in one request

let chat = null; // undefined: looked, and there is none; null: not looked yet
let trouble = null;
let watching = null;
let files = []; // chosen, and not sent yet
let atEnd = true; // the reader is at the newest message, and is kept there
const said = new Map(); // activity id → what was told under its card
const parts = {};

export function startTeams() {
  frame();
  on('me', begin);
  on('language', () => { frame(); draw(); });
  begin();
}

function begin() {
  watching?.stop();
  [chat, trouble] = [null, null];
  said.clear();
  frame();
  fill(parts.thread);
  parts.text.value = '';
  [files, atEnd] = [[], true];
  drawFiles();
  draw();
  if (!person()) return;
  watching = watch(look, LOOK_MS, (now) => { trouble = now; draw(); });
}

const url = (what) => `/sandbox/teams/${encodeURIComponent(state.me)}/${what}`;

async function look() {
  const me = state.me;
  const chats = await control('GET', url('chats'));
  if (me !== state.me) return;
  chat = chats.find((one) => one.type === 'personal');
  trouble = null;
  draw();
}

/** The parts that stay while their contents change; what is typed stays in them. */
function frame() {
  parts.state ??= h('p', { class: 'hollow', 'data-testid': 'chat-state' });
  parts.thread ??= h('ol', { class: 'thread', 'data-testid': 'thread' });
  parts.thread.setAttribute('aria-label', say('teams.thread'));
  parts.scroll ??= scroller();
  parts.scroll.setAttribute('aria-label', say('teams.thread'));
  parts.more ??= h('button', { class: 'more', hidden: true, onclick: toEnd });
  fill(parts.more, icon('down'), say('teams.new'));
  parts.text ??= h('textarea', { rows: 1, dir: 'auto', 'data-testid': 'chat-text', onkeydown: sendOnEnter });
  parts.text.setAttribute('aria-label', say('teams.write'));
  parts.text.placeholder = say('teams.write');
  const suggestions = ['teams.outgoing', 'teams.pending', 'teams.help'].map((key) =>
    h('button', { class: 'suggestion', type: 'button', 'data-testid': key.replace('.', '-'), onclick: () => send(say(key)) }, say(key)));
  parts.composer ??= h('form', { class: 'composer', onsubmit: (event) => { event.preventDefault(); sendTyped(); } });
  parts.chooser ??= h('input', { type: 'file', multiple: true, class: 'hidden-words', tabindex: '-1', 'data-testid': 'chat-files', onchange: choose });
  parts.chooser.setAttribute('aria-label', say('teams.attach'));
  parts.files ??= h('ul', { class: 'composer-files', hidden: true, 'data-testid': 'chat-chosen' });
  parts.files.setAttribute('aria-label', say('teams.attached'));
  drawFiles();
  fill(parts.composer,
    h('div', { class: 'suggestions' }, suggestions), parts.files,
    h('div', { class: 'composer-line' }, parts.text, parts.chooser,
      h('button', { class: 'icon-button', type: 'button', 'aria-label': say('teams.attach'), title: say('teams.attach'), 'data-testid': 'chat-attach', onclick: () => parts.chooser.click() }, icon('clip')),
      h('button', { class: 'icon-button accent', 'aria-label': say('teams.send'), 'data-testid': 'chat-send' }, icon('send'))));
  const views = [['wide', 'wide'], ['phone', 'phone']].map(([name, drawing]) => h('button', {
    class: 'segment', 'aria-pressed': String(state.view === name), 'data-testid': `view-${name}`, onclick: () => show(name),
  }, icon(drawing), h('span', {}, say(`teams.${name}`))));
  $('teams').dataset.view = state.view;
  fill($('teams'),
    h('header', { class: 'pane-head' },
      h('h2', { id: 'teams-title' }, icon('chat'), say('pane.teams')),
      h('div', { class: 'pane-tools segments', role: 'group', 'aria-label': say('teams.view') }, views)),
    h('div', { class: 'device' },
      h('div', { class: 'chat-head' }, avatar(say('app.name')), h('div', {}, h('strong', {}, say('app.name')), h('small', {}, say('teams.bot')))),
      parts.scroll, parts.more, parts.composer));
}

function scroller() {
  const element = h('div', {
    class: 'thread-scroll', tabindex: '0', role: 'region', 'aria-live': 'polite', 'aria-relevant': 'additions', onscroll: () => {
      atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
      if (atEnd) parts.more.hidden = true;
    },
  }, parts.state, parts.thread);
  new ResizeObserver(() => { if (atEnd) toEnd(); }).observe(element);
  return element;
}

function show(view) {
  state.view = view;
  remember({ view });
  frame();
  toEnd();
}

function draw() {
  const words = !person() ? say('teams.mailbox')
    : trouble ? trouble.message
      : chat === null ? say('teams.loading')
        : chat === undefined ? say('teams.empty')
          : !chat.installed ? say('teams.uninstalled')
            : chat.messages.length === 0 ? say('teams.empty.known') : '';
  parts.state.hidden = words === '';
  parts.state.classList.toggle('alarmed', trouble !== null);
  setText(parts.state, words);
  parts.composer.hidden = !person();
  const before = parts.thread.lastElementChild?.dataset.key;
  renew(parts.thread, (chat?.messages ?? []).map((message) => ({
    key: message.activityId,
    sign: JSON.stringify([message.text, message.card, message.files, message.edited, lang()]),
    draw: () => drawMessage(message),
  })), offerChange);
  const after = parts.thread.lastElementChild?.dataset.key;
  if (atEnd) toEnd();
  else if (after !== before) parts.more.hidden = false;
}

function toEnd() {
  atEnd = true;
  parts.scroll.scrollTop = parts.scroll.scrollHeight;
  parts.more.hidden = true;
}

function drawMessage(message) {
  const mine = message.from !== 'bot';
  const head = h('p', { class: 'message-head' },
    h('strong', {}, mine ? say('teams.you') : say('app.name')),
    h('time', { datetime: message.at }, shortWhen(message.at, sandboxNow())),
    message.edited ? h('span', {}, say('teams.edited')) : null);
  const text = message.text ? h('div', { class: 'bubble', dir: 'auto' }, message.text) : null;
  const handed = (message.files ?? []).map((name) => h('li', {}, icon('file'), h('bdi', {}, runs(name))));
  const row = h('li', { class: mine ? 'message mine' : 'message', 'data-testid': mine ? 'said' : 'message', 'data-activity': message.activityId, tabindex: '-1' },
    mine ? null : avatar(say('app.name')),
    h('div', { class: 'message-body' }, head, text, handed.length > 0 ? h('ul', { class: 'message-files', 'aria-label': say('teams.files'), 'data-testid': 'said-files' }, handed) : null, message.card ? drawPressable(message) : null));
  return row;
}

/** A card whose buttons reach the bot, and beneath it what the last press was told. */
function drawPressable(message) {
  const holder = h('div', { class: 'card', 'data-testid': 'card' });
  const told = h('p', { class: 'card-said', role: 'status', 'data-testid': 'card-said' }, said.get(message.activityId) ?? '');
  const drawn = drawCard(message.card, (pressed) => press(message, holder, told, pressed), null, openLink);
  holder.append(drawn ?? h('p', { class: 'problem' }, say('teams.card.failed')));
  holder.addEventListener('input', () => { holder.closest('li').dataset.dirty = 'true'; });
  return [holder, told];
}

async function press(message, holder, told, pressed) {
  if (holder.getAttribute('aria-busy') === 'true') return;
  holder.setAttribute('aria-busy', 'true');
  holder.inert = true;
  setText(told, say('teams.pressing'));
  const outcome = await attempt(() => control('POST', url('press'), { activityId: message.activityId, ...pressed }));
  if (pressed.as === 'fetch' && outcome?.card) openDialog(message, outcome);
  if (outcome?.message) said.set(message.activityId, outcome.message);
  else said.delete(message.activityId);
  setText(told, outcome?.message ?? '');
  told.classList.toggle('failed', outcome !== undefined && outcome.status !== 200);
  holder.inert = false;
  holder.removeAttribute('aria-busy');
  if (outcome?.card && pressed.as !== 'fetch') holder.closest('li')?.removeAttribute('data-dirty');
  await watching.now();
  if (outcome?.card && pressed.as !== 'fetch') showHead(message);
  if (document.activeElement === document.body) parts.thread.querySelector(`[data-key="${CSS.escape(message.activityId)}"]`)?.focus({ preventScroll: true });
}

/** What became of a press stands at the head of its card: have it in sight. */
function showHead(message) {
  const row = parts.thread.querySelector(`[data-key="${CSS.escape(message.activityId)}"]`);
  if (!row || row.getBoundingClientRect().top >= parts.scroll.getBoundingClientRect().top) return;
  atEnd = false;
  row.scrollIntoView({ block: 'start' });
}

/** A dialog beside the chat: what is shown in it goes when it is closed. */
function openDialog(message, first) {
  const title = h('h3', { id: 'dialog-title' });
  const holder = h('div', { class: 'card', 'data-testid': 'dialog-card' });
  const close = h('button', { class: 'icon-button', 'aria-label': say('teams.close'), title: say('teams.close'), 'data-testid': 'dialog-close', onclick: () => dialog.close() }, icon('cross'));
  const dialog = h('dialog', { class: 'task', 'aria-labelledby': 'dialog-title', 'data-testid': 'dialog', onclose: () => { dialog.remove(); watching?.now(); } }, h('header', {}, title, close), holder);
  const me = state.me;
  const show = (outcome) => {
    if (!outcome?.card) {
      if (outcome?.message) notice(outcome.message);
      dialog.close();
      return;
    }
    setText(title, outcome.title ?? '');
    const search = async (dataset, query) => (await attempt(() => control('POST', url('search'), { dataset, query })))?.results ?? [];
    fill(holder, drawCard(outcome.card, press, search, openLink) ?? h('p', { class: 'problem' }, say('teams.card.failed')));
  };
  const press = async (pressed) => {
    if (me !== state.me) return dialog.close();
    holder.inert = true;
    const outcome = await attempt(() => control('POST', url('press'), { activityId: message.activityId, as: 'dialog', data: pressed.data }));
    holder.inert = false;
    if (outcome) show(outcome);
  };
  document.body.append(dialog);
  show(first);
  dialog.showModal();
}

/** The bot changed a card in which somebody is writing: let them say when to see the new one. */
function offerChange(element) {
  if (element.querySelector('.changed')) return;
  const see = () => {
    element.removeAttribute('data-dirty');
    element.dataset.sign = '';
    document.activeElement?.blur();
    draw();
  };
  element.querySelector('.message-body').append(h('p', { class: 'changed', role: 'status' }, say('teams.changed'), ' ', h('button', { class: 'link', onclick: see }, say('teams.changed.show'))));
}

function sendOnEnter(event) {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  sendTyped();
}

function sendTyped() {
  const text = parts.text.value.trim();
  if (!text && files.length === 0) return;
  const handed = files;
  parts.text.value = '';
  files = [];
  drawFiles();
  send(text, handed);
}

/** Take up what was chosen, beside what was chosen before; more than one message carries is left out, and said. */
function choose() {
  const wanted = [...files, ...parts.chooser.files];
  parts.chooser.value = '';
  if (wanted.reduce((sum, one) => sum + one.size, 0) > MOST_BYTES) return notice(say('teams.heavy', { size: size(MOST_BYTES) }), { trouble: true });
  files = wanted;
  drawFiles();
  parts.text.focus();
}

function drawFiles() {
  parts.files.hidden = files.length === 0;
  fill(parts.files, files.map((one, at) => h('li', {}, icon('file'), h('bdi', {}, runs(one.name)), h('small', {}, size(one.size)),
    h('button', { class: 'icon-button', type: 'button', 'aria-label': say('teams.detach', { name: one.name }), onclick: () => { files = files.toSpliced(at, 1); drawFiles(); } }, icon('cross')))));
}

async function send(text, handed = []) {
  toEnd();
  const told = await Promise.all(handed.map(async (one) => ({ name: one.name, content: base64(new Uint8Array(await one.arrayBuffer())) })));
  const outcome = await attempt(() => control('POST', url('say'), { text, ...(told.length > 0 ? { files: told } : {}) }));
  if (outcome && (outcome.status < 200 || outcome.status > 299)) notice(say('teams.unheard', { status: outcome.status || '—' }), { trouble: true });
  await watching.now();
  toEnd();
}

