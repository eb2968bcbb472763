// A letter as the sender's mail system would write it: RFC 5322, 2045, 2047 and 2231, enough for any language.

const CRLF = '\r\n';
const utf8 = new TextEncoder();

export function base64(bytes) {
  let letters = '';
  for (let at = 0; at < bytes.length; at += 0x8000) letters += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(letters);
}

const folded = (text) => text.replace(/.{1,76}/g, `$&${CRLF}`);

/** Encoded words of at most 45 bytes each, never splitting a character. */
function encodedWords(text) {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const words = [];
  let piece = '';
  for (const letter of text) {
    if (utf8.encode(piece + letter).length > 42) {
      words.push(piece);
      piece = '';
    }
    piece += letter;
  }
  words.push(piece);
  return words.map((one) => `=?UTF-8?B?${base64(utf8.encode(one))}?=`).join(`${CRLF} `);
}

const quotedName = (name) => (/^[\x20-\x7e]*$/.test(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : encodedWords(name));
const percent = (text) => [...utf8.encode(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

/** A file name in pieces of RFC 2231, each short enough for a line. */
function fileName(name) {
  const encoded = percent(name).match(/(?:%..){1,20}/g) ?? [''];
  return encoded.map((piece, at) => `;${CRLF} filename*${at}*=${at === 0 ? "UTF-8''" : ''}${piece}`).join('');
}

/** The letter's bytes. *annex* is {name, type, bytes} or null; *at* is a Date; *answers*: the ids of the letters before, if any. */
export function letter({ sender, address, to, subject, text, annex, at, answers = [] }) {
  const id = crypto.randomUUID();
  const boundary = `=_${id}`;
  const head = [
    `From: ${sender ? `${quotedName(sender)}${CRLF} ` : ''}<${address}>`,
    `To: <${to}>`,
    ...(subject ? [`Subject: ${encodedWords(subject)}`] : []),
    `Date: ${at.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${id}@${address.split('@')[1]}>`,
    ...(answers.length > 0 ? [`In-Reply-To: ${answers.at(-1)}`, `References: ${answers.join(`${CRLF} `)}`] : []),
    'MIME-Version: 1.0',
  ];
  const words = ['Content-Type: text/plain; charset="utf-8"', 'Content-Transfer-Encoding: base64', '', folded(base64(utf8.encode(text)))];
  if (!annex) return utf8.encode([...head, ...words].join(CRLF));
  const file = [`Content-Type: ${annex.type}`, 'Content-Transfer-Encoding: base64', `Content-Disposition: attachment${fileName(annex.name)}`, '', folded(base64(annex.bytes))];
  const whole = [...head, `Content-Type: multipart/mixed; boundary="${boundary}"`, '', `--${boundary}`, ...words, `--${boundary}`, ...file, `--${boundary}--`, ''];
  return utf8.encode(whole.join(CRLF));
}
