// How a sentence, a number, a date and a reference are written in the reader's language.
//
// A reference or a Latin name inside Arabic is isolated (U+2068 … U+2069), so that it keeps its order. Digits are Latin
// in both languages, as on the ministry's letters.

import { WORDS } from './words.js';

const ZONE = 'Asia/Kuwait';
let language = 'ar';

export const languages = Object.keys(WORDS);
export const lang = () => language;
export const setLanguage = (next) => { language = WORDS[next] ? next : 'ar'; };
export const direction = () => (language === 'ar' ? 'rtl' : 'ltr');

/** The sentence of this key, its {names} filled in and isolated. */
export function say(key, values = {}) {
  const sentence = WORDS[language][key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (_, name) => isolate(values[name] ?? ''));
}

/** As `say`, in the form that the language has for so many. */
export function counted(key, count) {
  const form = `${key}.${new Intl.PluralRules(language).select(count)}`;
  return say(form in WORDS[language] ? form : `${key}.other`, { count });
}

/** A word for a code of the product, such as `for_action`; an unknown code is shown as it came. */
export function word(family, code) {
  if (code === null || code === undefined || code === '') return '';
  const key = `${family}.${String(code).replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()}`;
  return WORDS[language][key] ?? String(code);
}

/** What the product says in both languages, as {ar, en}; a plain text is taken as it is, nothing as nothing. */
export const inBoth = (told) => (told && typeof told === 'object' ? told[language] ?? told.ar ?? '' : told ?? '');

export const isolate = (text) => `\u2068${text}\u2069`;

const locale = () => (language === 'ar' ? 'ar-KW-u-nu-latn-ca-gregory' : 'en-GB');
const format = (at, options) => new Intl.DateTimeFormat(locale(), { timeZone: ZONE, ...options }).format(new Date(at));

/** 22 Nov 2026, 12:05 */
export const dateAndTime = (at) => format(at, { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false });
/** 12:05 */
export const timeOfDay = (at) => format(at, { hour: '2-digit', minute: '2-digit', hour12: false });
/** 22 November 2026 */
export const longDate = (at) => format(at, { day: 'numeric', month: 'long', year: 'numeric' });
/** The time if *at* is the same day as *now*, else the day and month. */
export function shortWhen(at, now) {
  const sameDay = isoDay(at) === isoDay(now);
  return format(at, sameDay ? { hour: '2-digit', minute: '2-digit', hour12: false } : { day: 'numeric', month: 'short' });
}
/** The day at the ministry as YYYY-MM-DD. */
export const isoDay = (at) => new Intl.DateTimeFormat('en-CA', { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date(at));

export function size(bytes) {
  const kilobytes = bytes / 1024;
  const [amount, unit] = kilobytes < 1024 ? [Math.max(1, Math.round(kilobytes)), 'KB'] : [(kilobytes / 1024).toFixed(1), 'MB'];
  return isolate(`${amount} ${unit}`);
}
