// The chosen person's OneDrive: the Word files of drafts, and what they would do with one in Word.
//
// Rule 1: what is saved or uploaded here is an edit by that person: who may not write is refused by the sandbox.
// Rule 2: a link to a file of the ministry's SharePoint opens here; any other opens beside the page.

import { control } from './api.js';
import { $, fill, h, renew, runs, setText } from './dom.js';
import { icon } from './icons.js';
import { base64 } from './mime.js';
import { attempt, notice } from './notices.js';
import { watch } from './poll.js';
import { emit, nameOf, on, person, sandboxNow, state } from './state.js';
import { lang, say, shortWhen, size } from './texts.js';

const LOOK_MS = 3000;
const WORD = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const SHAREPOINT = /^https:\/\/[a-z0-9-]+\.sharepoint\.com\//;
const MOST_BYTES = 20 * 2 ** 20; // of a file: it goes in one request

let files = null; // null until the drive has been read
let trouble = null;
let watching = null;
const parts = {};

export function startDrive() {
  on('me', begin);
  on('language', () => { frame(); draw(); });
  on('pane', (pane) => { if (pane === 'drive') watching?.now(); });
  begin();
}

function begin() {
  watching?.stop();
  [files, trouble] = [null, null];
  frame();
  draw();
  if (person()) watching = watch(look, LOOK_MS, (now) => { trouble = now; draw(); });
}

async function look() {
  const me = state.me;
  if ($('drive').offsetParent === null) return; // it is not shown
  const found = await seen(me);
  if (me !== state.me) return;
  [files, trouble] = [found, null];
  draw();
}

const seen = (me) => control('GET', `/sandbox/drives/${encodeURIComponent(me)}/seen`);
const mayWrite = (file) => file.role !== 'read';
const entryName = (field) => `field-${field.n}`;
const isWord = (file) => /\.docx$/i.test(file.name);

function frame() {
  parts.state ??= h('p', { class: 'hollow', 'data-testid': 'drive-state' });
  parts.list ??= h('ul', { class: 'files', 'data-testid': 'files' });
  parts.list.setAttribute('aria-label', say('drive.files'));
  fill($('drive'),
    h('header', { class: 'pane-head' },
      h('h2', { id: 'drive-title' }, icon('drive'), say('pane.drive')),
      h('div', { class: 'pane-tools' },
        h('button', { class: 'button quiet beside', 'data-testid': 'to-outlook', onclick: () => emit('pane', 'outlook') }, icon('mail'), h('span', {}, say('pane.outlook'))))),
    state.converts === 'plain' ? h('p', { class: 'told', 'data-testid': 'no-office' }, say('drive.no.office')) : null,
    h('div', { class: 'drive-body' }, parts.state, parts.list));
}

function draw() {
  const words = !person() ? say('drive.nobody')
    : trouble ? trouble.message
      : files === null ? say('drive.loading')
        : files.length === 0 ? say('drive.empty') : '';
  parts.state.hidden = words === '';
  parts.state.classList.toggle('alarmed', trouble !== null);
  setText(parts.state, words);
  renew(parts.list, (files ?? []).map((file) => ({ key: file.id, sign: JSON.stringify([file, lang()]), draw: () => row(file) })));
}

function row(file) {
  const whose = file.owner === state.me ? null : say('drive.shared', { name: file.owner ? nameOf(file.owner) : file.place });
  const tool = (key, drawing, testid, deed) => h('button', { class: 'icon-button', 'aria-label': say(key, { name: file.name }), title: say(key, { name: file.name }), 'data-testid': testid, onclick: deed }, icon(drawing));
  return h('li', { class: 'file', 'data-testid': 'file', 'data-name': file.name, 'data-version': file.version },
    icon('file'),
    h('div', { class: 'file-said' },
      h('strong', {}, h('bdi', {}, runs(file.name))),
      h('small', {}, [say('drive.version', { version: file.version }), editedBy(file), whose, size(file.size)].filter(Boolean).join(' · '))),
    h('div', { class: 'file-tools' },
      isWord(file) ? h('button', { class: 'button', 'data-testid': 'file-open', onclick: () => openWord(file) }, say(mayWrite(file) ? 'drive.open' : 'drive.read')) : null,
      tool('drive.download', 'down', 'file-download', () => attempt(() => download(file))),
      mayWrite(file) ? tool('drive.upload', 'up', 'file-upload', () => upload(file)) : null));
}

