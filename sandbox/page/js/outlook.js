// The chosen person's mailbox: what lies in it, what a message says, and what may be done with it.
//
// In the ministry everything is a Graph call in that person's own name; mailbox.js knows the mailboxes outside.

import { openAnswer, openForward, openOutside, openReply, openWrite } from './compose.js';
import { $, avatar, fill, h, renew, runs } from './dom.js';
import { icon } from './icons.js';
import { mailboxOf } from './mailbox.js';
import { attempt } from './notices.js';
import { watch } from './poll.js';
import { emit, isMailbox, isOutside, on, person, sandboxNow, state } from './state.js';
import { dateAndTime, direction, lang, say, shortWhen, size } from './texts.js';

const LOOK_MS = 2000;

let box = null; // the mailbox, see mailbox.js
let folder = 'inbox';
let messages = null; // null until the mailbox has been read
let chosen = null; // the id of the message that is read
let opened = null; // that message with its body and attachments, once read
let trouble = null;
let watching = null;
const parts = {};

export function startOutlook() {
  box = mailboxOf(state.me);
  frame();
  on('me', begin);
  on('mail', () => watching?.now());
  on('language', () => { frame(); draw(); });
  begin();
}

function begin() {
  watching?.stop();
  box = mailboxOf(state.me);
  if (!box.folders.some(([name]) => name === folder)) folder = 'inbox';
  [messages, chosen, opened, trouble] = [null, null, null, null];
  $('outlook').classList.remove('reading');
  fill(parts.list);
  frame();
  draw();
  watching = watch(look, LOOK_MS, (now) => { trouble = now; draw(); });
}

async function look() {
  const [me, from] = [state.me, folder];
  const listed = await box.list(from);
  if (me !== state.me || from !== folder) return;
  messages = listed;
  trouble = null;
  draw();
}

/** The parts that stay while their contents change. */
function frame() {
  const folders = box.folders.map(([name, key]) => h('button', {
    class: 'segment', 'aria-pressed': String(folder === name), 'data-testid': `folder-${name}`, onclick: () => { folder = name; begin(); },
  }, say(key)));
  parts.list ??= h('ul', { class: 'mails', 'data-testid': 'mails' });
  parts.list.setAttribute('aria-label', say('mail.list'));
  parts.state ??= h('p', { class: 'hollow', 'data-testid': 'mails-state' });
  parts.reading ??= h('article', { class: 'letter', 'data-testid': 'reading', tabindex: '-1' });
  fill($('outlook'),
    h('header', { class: 'pane-head' },
      h('h2', { id: 'outlook-title' }, icon('mail'), say(isOutside() ? 'pane.mail' : 'pane.outlook')),
      h('div', { class: 'segments', role: 'group', 'aria-label': say('mail.folders') }, folders),
      h('div', { class: 'pane-tools' },
        person() ? h('button', { class: 'button quiet beside', 'data-testid': 'to-drive', onclick: () => emit('pane', 'drive') }, icon('drive'), h('span', {}, say('pane.drive'))) : null,
        isOutside() ? null : h('button', { class: 'button quiet', 'data-testid': 'mail-outside', onclick: () => openOutside() }, icon('globe'), h('span', {}, say('mail.outside'))),
        person() === undefined ? null : h('button', { class: 'button quiet', 'data-testid': 'mail-new', onclick: () => openWrite() }, icon('pen'), h('span', {}, say('mail.new'))))),
    h('div', { class: 'mail-body' }, h('div', { class: 'mail-list' }, parts.state, parts.list), parts.reading));
  drawReading(true);
}

function draw() {
  const words = trouble ? trouble.message
    : messages === null ? say('mail.loading')
      : messages.length === 0 ? say(isOutside() ? 'mail.empty.outside' : folder === 'inbox' ? 'mail.empty.inbox' : 'mail.empty.sent') : '';
  parts.state.hidden = words === '';
  parts.state.classList.toggle('alarmed', trouble !== null);
  if (parts.state.textContent !== words) parts.state.textContent = words;
  renew(parts.list, (messages ?? []).map((mail) => ({
    key: mail.id,
    sign: JSON.stringify([mail.subject, mail.isRead, mail.categories, mail.hasAttachments, chosen === mail.id, lang(), folder]),
    draw: () => row(mail),
  })));
  const fresh = messages?.find((mail) => mail.id === chosen);
  if (fresh && opened?.id === chosen && JSON.stringify(fresh.categories) !== JSON.stringify(opened.categories)) {
    opened.categories = fresh.categories;
    fill(parts.reading.querySelector('.tags'), tags(opened));
  }
}

const correspondent = (mail) => (folder === 'sentitems' ? mail.toRecipients?.[0]?.emailAddress : mail.from?.emailAddress);
const shownName = (address) => address?.name || address?.address || '';
const tags = (mail) => (mail.categories ?? []).map((name) => h('li', { class: 'tag', 'data-testid': 'mail-tag' }, h('bdi', {}, name)));

