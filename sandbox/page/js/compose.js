// Writing: forward to the registry, reply, a new message, a letter from outside, an answer from there. One dialog for all.

import { control, graph } from './api.js';
import { $, fill, h, runs } from './dom.js';
import { icon } from './icons.js';
import { base64, letter } from './mime.js';
import { notice } from './notices.js';
import { emit, isMailbox, sandboxNow, state } from './state.js';
import { say } from './texts.js';

export function startCompose() {
  $('compose').addEventListener('click', (event) => {
    if (event.target === $('compose')) $('compose').close();
  });
}

/** Show the dialog. *send* is given the form's fields and returns what to tell the visitor once it is done. */
function show(title, fields, sendKey, send, explanation = null) {
  const dialog = $('compose');
  const problem = h('p', { class: 'problem', role: 'alert', 'data-testid': 'compose-problem' });
  const submit = h('button', { class: 'button primary', 'data-testid': 'compose-send' }, say(sendKey));
  const form = h('form', {
    method: 'dialog',
    onsubmit: async (event) => {
      event.preventDefault();
      submit.disabled = true;
      submit.textContent = say('compose.sending');
      try {
        const told = await send(form.elements);
        dialog.close();
        notice(told);
        emit('mail');
      } catch (trouble) {
        problem.textContent = trouble.message;
        submit.disabled = false;
        submit.textContent = say(sendKey);
      }
    },
  },
  h('h2', { id: 'compose-title' }, title),
  explanation ? h('p', { class: 'explanation' }, explanation) : null,
  fields,
  problem,
  h('div', { class: 'compose-actions' },
    submit,
    h('button', { class: 'button', type: 'button', 'data-testid': 'compose-cancel', onclick: () => dialog.close() }, say('compose.cancel'))));
  fill(dialog, form);
  dialog.showModal();
}

const field = (label, entry) => h('label', { class: 'field' }, h('span', {}, label), entry);
const input = (name, attributes = {}) => h('input', { name, 'data-testid': `compose-${name}`, autocomplete: 'off', dir: 'auto', ...attributes });
const area = (name, attributes = {}) => h('textarea', { name, 'data-testid': `compose-${name}`, dir: 'auto', rows: 4, ...attributes });
/** A file chooser in the page's own language: the browser's speaks the browser's. */
function fileField() {
  const name = h('output', { class: 'file-name' });
  const chooser = input('annex', { type: 'file', class: 'hidden-words', onchange: () => fill(name, runs(chooser.files[0]?.name ?? '')) });
  return h('label', { class: 'field' }, h('span', {}, say('compose.annex')), chooser, h('span', { class: 'file' }, h('span', { class: 'button' }, icon('clip'), say('compose.choose')), name));
}

const registry = () => state.mailboxes[0];
const recipient = (address) => ({ emailAddress: { address } });

export function openForward(mail) {
  const to = registry();
  show(say('compose.forward'), [
    field(say('compose.to'), h('output', { class: 'fixed', dir: 'ltr' }, to)),
    field(say('compose.comment'), area('comment', { value: say('compose.comment.forward') })),
  ], 'compose.send', async (fields) => {
    await graph(state.me, 'POST', `/messages/${encodeURIComponent(mail.id)}/forward`, { comment: fields.comment.value, toRecipients: [recipient(to)] });
    emit('forwarded');
    return say('compose.sent.registry');
  });
}

export function openReply(mail) {
  const to = mail.from?.emailAddress;
  show(say('compose.reply'), [
    field(say('compose.to'), h('output', { class: 'fixed' }, h('bdi', {}, to?.name || to?.address || ''))),
    field(say('compose.answer'), area('comment', { required: true, rows: 7 })),
  ], 'compose.send', async (fields) => {
    await graph(state.me, 'POST', `/messages/${encodeURIComponent(mail.id)}/reply`, { comment: fields.comment.value });
    return say('compose.sent');
  });
}

/** Somebody outside answers a letter that reached them: it arrives as mail from the internet does. */
export function openAnswer(mail) {
  const to = mail.from.emailAddress;
  const { address, name } = state.outside.find((one) => one.address === state.me);
  show(say('compose.reply'), [
    field(say('compose.to'), h('output', { class: 'fixed' }, h('bdi', {}, to.name || to.address))),
    field(say('compose.answer'), area('comment', { required: true, rows: 7 })),
    fileField(),
  ], 'compose.send', async (fields) => {
    const bytes = letter({
      sender: name, address, to: to.address, subject: `${say('compose.answer.prefix')}: ${mail.subject}`, text: fields.comment.value, annex: await chosenFile(fields.annex), at: sandboxNow(), answers: mail.references,
    });
    await control('POST', '/sandbox/mail', bytes, { 'content-type': 'message/rfc822', 'x-mailbox': to.address, 'x-sandbox-dmarc': 'pass' });
    emit('forwarded');
    return say('compose.delivered', { to: to.address });
  });
}

