// The way of a letter as a visitor of the page goes it, by clicking: the wide page first, then a phone of 360 pixels.
//
// node page.mjs <address of the page> <folder for pictures>
// Each point needs those before it. Prints one line of JSON for each that was reached: {name, error or null, ms}.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { PHONE, WIDE, become, ready, shows, start, until } from '../page/browser.mjs';

const [, , address, pictures] = process.argv;
const [MARYAM, HUDA, SALEM, OMAR, REGISTRY] = ['maryam', 'huda', 'salem', 'omar', 'registry'].map((name) => `${name}@ministry.example`);
const AUDIT = 'طلب مستندات الربع الثاني من السنة المالية 2026/2027';
const GUARANTEE = 'عاجل: إشعار بقرب انتهاء خطاب الضمان LG-2026-00417';
const NOTE = 'الرجاء الإفادة قبل نهاية الأسبوع';
const RESULT = 'أُعدّت المستندات وسُمّي ضابط الاتصال';
const FOR_ACTION = 'لإجراء اللازم';
const WAIT_MS = 30_000; // with a cloud that fails, on a busy machine
const SUBJECT = 'تزويد البنك ببيانات الربع الثالث';
const BANK = 'registry@bank.example';
const A_MINUTE_S = 61; // the timers ring, the day is counted
const README = { width: 1440, height: 1120 }; // high enough for a whole card
const SHARPNESS = 1.5; // pixels of a picture per pixel of the page

const shared = {}; // what one point finds and the next ones need

const picture = (page, name) => page.screenshot({ path: join(pictures, `${name}.png`) });
const plain = (text) => text.replace(/[\u2066-\u2069\u200e\u200f]/g, '');
/** The newest card about the letter that can still be pressed so. */
const card = (page, verb) => page.getByTestId('card').filter({ has: button(page, verb) }).last();
const button = (scope, title) => scope.getByRole('button', { name: title, exact: true });
/** The field on a card whose label begins so: a required one's label ends with a star. */
const field = (scope, label) => scope.getByLabel(new RegExp(`^${label}`)).first();
const mail = (page, subject) => page.locator(`[data-testid="mail"][data-subject="${subject}"]`);

/** Time passes for the tenant and the product alike. */
const passes = (seconds) => fetch(`${address}/sandbox/clock`, { method: 'POST', body: JSON.stringify({ advance_s: seconds }) });

/** The day's line says that so many letters are registered, and that none is missing. */
async function counted(page, letters) {
  await page.locator(`[data-testid="day-registered"][data-count="${letters}"]`).waitFor();
  await page.locator('[data-testid="day-missing"][data-count="0"]').waitFor();
  await page.locator('[data-testid="day-verdict"][data-green="true"]').waitFor();
}

async function fits(page, what) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= page.viewportSize().width, `${what} is ${wide} pixels wide`);
}

async function forwards(page, subject) {
  await mail(page, subject).click();
  await page.getByTestId('mail-annex').first().waitFor();
  await page.getByTestId('mail-forward').click();
  await page.getByTestId('compose-send').click();
  await shows(page.getByTestId('notice'), 'أُرسلت إلى السجل');
}

/** Open the form of the card that refers, choose a colleague and what is asked, write a note, and send it. */
async function refers(page, to, note) {
  await button(card(page, 'إحالة'), 'إحالة').click();
  const form = page.getByTestId('card').filter({ has: page.locator('select') }).last();
  const offered = () => form.locator('datalist option').evaluateAll((all) => all.map((one) => one.value));
  const name = await until(`${to} is offered`, async () => (await offered()).find((one) => plain(one).startsWith(to)));
  await form.locator('input[list]').fill(name);
  await form.locator('select').selectOption({ label: FOR_ACTION });
  await form.locator('textarea').fill(note);
  await picture(page, `${shared.view}-form`);
  await button(form, 'إحالة').click();
}

