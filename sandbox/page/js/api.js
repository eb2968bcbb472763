// Whom the page talks to: the sandbox's controls, Graph as the chosen person, the product's API as a reader of records.
//
// A failed call raises Trouble, which knows whose turn it is. Calls carry the mark that spares the page's people the
// faults meant for Tarasul. Tokens are kept until they are refused.

import { lang, say } from './texts.js';

/** What the reader of the record pane may do in the product. */
const READER_ROLES = ['Records.Read.All'];

export class Trouble extends Error {
  /** *turn*: you, cloud, sandbox, host, operator, developer or gone. */
  constructor(turn, status = 0, what = '') {
    super(say(`turn.${turn}`, { status, what }));
    Object.assign(this, { turn, status });
  }
}

const tokens = new Map();

async function token(key, asked, anew) {
  if (anew || !tokens.has(key)) tokens.set(key, control('POST', '/sandbox/token', asked).then((got) => got.access_token));
  try {
    return await tokens.get(key);
  } catch (trouble) {
    tokens.delete(key);
    throw trouble;
  }
}

async function call(method, path, { body, headers = {} } = {}) {
  const sent = body === undefined || body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body);
  const type = sent !== body ? { 'content-type': 'application/json' } : {};
  try {
    return await fetch(path, { method, body: sent, headers: { 'x-sandbox-spared': 'page', ...type, ...headers }, cache: 'no-cache' });
  } catch {
    throw new Trouble('sandbox');
  }
}

async function withToken(key, asked, method, path, options = {}) {
  for (const anew of [false, true]) {
    const authorization = `Bearer ${await token(key, asked, anew)}`;
    const answer = await call(method, path, { ...options, headers: { authorization, ...options.headers } });
    if (answer.status !== 401 || anew) return judged(answer);
  }
}

/** The answer, or whose turn it is. */
async function judged(answer) {
  if (answer.ok) return answer;
  let told = {};
  try {
    told = await answer.json();
  } catch { /* an error page of a proxy has no JSON */ }
  const { status } = answer;
  const what = (lang() === 'ar' ? told.detail_ar : null) ?? told.detail ?? told.title ?? told.error?.message ?? status;
  if (told.error?.code === 'HostDown') throw new Trouble('host', status);
  if ([429, 502, 503, 504].includes(status)) throw new Trouble('cloud', status);
  if (status === 401 || status === 403) throw new Trouble('operator', status);
  if (status === 404 || status === 410) throw new Trouble('gone', status);
  if (status >= 500) throw new Trouble('developer', status);
  throw new Trouble('you', status, what);
}

const read = async (answer) => {
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
};

/** One of the sandbox's controls. */
export const control = async (method, path, body, headers) => read(await judged(await call(method, path, { body, headers })));

/** Graph in a person's own name; *path* begins after `/users/{upn}`. */
export const graph = async (upn, method, path, body) => read(await graphAnswer(upn, method, path, body));

/** As `graph`, for what is not JSON (an attachment's bytes). */
export const graphAnswer = (upn, method, path, body) =>
  withToken(`graph ${upn}`, { upn }, method, `/v1.0/users/${encodeURIComponent(upn)}${path}`, {
    body,
    headers: { prefer: 'IdType="ImmutableId"' },
  });

/** The product's API, read as somebody who may read every record; *path* begins after `/api/`. */
export const product = async (path) => read(await productAnswer(path));

export const productAnswer = (path) =>
  withToken('reader', { roles: READER_ROLES, audience: 'api' }, 'GET', `/sandbox/product/${path}`);