export function openWrite() {
  const choices = [...state.mailboxes, ...state.people.map((one) => one.upn).filter((one) => one !== state.me)];
  show(say('compose.write'), [
    field(say('compose.to'), h('select', { name: 'to', 'data-testid': 'compose-to' }, choices.map((one) => h('option', { value: one }, one)))),
    field(say('compose.subject'), input('subject')),
    field(say('compose.text'), area('text', { required: true, rows: 8 })),
    fileField(),
  ], 'compose.send', async (fields) => {
    const annex = await chosenFile(fields.annex);
    const attachments = annex ? [{ '@odata.type': '#microsoft.graph.fileAttachment', name: annex.name, contentType: annex.type, contentBytes: base64(annex.bytes) }] : [];
    const message = { subject: fields.subject.value, body: { contentType: 'text', content: fields.text.value }, toRecipients: [recipient(fields.to.value)], attachments };
    await graph(state.me, 'POST', '/sendMail', { message, saveToSentItems: true });
    if (!isMailbox(fields.to.value)) return say('compose.sent');
    emit('forwarded');
    return say('compose.sent.registry');
  });
}

export function openOutside() {
  const choices = [state.me, ...[...state.people.map((one) => one.upn), ...state.mailboxes].filter((one) => one !== state.me)];
  const sample = h('select', { name: 'sample', 'data-testid': 'compose-sample' },
    h('option', { value: '' }, say('compose.sample.none')),
    state.letters.map((one) => h('option', { value: one.key }, one.subject || say('mail.no.subject'))));
  const sampleAnnex = h('p', { class: 'explanation', hidden: true });
  const fields = [
    field(say('compose.sample'), sample),
    h('div', { class: 'field-pair' },
      field(say('compose.sender'), input('sender', { required: true })),
      field(say('compose.address'), input('address', { required: true, type: 'email', dir: 'ltr' }))),
    h('div', { class: 'field-pair' },
      field(say('compose.to'), h('select', { name: 'to', 'data-testid': 'compose-to' }, choices.map((one) => h('option', { value: one }, one)))),
      field(say('compose.dmarc'), h('select', { name: 'dmarc', 'data-testid': 'compose-dmarc' }, ['none', 'pass', 'fail'].map((one) => h('option', { value: one }, say(`compose.dmarc.${one}`)))))),
    field(say('compose.subject'), input('subject')),
    field(say('compose.text'), area('text', { required: true, rows: 7 })),
    sampleAnnex,
    fileField(),
  ];
  sample.addEventListener('change', () => {
    const { elements } = sample.form;
    const from = state.letters.find((one) => one.key === sample.value);
    for (const name of ['sender', 'address', 'subject', 'text']) elements[name].value = from?.[name] ?? '';
    sampleAnnex.hidden = !from;
    sampleAnnex.textContent = from ? say('compose.annex.sample', { name: from.annexName }) : '';
  });
  show(say('compose.outside'), fields, 'compose.deliver', async (form) => {
    const from = state.letters.find((one) => one.key === form.sample.value);
    const annex = await chosenFile(form.annex) ?? (from ? await annexOf(from) : null);
    const bytes = letter({
      sender: form.sender.value, address: form.address.value, to: form.to.value, subject: form.subject.value, text: form.text.value, annex, at: sandboxNow(),
    });
    await control('POST', '/sandbox/mail', bytes, { 'content-type': 'message/rfc822', 'x-mailbox': form.to.value, 'x-sandbox-dmarc': form.dmarc.value });
    if (isMailbox(form.to.value)) emit('forwarded');
    return say('compose.delivered', { to: form.to.value });
  }, say('compose.outside.told'));
}

async function chosenFile(chooser) {
  const file = chooser.files[0];
  if (!file) return null;
  return { name: file.name, type: file.type || 'application/octet-stream', bytes: new Uint8Array(await file.arrayBuffer()) };
}

async function annexOf(sample) {
  const answer = await fetch(`/sandbox/letters/${sample.key}/annex`);
  return { name: sample.annexName, type: 'application/pdf', bytes: new Uint8Array(await answer.arrayBuffer()) };
}