const POINTS = {
  async an_official_forwards_a_sample_letter_with_its_annex() {
    const { page } = shared;
    await become(page, MARYAM);
    await shows(page.getByTestId('simulated'), 'محاكى');
    await forwards(page, AUDIT);
  },

  async the_mail_is_marked_with_its_number_and_the_record_says_whose_turn_it_is() {
    const { page } = shared;
    await page.getByTestId('record-reference').waitFor();
    shared.reference = plain(await page.getByTestId('record-reference').textContent());
    await shows(page.getByTestId('record-kind'), 'كتاب وارد');
    await shows(page.getByTestId('record-original-sender'), 'ديوان المحاسبة');
    await shows(page.getByTestId('record-subject'), AUDIT);
    await shows(page.getByTestId('record-annexes'), 'كشف المستندات المطلوبة.pdf');
    await shows(page.getByTestId('record-registered'), /14\d\d.?هـ.*20\d\d.?م/);
    await shows(page.getByTestId('record-holders'), /هدى.*للاعتماد/);
    await become(page, REGISTRY);
    await shows(page.getByTestId('mail-tag'), shared.reference);
  },

  async the_head_of_the_unit_has_a_card_and_refers_it_to_a_colleague() {
    const { page } = shared;
    await become(page, HUDA);
    await card(page, 'إحالة').waitFor();
    const words = plain(await card(page, 'إحالة').textContent());
    for (const said of [shared.reference, 'ديوان المحاسبة', AUDIT, 'عادي', 'للاعتماد']) assert.ok(words.includes(said), `${said} is not on the card: ${words}`);
    for (const title of ['اعتماد', 'إعادة', 'إحالة', 'ملاحظة']) await button(card(page, 'إحالة'), title).waitFor();
    await picture(page, 'wide-head');
    await refers(page, 'سالم', NOTE);
    await shows(page.getByTestId('card'), FOR_ACTION);
  },

  async the_colleague_completes_it_the_head_approves_and_the_official_is_answered() {
    const { page } = shared;
    await become(page, SALEM);
    await shows(page.getByTestId('card'), NOTE);
    await picture(page, 'wide-colleague');
    await field(card(page, 'إنجاز'), 'النتيجة').fill(RESULT);
    await button(card(page, 'إنجاز'), 'إنجاز').click();
    await become(page, HUDA);
    await shows(page.getByTestId('card'), RESULT);
    await mail(page, GUARANTEE).click();
    await page.getByTestId('mail-annex').first().waitFor();
    await passes(A_MINUTE_S);
    await counted(page, 1);
    await page.setViewportSize(README);
    await picture(page, 'page');
    await page.setViewportSize(WIDE);
    await button(card(page, 'اعتماد'), 'اعتماد').click();
    await page.locator('[data-testid="record-status"][data-status="closed"]').first().waitFor();
    await become(page, MARYAM);
    const answer = page.getByTestId('mail').filter({ hasText: 'السجل العام' });
    await answer.first().waitFor();
    assert.equal(await answer.count(), 1);
    await answer.click();
    await page.frameLocator('iframe').getByText(shared.reference).first().waitFor();
    await picture(page, 'wide-answer');
  },

  async the_sheet_proves_itself_and_a_changed_byte_turns_its_step_red() {
    const { page } = shared;
    const verdict = (word, api) => page.locator(`[data-testid="verdict"][data-verdict="${word}"]`).filter({ hasText: api }).waitFor();
    await verdict('sound', 'وتراسل يقول: سليمة');
    const steps = page.getByTestId('step');
    await until('the sheet has its nine steps', async () => (await steps.count()) === 9);
    for (const step of await steps.all()) {
      assert.match(plain(await step.textContent()), /14\d\dهـ \(.*20\d\dم\)/);
      assert.notEqual(await step.locator('.step-who bdi').textContent(), '');
      assert.notEqual(await step.locator('.step-what').textContent(), '');
    }
    assert.deepEqual(await page.getByTestId('step-note').allTextContents(), [NOTE, RESULT, RESULT]); // done, and put before the head
    await page.getByTestId('tamper').click();
    await verdict('broken', 'وتراسل يقول: مكسورة');
    assert.equal(await page.locator('[data-broken="true"]').count(), 1);
    await picture(page, 'wide-tampered');
    await page.getByTestId('untamper').click();
    await verdict('sound', 'وتراسل يقول: سليمة');
    assert.equal(await page.locator('[data-broken="true"]').count(), 0);
  },

  async a_letter_of_ours_is_written_in_word_signed_sealed_sent_and_answered() {
    const { page } = shared;
    const about = (verb) => page.getByTestId('card').filter({ hasText: SUBJECT }).filter({ has: button(page, verb) }).last();
    await page.getByTestId('teams-outgoing').click();
    const form = page.getByTestId('card').filter({ has: button(page, 'حفظ المسودة') });
    await field(form, 'الموضوع').fill(SUBJECT);
    await form.getByText('البنك المركزي').first().click();
    await button(form, 'حفظ المسودة').click();
    await page.getByRole('link', { name: 'فتح في Word' }).last().click();
    await page.getByTestId('word-text').fill('نفيدكم بأن بيانات الربع الثالث مرفقة.');
    await page.getByTestId('word-save').click();
    await page.locator('[data-testid="file"][data-version="2"]').waitFor();
    await picture(page, 'wide-drive');
    await button(about('رفع'), 'رفع').click();
    await become(page, SALEM);
    await button(about('تأشير'), 'تأشير').click();
    await become(page, HUDA);
    await button(about('توقيع'), 'توقيع').click();
    await page.getByTestId('record-issued').waitFor();
    const opening = page.waitForEvent('popup');
    await page.getByTestId('record-verify').click();
    const verifying = await opening;
    await verifying.getByText('هذا الكتاب صادر عنا').waitFor();
    await verifying.close();
    await picture(page, 'wide-issued');
    await become(page, BANK);
    await page.getByTestId('mail').filter({ hasText: SUBJECT }).first().click();
    await page.getByTestId('mail-annex').first().waitFor();
    await picture(page, 'wide-bank');
    await page.getByTestId('mail-reply').click();
    await page.getByTestId('compose-comment').fill('نشكركم، وصلتنا البيانات.');
    await page.getByTestId('compose-send').click();
    await page.getByTestId('record-row').filter({ hasText: SUBJECT }).nth(1).waitFor();
    await page.getByTestId('record-row').filter({ hasText: SUBJECT }).nth(1).click();
    await page.locator('[data-testid="record-recipients"] [data-state="answered"]').waitFor();
  },

  async the_cloud_fails_and_on_a_phone_another_letter_goes_its_whole_way_meanwhile() {
    shared.view = 'phone';
    const page = shared.page = await open(PHONE, `#me=${HUDA}`);
    const tab = (name) => page.getByTestId(`tab-${name}`).click();
    await page.getByTestId('cloud-fail').click();
    await page.locator('[data-testid="cloud-fail"][data-failing="true"]').waitFor();
    const flying = setInterval(() => passes(5), 500); // ten times as fast as on the machine
    try {
      await tab('outlook');
      await forwards(page, GUARANTEE);
      await tab('record');
      await shows(page.getByTestId('record-subject'), GUARANTEE);
      const reference = plain(await page.getByTestId('record-reference').textContent());
      assert.notEqual(reference, shared.reference);
      await fits(page, 'the register');
      await picture(page, 'phone-record');
      await tab('teams');
      await shows(page.getByTestId('card'), reference);
      await refers(page, 'عمر', NOTE);
      await become(page, OMAR);
      await field(card(page, 'إنجاز'), 'النتيجة').fill('طُلب التمديد');
      await fits(page, 'the chat');
      await picture(page, 'phone-card');
      await button(card(page, 'إنجاز'), 'إنجاز').click();
      await become(page, HUDA);
      await button(card(page, 'اعتماد').filter({ hasText: 'طُلب التمديد' }), 'اعتماد').click();
      await tab('outlook');
      if (await page.getByTestId('mail-back').isVisible()) await page.getByTestId('mail-back').click();
      await page.getByTestId('mail').filter({ hasText: 'السجل العام' }).waitFor();
      await fits(page, 'Outlook');
      await picture(page, 'phone-answer');
    } finally {
      clearInterval(flying);
    }
    await tab('record');
    await page.locator('[data-testid="record-row"]:first-child [data-status="closed"]').first().waitFor();
    await passes(A_MINUTE_S);
    await counted(page, 3);
  },
};

const { browser, end } = await start();
const context = await browser.newContext({ viewport: WIDE, deviceScaleFactor: SHARPNESS });
const errors = [];
const open = async (viewport, hash = '') => {
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  await page.setViewportSize(viewport);
  await page.goto(`${address}/${hash}`);
  await ready(page);
  return page;
};

shared.page = await open(WIDE);
shared.view = 'wide';
for (const [name, point] of Object.entries(POINTS)) {
  const began = Date.now();
  let error = null;
  try {
    await point();
    assert.deepEqual(errors, []);
  } catch (failure) {
    error = failure.stack ?? String(failure);
    await picture(shared.page, `failed-${name}`).catch(() => {});
  }
  console.log(JSON.stringify({ name, error, ms: Date.now() - began }));
  if (error) break;
}
await end();
