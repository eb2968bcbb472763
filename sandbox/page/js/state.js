// What the visitor chose, and what all panes know of the ministry. Kept in the address, so that two windows can be two people.

import { inBoth, isoDay } from './texts.js';

const listeners = new Map();

export const state = {
  me: '', // the address of the chosen person or registry mailbox
  people: [],
  mailboxes: [],
  outside: [], // mailboxes of bodies outside the ministry: {address, name}
  productUrl: '',
  converts: 'office', // how documents become PDF: by LibreOffice, or plain
  letters: [], // the sample letters, to begin another from
  pane: 'outlook', // which one shows where there is room for one only; outlook and drive share a place where there is more
  view: 'wide', // how Teams is shown: wide or phone
  clockOffsetMs: 0,
};

export const on = (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]);
export const emit = (event, detail) => (listeners.get(event) ?? []).forEach((listener) => listener(detail));

export const isMailbox = (address = state.me) => state.mailboxes.includes(address);
export const isOutside = (address = state.me) => state.outside.some((one) => one.address === address);
export const person = (address = state.me) => state.people.find((one) => one.upn === address);
/** The sandbox's clock, which may be shifted. */
export const sandboxNow = () => new Date(Date.now() + state.clockOffsetMs);
export const today = () => isoDay(sandboxNow());

/** The name for whatever names a person or unit: an address, an id, or an object that has a name. */
export function nameOf(someone) {
  if (someone === null || someone === undefined) return '';
  if (typeof someone === 'object') return inBoth(someone.name ?? (someone.ar ? someone : nameOf(someone.upn ?? someone.person ?? someone.id ?? someone.address)));
  const found = state.people.find((one) => one.upn === someone || one.id === someone);
  return found ? found.name : String(someone);
}

export function remember(changes) {
  const kept = new URLSearchParams(location.hash.slice(1));
  for (const [name, value] of Object.entries(changes)) kept.set(name, value);
  history.replaceState(null, '', `#${kept}`);
}

export const remembered = (name) => new URLSearchParams(location.hash.slice(1)).get(name);
