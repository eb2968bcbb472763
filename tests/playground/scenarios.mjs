// What the bot must do in Microsoft's Agents Playground, in a real browser: each scenario is one rule. They share one
// page, for the Playground forgets a chat that is loaded anew, and run in this order.
//
// node scenarios.mjs <address of the Playground> <of the tenant> <of the product> <of the gateway> <folder for pictures>
// Prints one line of JSON for each scenario: {name, error or null, ms}.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { WIDE, start, until } from '../page/browser.mjs';

const [, , playground, tenant, product, gateway, pictures] = process.argv;
const PERSONAL = 'Personal Chat';
const GROUP = 'لجنة المالية';
const CHANNEL = 'الوارد';
const WAIT_MS = 45_000; // the product, the Playground and a browser share the machine with other tests

const bare = (text) => text.replace(/[\u2066-\u2069\u200e\u200f]/g, '');

async function asked(address, how = {}) {
  const answer = await fetch(address, how);
  const text = await answer.text();
  assert.ok(answer.ok, `${address}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

const json = (body) => ({ method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

/** A letter comes to the registry from outside; its record, which the registry's rule puts before Huda. */
async function comes(subject) {
  const raw = [
    'From: Bank <letters@bank.example>', 'To: registry@ministry.example', `Subject: =?utf-8?B?${Buffer.from(subject).toString('base64')}?=`,
    'Date: Sun, 22 Nov 2026 08:00:00 +0300', `Message-ID: <${subject.length}-${Math.random()}@bank.example>`, '', 'Hello.', '',
  ].join('\r\n');
  const headers = { 'X-Mailbox': 'registry@ministry.example', 'X-Sandbox-Dmarc': 'pass' };
  await asked(`${tenant}/sandbox/mail`, { method: 'POST', body: raw, headers });
  return until(`${subject} is registered`, async () => (await records()).find((one) => one.subject === subject), WAIT_MS);
}

async function records() {
  const token = await asked(`${tenant}/sandbox/token`, json({ roles: ['Records.Read.All'], audience: 'api' }));
  const listed = await asked(`${product}/api/v1/records?top=200`, { headers: { authorization: `Bearer ${token.access_token}` } });
  return listed.items;
}

const status = async (record) => (await records()).find((one) => one.record_id === record.record_id).status;
const exchanges = () => asked(`${gateway}/exchanges`);
const count = async (what) => (await exchanges()).filter(([one, code]) => one === what && code < 300).length;

/** The page, as somebody uses it. */
class Chat {
  constructor(page) {
    this.page = page;
    this.cards = page.locator('.ac-adaptiveCard');
  }

  open(name) { return this.page.getByRole('treeitem', { name }).click(); }
  card(text) { return this.cards.filter({ hasText: text }).last(); }
  button(card, name) { return card.getByRole('button', { name, exact: true }).first(); }
  picture(name) { return this.page.screenshot({ path: join(pictures, `${name}.png`) }); }

  async shows(text, times = 1) {
    await until(`${text} stands there ${times} times`, async () => (await this.text()).split(text).length > times, WAIT_MS);
  }

  async text() { return bare(await this.page.locator('body').innerText()); }

  async box() {
    const box = this.page.locator('[role=textbox][contenteditable=true]').first();
    await box.click();
  }

  async say(text) {
    await this.box();
    await this.page.keyboard.type(text);
    await this.page.keyboard.press('Enter');
  }

  /** As `say`, to the bot by name, where others read along. */
  async mention(text, send = () => this.page.keyboard.press('Enter')) {
    await this.box();
    await this.page.keyboard.type('@');
    await this.page.getByRole('menuitem', { name: 'تراسل' }).click();
    await this.page.keyboard.type(` ${text}`);
    await send();
  }

  async extension(name) {
    await this.page.getByRole('button', { name: 'Trigger Message Extension App' }).first().click();
    await this.page.getByRole('menuitem', { name }).click();
  }
}

let [first, second] = [null, null];

const SCENARIOS = {
  async a_message_is_answered_with_a_card(chat) {
    await chat.open(PERSONAL);
    await chat.say('مساعدة');
    await chat.button(chat.card('مساعدة'), 'المعلق عندي').waitFor();
    await chat.picture('message');
  },

  async a_card_comes_by_itself_into_the_persons_own_chat(chat) {
    const began = await count('bot message');
    first = await comes('كتاب البنك الأول');
    await chat.button(chat.card(first.subject), 'اعتماد').waitFor();
    assert.equal(await count('bot message'), began, 'nobody wrote anything');
    await chat.picture('proactive');
  },

  async an_execute_opens_a_form_and_the_form_refers(chat) {
    const card = chat.card(first.subject);
    await chat.button(card, 'إحالة').click();
    await card.getByRole('combobox').first().click();
    await chat.page.getByRole('option', { name: 'عمر الحربي' }).locator('visible=true').first().click();
    await card.locator('textarea').first().fill('الرجاء الإفادة');
    await chat.button(card, 'إحالة').click();
    await until('it is with Omar', async () => bare(await card.innerText()).includes('إلى عمر الحربي'), WAIT_MS);
    await chat.picture('referred');
  },

  async an_execute_decides_and_the_decided_card_stands_in_the_questions_place(chat) {
    second = await comes('كتاب البنك الثاني');
    const card = chat.card(second.subject);
    await chat.button(card, 'اعتماد').waitFor();
    const before = await chat.cards.count();
    await card.locator('textarea').first().fill('موافقة');
    await chat.button(card, 'اعتماد').click();
    await chat.button(card, 'اعتماد').waitFor({ state: 'hidden' });
    assert.match(await card.innerText(), /موافقة/);
    assert.equal(await chat.cards.count(), before, 'no second card came');
    await until('it is closed', async () => (await status(second)) === 'closed', WAIT_MS);
    await chat.picture('decided');
  },

  async a_second_copy_of_a_card_is_brought_up_to_date_when_the_first_is_pressed(chat) {
    const third = await comes('كتاب البنك الثالث');
    await chat.button(chat.card(third.subject), 'اعتماد').waitFor();
    const before = await chat.cards.filter({ hasText: third.subject }).count();
    await chat.say(third.reference);
    const copies = chat.cards.filter({ hasText: third.subject });
    await until('the number shows a second copy', async () => (await copies.count()) === before + 1, WAIT_MS);
    await chat.button(copies.last(), 'اعتماد').click();
    await until('no copy asks any more', async () => (await copies.getByRole('button', { name: 'اعتماد', exact: true }).count()) === 0, WAIT_MS);
    assert.ok((await count('playground PUT')) > 0, 'the other copy was written anew in its place');
  },

  async a_submit_of_an_older_client_decides_and_its_message_is_written_anew(chat) {
    await asked(`${gateway}/old_clients`, json(true));
    const fourth = await comes('كتاب البنك الرابع');
    const card = chat.card(fourth.subject);
    const [invokes, updates] = [await count('bot invoke adaptiveCard/action'), await count('playground PUT')];
    await chat.button(card, 'اعتماد').click();
    await chat.button(card, 'اعتماد').waitFor({ state: 'hidden' });
    assert.equal(await count('bot invoke adaptiveCard/action'), invokes, 'it was a Submit');
    assert.ok((await count('playground PUT')) > updates);
    await until('it is closed', async () => (await status(fourth)) === 'closed', WAIT_MS);
    await asked(`${gateway}/old_clients`, json(false));
  },

  async in_a_group_a_record_is_its_number_and_its_words_come_in_person(chat) {
    await chat.open(GROUP);
    await chat.mention(first.reference);
    await chat.shows(first.reference, 2);
    assert.ok(!(await chat.text()).includes(first.subject));
    await chat.picture('group');
    await chat.open(PERSONAL);
    await chat.card(first.subject).waitFor();
  },

  async in_a_channel_a_record_is_its_number(chat) {
    await chat.open(CHANNEL);
    await chat.mention(first.reference, () => chat.page.getByRole('button', { name: 'Post', exact: true }).click());
    await chat.shows(first.reference, 2);
    assert.ok(!(await chat.text()).includes(first.subject));
    await chat.picture('channel');
  },

  async the_bots_own_wire_reaches_a_group_and_a_channel_unasked(chat) {
    for (const [place, name] of [['group', GROUP], ['channel', CHANNEL]]) {
      await asked(`${gateway}/say`, json({ place, text: `تنبيه ${place}` }));
      await chat.open(name);
      await chat.shows(`تنبيه ${place}`);
    }
  },

  async the_extension_finds_a_record_and_puts_its_number_into_the_group(chat) {
    await chat.open(GROUP);
    const before = await chat.cards.count();
    await chat.extension('Search Command');
    await chat.page.getByPlaceholder('Enter a search term').fill('البنك الأول');
    await chat.page.keyboard.press('Enter');
    await chat.page.getByText(first.subject).first().waitFor();
    await chat.picture('extension');
    await chat.page.getByText(first.subject).first().click();
    await chat.page.getByRole('button', { name: 'Send Message' }).click();
    await until('the card stands there', async () => (await chat.cards.count()) > before, WAIT_MS);
    const card = bare(await chat.cards.last().innerText());
    assert.ok(card.includes(first.reference) && !card.includes(first.subject), card);
  },

  async a_link_to_a_record_is_unfurled_to_its_number(chat) {
    const before = await count('bot invoke composeExtension/queryLink');
    await chat.extension('Link Unfurling');
    await chat.page.getByLabel('Enter an URL').fill(`${product}/api/v1/records/${first.record_id}`);
    await chat.page.getByRole('button', { name: 'Send to Conversation' }).click();
    await until('the link was asked about', async () => (await count('bot invoke composeExtension/queryLink')) > before, WAIT_MS);
    await chat.shows(first.reference, 3);
    await chat.picture('unfurled');
  },

  async nothing_was_refused_on_the_way_and_the_door_is_closed_to_the_playground_itself() {
    assert.deepEqual((await exchanges()).filter(([, code]) => code >= 300), []);
    const unsigned = await fetch(`${product}/api/messages`, json({ type: 'message', text: 'مساعدة', channelId: 'msteams' }));
    assert.equal(unsigned.status, 401);
  },
};

const { browser, end } = await start();
const page = await (await browser.newContext({ viewport: WIDE })).newPage();
page.setDefaultTimeout(WAIT_MS);
const errors = [];
page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
await page.goto(playground);
await page.getByText('Connected.').waitFor();
const chat = new Chat(page);
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  const began = Date.now();
  let error = null;
  try {
    await scenario(chat);
    assert.deepEqual(errors.splice(0), []);
  } catch (failure) {
    error = failure.stack ?? String(failure);
    await chat.picture(`failed-${name}`).catch(() => {});
  }
  console.log(JSON.stringify({ name, error, ms: Date.now() - began }));
}
await end();