const editedBy = (file) => say('drive.edited', { name: file.by ?? say('app.name'), at: shortWhen(file.at, sandboxNow()) });

async function download(file) {
  const { content } = await control('GET', `/sandbox/files/${file.id}`);
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: isWord(file) ? WORD : 'application/octet-stream' }));
  h('a', { href: url, download: file.name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Choose a file from this machine, and save it in the place of what lies there. */
function upload(file) {
  const chooser = h('input', { type: 'file', accept: isWord(file) ? '.docx' : null, onchange: () => attempt(async () => {
    const [chosen] = chooser.files;
    if (chosen.size > MOST_BYTES) return notice(say('teams.heavy', { size: size(MOST_BYTES) }), { trouble: true });
    const content = base64(new Uint8Array(await chosen.arrayBuffer()));
    told(await control('POST', `/sandbox/files/${file.id}/edit`, { upn: state.me, content }));
  }) });
  chooser.click();
}

const told = ({ version }) => {
  notice(say('drive.saved', { version }));
  watching?.now();
};

/** A link on a card: a file of the ministry's opens here, anything else beside the page. */
export const openLink = (url) => attempt(async () => {
  if (!SHAREPOINT.test(url)) return window.open(url, '_blank', 'noopener');
  const file = (await seen(state.me)).find((one) => one.url === url);
  if (!file) return notice(say('drive.not.yours'), { trouble: true });
  emit('pane', 'drive');
  await openWord(file);
});

/** The file as a Word in small shows it: what may be written in it, and nothing else of it. */
const openWord = (file) => attempt(async () => {
  const me = state.me;
  const path = `/sandbox/files/${file.id}/words`;
  const { fields, writes } = await control('GET', `${path}?${new URLSearchParams({ upn: me })}`);
  const entry = (one) => (one.lines
    ? h('textarea', { name: entryName(one), rows: 8, dir: 'auto', 'data-testid': 'word-text', readonly: !writes, value: one.text })
    : h('input', { name: entryName(one), dir: 'auto', readonly: !writes, value: one.text, autocomplete: 'off' }));
  const problem = h('p', { class: 'problem', role: 'alert' });
  const form = h('form', { method: 'dialog', onsubmit: async (event) => {
    event.preventDefault();
    problem.textContent = '';
    const texts = Object.fromEntries(fields.map((one) => [one.n, form.elements[entryName(one)].value]));
    try {
      told(await control('POST', path, { upn: me, texts }));
      dialog.close();
    } catch (wrong) {
      problem.textContent = wrong.message;
    }
  } },
  h('h2', { id: 'word-title' }, h('bdi', {}, runs(file.name))),
  h('p', { class: 'explanation' }, say(fields.length === 0 ? 'word.none' : writes ? 'word.told' : 'word.readonly')),
  fields.map((one) => h('label', { class: 'field' }, h('span', {}, one.label), entry(one))),
  problem,
  h('div', { class: 'compose-actions' },
    writes && fields.length > 0 ? h('button', { class: 'button primary', 'data-testid': 'word-save' }, say('word.save')) : null,
    h('button', { class: 'button', type: 'button', 'data-testid': 'word-close', onclick: () => dialog.close() }, say('teams.close'))));
  const dialog = h('dialog', { class: 'compose word', 'data-testid': 'word', 'aria-labelledby': 'word-title', onclose: () => dialog.remove() }, form);
  document.body.append(dialog);
  dialog.showModal();
});