function row(mail) {
  const name = shownName(correspondent(mail));
  const unread = mail.isRead === false && folder === 'inbox';
  return h('li', {}, h('button', {
    class: `mail${unread ? ' unread' : ''}`, 'aria-current': chosen === mail.id ? 'true' : null, 'data-testid': 'mail', 'data-subject': mail.subject ?? '', onclick: () => open(mail.id),
  },
  avatar(name),
  h('span', { class: 'mail-name', dir: 'auto' }, name, unread ? h('span', { class: 'hidden-words' }, `(${say('mail.unread')})`) : null),
  h('time', { datetime: mail.receivedDateTime }, shortWhen(mail.receivedDateTime, sandboxNow())),
  h('span', { class: 'mail-subject', dir: 'auto' }, runs(mail.subject || say('mail.no.subject'))),
  mail.hasAttachments ? h('span', { class: 'mail-clip' }, icon('clip'), h('span', { class: 'hidden-words' }, say('mail.has.annex'))) : null,
  h('span', { class: 'mail-preview', dir: 'auto' }, mail.bodyPreview ?? ''),
  h('ul', { class: 'tags' }, tags(mail))));
}

async function open(id) {
  [chosen, opened] = [id, null];
  $('outlook').classList.add('reading');
  draw();
  drawReading();
  await attempt(async () => {
    const me = state.me;
    const mail = await box.open(id);
    if (chosen !== id || state.me !== me) return;
    opened = mail;
    drawReading();
    if (mail.isRead === false) {
      await box.read(id);
      watching.now();
    }
  });
  if (chosen === id && opened === null) close();
}

function close() {
  const before = chosen;
  [chosen, opened] = [null, null];
  $('outlook').classList.remove('reading');
  draw();
  drawReading();
  parts.list.querySelector(`[data-key="${CSS.escape(before ?? '')}"] button`)?.focus();
}

let drawnFor = '';

/** Draw the reading pane, unless it already shows just this. */
function drawReading(anew = false) {
  const sign = JSON.stringify([chosen, opened?.id, lang()]);
  if (!anew && sign === drawnFor) return;
  drawnFor = sign;
  if (chosen === null) return fill(parts.reading, h('p', { class: 'hollow' }, say('mail.choose')));
  const back = h('button', { class: 'button quiet back', 'data-testid': 'mail-back', onclick: close }, icon('back'), say('mail.back'));
  if (opened === null) return fill(parts.reading, back, h('p', { class: 'hollow' }, say('mail.message.loading')));
  const mail = opened;
  fill(parts.reading,
    back,
    h('h3', { 'data-testid': 'mail-subject' }, h('bdi', {}, runs(mail.subject || say('mail.no.subject')))),
    h('ul', { class: 'tags' }, tags(mail)),
    h('div', { class: 'mail-sender' },
      avatar(shownName(mail.from?.emailAddress)),
      h('div', {},
        h('strong', {}, h('bdi', {}, shownName(mail.from?.emailAddress))),
        h('span', { class: 'address' }, h('bdi', {}, mail.from?.emailAddress?.address ?? '')),
        h('span', { class: 'recipients' }, `${say('mail.to')}: `, (mail.toRecipients ?? []).map((one) => h('bdi', {}, shownName(one.emailAddress), ' ')))),
      h('time', { datetime: mail.receivedDateTime }, dateAndTime(mail.receivedDateTime))),
    h('div', { class: 'mail-actions' },
      isMailbox() || isOutside() ? null : h('button', { class: 'button primary', 'data-testid': 'mail-forward', onclick: () => openForward(mail) }, icon('forward'), say('mail.forward')),
      h('button', { class: isOutside() ? 'button primary' : 'button', 'data-testid': 'mail-reply', onclick: () => (isOutside() ? openAnswer(mail) : openReply(mail)) }, icon('reply'), say('mail.reply'))),
    mail.attachments.length === 0 ? null
      : h('ul', { class: 'annexes', 'aria-label': say('mail.annexes') }, mail.attachments.map((one) => annex(mail, one))),
    body(mail));
}

function annex(mail, one) {
  const show = () => attempt(async () => {
    showFile(await box.file(mail.id, one), one.name, one.contentType);
  });
  return h('li', {}, h('button', { class: 'annex', 'data-testid': 'mail-annex', 'aria-label': say('mail.annex.open', { name: one.name }), onclick: show },
    icon('file'), h('span', {}, h('bdi', {}, runs(one.name)), h('small', {}, size(one.size)))));
}

/** Open a PDF or picture beside the page, and save anything else. */
export async function showFile(answer, name, type) {
  const url = URL.createObjectURL(new Blob([await answer.blob()], { type }));
  const link = h('a', { href: url, target: '_blank', rel: 'noopener', download: /^(application\/pdf|image\/)/.test(type) ? null : name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A letter's HTML is shown where it can run nothing and load nothing. */
function body(mail) {
  const { contentType, content = '' } = mail.body ?? {};
  if (contentType !== 'html') return h('div', { class: 'mail-text', dir: 'auto', 'data-testid': 'mail-body' }, content);
  const style = 'body{margin:0;font:15px/1.7 "Segoe UI","Noto Sans Arabic",Tahoma,sans-serif;color:#242424;overflow-wrap:anywhere}img{max-width:100%}';
  const page = `<!doctype html><html dir="${direction()}"><meta charset="utf-8"><style>${style}</style>${content}`;
  const shown = h('iframe', { class: 'mail-html', title: say('mail.body'), sandbox: 'allow-same-origin', srcdoc: page, 'data-testid': 'mail-body' });
  shown.addEventListener('load', () => {
    const watcher = new ResizeObserver(() => {
      const page = shown.contentDocument?.body;
      if (page) shown.style.height = `${page.scrollHeight + 24}px`;
      else watcher.disconnect();
    });
    watcher.observe(shown);
  });
  return shown;
}
