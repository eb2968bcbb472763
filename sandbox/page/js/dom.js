// Building and renewing the page without ever taking away what somebody is typing.

/** An element: `h('button', {class: 'x', onclick: f, 'aria-label': '…'}, 'text', child, [more])`. No HTML is parsed. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value' || name === 'checked' || name === 'disabled' || name === 'hidden' || name === 'srcdoc') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Put these children in, and nothing else; an equal set is left alone. */
export function fill(parent, ...children) {
  const wanted = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  const present = [...parent.childNodes];
  if (wanted.length === present.length && wanted.every((child, at) => child === present[at])) return;
  parent.replaceChildren(...wanted);
}

/**
 * Renew a list in place. *rows* are {key, sign, draw}: an element whose sign is unchanged stays as it is, one that
 * changed is drawn anew, unless somebody is writing in it; then *held* is told, and the next renewal tries again.
 */
export function renew(parent, rows, held = () => {}) {
  const present = new Map([...parent.children].map((element) => [element.dataset.key, element]));
  let at = parent.firstElementChild;
  for (const { key, sign, draw } of rows) {
    let element = present.get(key);
    present.delete(key);
    if (element && element.dataset.sign !== sign) {
      if (isBeingWritten(element)) held(element);
      else {
        const drawn = marked(draw(), key, sign);
        const focused = element.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
        if (element === at) at = drawn;
        element.replaceWith(drawn);
        if (focused) drawn.querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
        element = drawn;
      }
    }
    element ??= marked(draw(), key, sign);
    if (element === at) at = at.nextElementSibling;
    else parent.insertBefore(element, at);
  }
  for (const left of present.values()) left.remove();
}

function marked(element, key, sign) {
  element.dataset.key = key;
  element.dataset.sign = sign;
  return element;
}

/** Somebody has begun to fill in a field of this element, or stands in one. */
export function isBeingWritten(element) {
  const fields = 'input, textarea, select';
  return element.dataset.dirty === 'true' || (element.contains(document.activeElement) && document.activeElement.matches(fields));
}

/** Write a text only where it differs, so that a screen reader is not told the same twice. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A text whose references (12-34-56, LG-2026-00417) keep their order and stay on one line among Arabic words. */
export function runs(text) {
  const pieces = String(text).split(/((?=[A-Za-z-]*\d)[A-Za-z0-9]+(?:[-/.:][A-Za-z0-9]+)+)/);
  return pieces.map((piece, at) => (at % 2 ? h('bdi', { class: 'run', dir: 'ltr' }, piece) : piece));
}

/** A person's initials on a quiet colour of their own. */
export function avatar(name) {
  const words = String(name || '?').trim().split(/[\s\-·]+/).map((one) => one.replace(/^ال(?=..)/, ''));
  const initials = words.length > 1 ? `${words[0][0]}\u200c${words[1][0]}` : words[0].slice(0, 1);
  const hue = [...String(name)].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 8, 7);
  return h('span', { class: `avatar hue-${hue}`, 'aria-hidden': 'true' }, initials);
}

export const $ = (id) => document.getElementById(id);
