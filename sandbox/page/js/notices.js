// Short messages at the edge of the page: what was done, and whose turn it is when something was not.

import { $, h } from './dom.js';
import { icon } from './icons.js';
import { say } from './texts.js';

const SHOWN_MS = 7000;

/** Show a notice; a trouble stays until it is closed, anything else goes by itself. */
export function notice(text, { trouble = false } = {}) {
  const close = h('button', { class: 'icon-button', 'aria-label': say('notice.close'), onclick: () => shown.remove() }, icon('cross'));
  const shown = h('div', { class: trouble ? 'notice trouble' : 'notice', role: trouble ? 'alert' : 'status', 'data-testid': trouble ? 'notice-trouble' : 'notice' }, h('p', {}, text), close);
  $('notices').append(shown);
  if (!trouble) setTimeout(() => shown.remove(), SHOWN_MS);
}

/** Do something the visitor asked for, and tell them if it could not be done. */
export async function attempt(deed) {
  try {
    return await deed();
  } catch (trouble) {
    notice(trouble.message, { trouble: true });
    return undefined;
  }
}
