// Where the mail pane's letters come from: a mailbox of the ministry by Graph, or one of those outside by the sandbox.
//
// Both answer in Graph's shapes.

import { control, graph, graphAnswer } from './api.js';
import { isOutside } from './state.js';

const LISTED = 'id,subject,from,toRecipients,receivedDateTime,sentDateTime,isRead,hasAttachments,bodyPreview,categories';
const PREVIEW = 120; // characters

/** The mailbox of *address*: {folders, list(folder), open(id), file(id, attachment), read(id)}. */
export const mailboxOf = (address) => (isOutside(address) ? outside(address) : inside(address));

const inside = (me) => ({
  folders: [['inbox', 'mail.inbox'], ['sentitems', 'mail.sent']],
  list: async (folder) => (await graph(me, 'GET', `/mailFolders/${folder}/messages?$top=50&$orderby=receivedDateTime desc&$select=${LISTED}`)).value,
  async open(id) {
    const [mail, attachments] = await Promise.all([
      graph(me, 'GET', `/messages/${encodeURIComponent(id)}?$select=${LISTED},ccRecipients,body`),
      graph(me, 'GET', `/messages/${encodeURIComponent(id)}/attachments?$select=id,name,contentType,size,isInline`),
    ]);
    return { ...mail, attachments: attachments.value.filter((one) => !one.isInline) };
  },
  file: (id, one) => graphAnswer(me, 'GET', `/messages/${encodeURIComponent(id)}/attachments/${encodeURIComponent(one.id)}/$value`),
  read: (id) => graph(me, 'PATCH', `/messages/${encodeURIComponent(id)}`, { isRead: true }),
});

const known = new Map(); // the letters that lie outside, by number: they do not change

async function fetched(n) {
  if (!known.has(n)) known.set(n, await control('GET', `/sandbox/outside/${n}/message`));
  const mail = known.get(n);
  const words = new DOMParser().parseFromString(mail.body.content, 'text/html').body.textContent;
  const attachments = mail.attachments.filter((one) => !one.isInline);
  return { ...mail, attachments, hasAttachments: attachments.length > 0, isRead: true, categories: [], bodyPreview: words.replace(/\s+/g, ' ').trim().slice(0, PREVIEW) };
}

const outside = (me) => ({
  folders: [['inbox', 'mail.inbox']],
  async list() {
    const mine = (await control('GET', '/sandbox/outside')).filter((one) => one.to === me);
    return Promise.all(mine.reverse().map((one) => fetched(String(one.n))));
  },
  open: fetched,
  file: async (id, one) => fetch(`/sandbox/outside/${id}/attachments/${one.id}`),
  read: async () => {},
});
