// What the page must do, in a real browser: each scenario is one rule, and opens a page of its own.
//
// node scenarios.mjs <address of the page> <address of a page whose product is down> <folder for pictures>
// Prints one line of JSON for each scenario: {name, error or null, ms}.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PHONE, WAIT_MS, WIDE, become, ready, shows, start, until } from './browser.mjs';

const [, , address, deadAddress, pictures] = process.argv;
const [MARYAM, HUDA, OMAR, SARA, NOURA, REGISTRY] = ['maryam', 'huda', 'omar', 'sara', 'noura', 'registry'].map((name) => `${name}@ministry.example`);

const LETTER = readFileSync(new URL('../../documents/templates/outgoing_letter.docx', import.meta.url));
const BANK = 'registry@bank.example';

const picture = (page, name) => page.screenshot({ path: join(pictures, `${name}.png`) });
const control = async (path, body) => {
  const answer = await fetch(address + path, { method: body === undefined ? 'GET' : 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  const text = await answer.text();
  assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
};
const press = (page, title) => page.getByTestId('message').last().getByRole('button', { name: title, exact: true }).click();

async function forward(page) {
  await page.getByTestId('mail').last().click();
  await page.getByTestId('mail-forward').click();
  await page.getByTestId('compose-send').click();
  await page.getByTestId('notice').waitFor();
}

const SCENARIOS = {
  async a_letter_goes_its_whole_way_by_clicking({ page }) {
    await become(page, MARYAM);
    await forward(page);
    await page.getByTestId('record-reference').waitFor();
    await shows(page.getByTestId('record-original-sender'), 'ديوان المحاسبة');
    await shows(page.getByTestId('record-annexes'), 'كشف المستندات المطلوبة.pdf');
    await shows(page.getByTestId('record-registered'), '1448');
    await shows(page.getByTestId('record-registered'), '2026');
    await shows(page.getByTestId('record-holders'), 'هدى العلي');
    const reference = await page.getByTestId('record-reference').textContent();

    await become(page, REGISTRY);
    await shows(page.getByTestId('mail-tag'), reference);

    await become(page, HUDA);
    await shows(page.getByTestId('card'), reference);
    await page.getByTestId('card').locator('select').selectOption(OMAR);
    await page.getByTestId('card').getByLabel('ملاحظة').fill('الرجاء الإفادة خلال يومين');
    await picture(page, 'wide-ar');
    await press(page, 'إحالة');
    await shows(page.getByTestId('card'), 'أحلتها إلى عمر الحربي');

    await become(page, OMAR);
    await shows(page.getByTestId('card'), 'الرجاء الإفادة خلال يومين');
    await page.getByTestId('card').getByLabel('ملاحظة').fill('أُعدّت المستندات');
    await press(page, 'إنجاز');
    await shows(page.getByTestId('card'), 'أنجزتها');

    await become(page, HUDA);
    await shows(page.getByTestId('card'), 'لاعتماد النتيجة');
    await press(page, 'اعتماد');
    await page.locator('[data-testid="record-status"][data-status="closed"]').first().waitFor();
    await shows(page.getByTestId('step-note'), 'أُعدّت المستندات');
    assert.equal(await page.getByTestId('step').count(), 6);

    await become(page, MARYAM);
    await shows(page.getByTestId('mail'), 'السجل العام');
    await page.locator('[data-testid="day-registered"]:not([data-count="0"])').waitFor();
    assert.equal(await page.getByTestId('day-missing').getAttribute('data-count'), '0');
  },

  async a_tampered_step_turns_red_in_the_browsers_own_judgement({ page }) {
    await become(page, SARA);
    await forward(page);
    await shows(page.getByTestId('record-subject'), 'مسودة عقد صيانة');
    const verdict = (word) => page.locator(`[data-testid="verdict"][data-verdict="${word}"]`);
    await verdict('sound').waitFor();
    await page.getByTestId('tamper').click();
    await verdict('broken').waitFor();
    assert.deepEqual(await page.locator('[data-broken="true"]').evaluateAll((all) => all.map((one) => one.dataset.seq)), ['2']);
    await picture(page, 'tampered');
    await page.getByTestId('untamper').click();
    await verdict('sound').waitFor();
    assert.equal(await page.locator('[data-broken="true"]').count(), 0);
  },

  async the_english_switch_turns_the_whole_page({ page }) {
    const gaps = await page.evaluate(async () => {
      const { WORDS } = await import('/js/words.js');
      const plain = (one) => Object.keys(WORDS[one]).filter((key) => !/\.(two|few|many)$/.test(key));
      return [...plain('ar').filter((key) => !(key in WORDS.en)), ...plain('en').filter((key) => !(key in WORDS.ar))];
    });
    assert.deepEqual(gaps, []);
    await page.getByTestId('language').click();
    await shows(page.getByTestId('pane-record'), 'Register');
    const turned = await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]);
    assert.deepEqual(turned, ['en', 'ltr']);
    const left = await page.evaluate(() => {
      const own = 'button:not(.mail, .record-row, .annex, #language), h2, h3, dt, .hollow, .simulated, [data-testid="day"]';
      return [...document.querySelectorAll(own)].filter((one) => !one.closest('.card, .letter, .record-detail') && /[\u0600-\u06ff]/.test(one.textContent)).map((one) => one.textContent);
    });
    assert.deepEqual(left, []);
    await picture(page, 'wide-en');
    await page.reload();
    await shows(page.getByTestId('pane-record'), 'Register');
  },

  async on_a_phone_everything_fits_and_is_reached({ open }) {
    const page = await open(PHONE, '#me=' + HUDA);
    for (const pane of ['outlook', 'drive', 'teams', 'record']) {
      await page.getByTestId(`tab-${pane}`).click();
      await page.getByTestId(`pane-${pane}`).waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= PHONE.width, `${pane} is ${wide} pixels wide`);
    }
    await page.getByTestId('tab-outlook').click();
    await page.getByTestId('mail').first().click();
    await page.getByTestId('mail-forward').waitFor();
    await picture(page, 'phone-outlook');
    await page.getByTestId('mail-back').click();
    await page.getByTestId('mail').first().waitFor();
    await page.getByTestId('tab-teams').click();
    await page.getByTestId('card').first().waitFor();
    await picture(page, 'phone-teams');
    const cards = await page.getByTestId('card').evaluateAll((all) => all.map((one) => one.scrollWidth - one.clientWidth));
    assert.deepEqual(cards.filter((over) => over > 0), []);
    await page.getByTestId('tab-record').click();
    await page.getByTestId('verdict').waitFor();
    await picture(page, 'phone-record');
  },

  async the_phone_frame_is_360_pixels_wide({ page }) {
    await page.getByTestId('view-phone').click();
    assert.equal(await page.locator('.device').evaluate((one) => one.clientWidth), 360);
  },

  async what_somebody_is_writing_is_never_taken_away({ page }) {
    await become(page, NOURA);
    await forward(page);
    await shows(page.getByTestId('record-subject'), 'خطة الدورات التدريبية');
    const record = await page.locator('[data-testid="record-row"][aria-current]').getAttribute('data-record');
    await become(page, HUDA);
    await shows(page.getByTestId('card'), 'خطة الدورات التدريبية');
    const note = page.getByTestId('card').filter({ hasText: 'خطة الدورات التدريبية' }).getByLabel('ملاحظة');
    await note.fill('نصف جملة');
    await page.getByTestId('record-search').fill('خطة');
    await page.getByTestId('chat-text').fill('رسالة لم تكتمل');
    await control('/sandbox/host/recard', { record_id: record });
    await page.getByText('تغيّرت هذه البطاقة وأنت تكتب').last().waitFor();
    assert.equal(await note.inputValue(), 'نصف جملة');
    assert.equal(await page.getByTestId('chat-text').inputValue(), 'رسالة لم تكتمل');
    assert.equal(await page.getByTestId('record-search').inputValue(), 'خطة');
    await page.getByRole('button', { name: 'اعرض الجديدة' }).last().click();
    await shows(page.getByTestId('card'), 'تغيّرت الأهمية');
  },

  async nothing_is_redrawn_while_nothing_changes({ page }) {
    await become(page, HUDA);
    await page.getByTestId('card').first().waitFor();
    await page.getByTestId('mail').first().click();
    await page.getByTestId('mail-body').waitFor();
    await page.waitForResponse((answer) => answer.url().includes('isRead') || answer.url().includes('/sheet'));
    const looks = page.waitForResponse((answer) => answer.url().endsWith('/chats'));
    await looks;
    const changed = page.evaluate(() => new Promise((resolve) => {
      const seen = [];
      new MutationObserver((all) => seen.push(...all.map((one) => one.target.className || one.target.nodeName))).observe(document.getElementById('panes'), { childList: true, subtree: true, characterData: true });
      setTimeout(() => resolve(seen), 4500);
    }));
    assert.deepEqual(await changed, []);
  },

  async the_keyboard_alone_forwards_a_letter({ page }) {
    await become(page, SARA);
    await page.getByTestId('mail').last().focus();
    await page.keyboard.press('Enter');
    await page.getByTestId('mail-forward').waitFor();
    await page.getByTestId('mail-forward').focus();
    await page.keyboard.press('Enter');
    await page.getByTestId('compose').waitFor();
    assert.ok(await page.evaluate(() => document.getElementById('compose').contains(document.activeElement)));
    await page.keyboard.press('Escape');
    await page.getByTestId('compose').waitFor({ state: 'hidden' });
    await until('the focus is back where it was', () => page.evaluate(() => document.activeElement.dataset.testid === 'mail-forward'));
  },

  async a_letter_from_outside_arrives_with_its_name_and_annex({ page }) {
    await become(page, NOURA);
    await page.getByTestId('mail-outside').click();
    await page.getByTestId('compose-sample').selectOption('guarantee');
    await page.getByTestId('compose-sender').fill('الهيئة العامة للتجارب والاختبارات الصناعية والزراعية');
    await page.getByTestId('compose-subject').fill('كتاب رقم 12-34-56 بشأن مواعيد الزيارات الميدانية للمواقع الجديدة');
    await picture(page, 'outside');
    await page.getByTestId('compose-send').click();
    const mail = page.getByTestId('mail').filter({ hasText: 'كتاب رقم 12-34-56 بشأن مواعيد الزيارات الميدانية للمواقع الجديدة' });
    await mail.waitFor();
    await shows(mail, 'الهيئة العامة للتجارب والاختبارات الصناعية والزراعية');
    await mail.click();
    await shows(page.getByTestId('mail-annex'), 'إشعار خطاب ضمان LG-2026-00417.pdf');
    await page.frameLocator('iframe').getByText('نفيدكم بأن خطاب الضمان').waitFor();
    const run = page.getByTestId('mail-subject').locator('bdi.run');
    assert.equal(await run.textContent(), '12-34-56');
    assert.equal(await run.getAttribute('dir'), 'ltr');
  },

  async a_letter_can_run_and_fetch_nothing({ page, requests }) {
    const html = '<p id="x">جدول</p><script>parent.document.title="ran"</script><img src="http://tracker.example/a.png" onerror="parent.document.title=\'ran\'">';
    const raw = ['From: <a@outside.example>', `To: <${SARA}>`, 'Subject: hostile', 'Message-ID: <hostile@outside.example>', 'MIME-Version: 1.0', 'Content-Type: text/html; charset=utf-8', '', html].join('\r\n');
    const sent = await fetch(`${address}/sandbox/mail`, { method: 'POST', body: raw, headers: { 'x-mailbox': SARA, 'content-type': 'message/rfc822' } });
    assert.ok(sent.ok);
    await become(page, SARA);
    await page.getByTestId('mail').filter({ hasText: 'hostile' }).click();
    await page.frameLocator('iframe').getByText('جدول').waitFor();
    assert.doesNotMatch(await page.title(), /ran/);
    assert.deepEqual(requests.filter((url) => !url.startsWith(address) && !/^(blob|data|about):/.test(url)), []);
  },

  async the_cloud_fails_for_a_minute_and_people_are_spared({ page }) {
    await become(page, SARA);
    await page.getByTestId('cloud-fail').click();
    await page.locator('[data-testid="cloud-fail"][data-failing="true"]').waitFor();
    const { rules } = await control('/sandbox/faults');
    assert.deepEqual([...new Set(rules.map((one) => one.fault))].sort(), ['429', '503', 'lost']);
    assert.ok(rules.every((one) => one.active && one.until));
    await page.getByTestId('folder-sentitems').click();
    await page.getByTestId('folder-inbox').click();
    await page.getByTestId('mail').first().waitFor();
    assert.equal(await page.getByTestId('notice-trouble').count(), 0);
    await picture(page, 'cloud-fails');
    await page.getByTestId('cloud-fail').click();
    await page.locator('[data-testid="cloud-fail"][data-failing="false"]').waitFor();
    assert.deepEqual((await control('/sandbox/faults')).rules, []);
  },

  async a_failed_press_says_so_under_the_card_and_keeps_what_was_written({ page }) {
    await become(page, HUDA);
    const card = page.getByTestId('message').last();
    await card.getByLabel('ملاحظة').fill('boom');
    await press(page, 'اعتماد');
    await shows(card.getByTestId('card-said'), 'حدث خطأ ما');
    assert.equal(await card.getByLabel('ملاحظة').inputValue(), 'boom');
  },

  async what_is_typed_to_the_bot_is_answered_in_the_chat({ page }) {
    await become(page, SARA);
    await page.getByTestId('chat-text').fill('مساعدة');
    await page.keyboard.press('Enter');
    await shows(page.getByTestId('said'), 'مساعدة');
    await shows(page.getByTestId('message'), 'لا شيء معلقاً عندك');
    assert.equal(await page.getByTestId('chat-text').inputValue(), '');
  },

  async files_are_handed_to_the_bot_by_a_button_and_can_be_taken_back_before({ page }) {
    await become(page, NOURA);
    assert.equal(await page.getByTestId('chat-chosen').isVisible(), false);
    const choosing = page.waitForEvent('filechooser');
    await page.getByTestId('chat-attach').click();
    const file = (name) => ({ name, mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 scan') });
    await (await choosing).setFiles([file('كتاب ممسوح.pdf'), file('بالخطأ.pdf')]);
    await page.getByTestId('chat-files').setInputFiles([file('annex-2.pdf')]);
    await page.getByRole('button', { name: /بالخطأ/ }).click();
    assert.deepEqual(await page.getByTestId('chat-chosen').locator('li > bdi').allTextContents(), ['كتاب ممسوح.pdf', 'annex-2.pdf']);
    await picture(page, 'files-chosen');
    await page.getByTestId('chat-send').click();
    await shows(page.getByTestId('said-files'), 'كتاب ممسوح.pdf');
    await shows(page.getByTestId('message'), 'وصل annex-2.pdf');
    assert.equal(await page.getByTestId('chat-chosen').isVisible(), false);
    await page.getByTestId('chat-files').evaluate((chooser) => {
      const chosen = new DataTransfer();
      chosen.items.add(new File([new Uint8Array(21 * 1024 * 1024)], 'big.pdf'));
      chooser.files = chosen.files;
      chooser.dispatchEvent(new Event('change'));
    });
    await shows(page.getByTestId('notice-trouble'), '20');
    assert.equal(await page.getByTestId('chat-chosen').isVisible(), false);
  },

  async the_letter_is_read_in_a_frame_in_which_nothing_runs_and_nothing_is_fetched({ page, requests }) {
    await page.getByTestId('record-letter').click();
    await page.frameLocator('[data-testid="record-letter-page"]').getByText('نرجو موافاتنا').waitFor();
    const frame = page.getByTestId('record-letter-page');
    assert.doesNotMatch(await frame.getAttribute('sandbox'), /allow-(scripts|same-origin|forms)/);
    await frame.scrollIntoViewIfNeeded();
    await picture(page, 'letter-ar');
    assert.doesNotMatch(await page.title(), /ran/);
    assert.deepEqual(requests.filter((url) => !url.startsWith(address) && !/^(blob|data|about):/.test(url)), []);
    await page.getByTestId('record-letter').click();
    await frame.waitFor({ state: 'detached' });
  },

  async a_word_file_is_written_in_replaced_and_kept_from_whoever_may_not({ page }) {
    const { id } = await control('/sandbox/files', { upn: OMAR, name: 'كتاب صادر.docx', content: LETTER.toString('base64') });
    await become(page, OMAR);
    await page.getByTestId('to-drive').click();
    const file = page.getByTestId('file').filter({ hasText: 'كتاب صادر.docx' });
    await file.waitFor();
    await shows(page.getByTestId('no-office'), 'LibreOffice'); // this tenant converts plainly
    await file.getByTestId('file-open').click();
    await page.getByTestId('word-text').fill('السطر الأول\nالسطر الثاني');
    await picture(page, 'word');
    await page.getByTestId('word-save').click();
    await page.locator('[data-testid="file"][data-version="2"]').waitFor();
    await shows(file, 'عمر الحربي');
    const lies = async () => Buffer.from((await control(`/sandbox/files/${id}`)).content, 'base64');
    const edited = await lies();
    assert.notDeepEqual(edited, LETTER);
    const loading = page.waitForEvent('download');
    await file.getByTestId('file-download').click();
    assert.deepEqual(readFileSync(await (await loading).path()), edited);
    const choosing = page.waitForEvent('filechooser');
    await file.getByTestId('file-upload').click();
    await (await choosing).setFiles([{ name: 'mine.docx', mimeType: 'application/octet-stream', buffer: LETTER }]);
    await page.locator('[data-testid="file"][data-version="3"]').waitFor();
    assert.deepEqual(await lies(), LETTER);
    await picture(page, 'drive');
    await become(page, SARA);
    await page.getByTestId('drive-state').waitFor();
    assert.equal(await page.getByTestId('file').count(), 0);
    await page.getByTestId('to-outlook').click();
    await page.getByTestId('mail').first().waitFor();
  },

  async what_leaves_for_outside_is_read_there_and_answered_in_its_thread({ page }) {
    const { access_token: token } = await control('/sandbox/token', { upn: NOURA });
    const attachments = [{ '@odata.type': '#microsoft.graph.fileAttachment', name: 'كتاب.pdf', contentType: 'application/pdf', contentBytes: 'JVBERi0=' }];
    const message = { subject: 'كتاب رقم 7', body: { contentType: 'html', content: '<p>مرفق كتابنا</p>' }, toRecipients: [{ emailAddress: { address: BANK } }], attachments };
    const sent = await fetch(`${address}/v1.0/users/${NOURA}/sendMail`, { method: 'POST', body: JSON.stringify({ message }), headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` } });
    assert.equal(sent.status, 202);
    await become(page, BANK);
    await page.getByTestId('mail').filter({ hasText: 'كتاب رقم 7' }).click();
    await shows(page.getByTestId('mail-annex'), 'كتاب.pdf');
    await page.frameLocator('iframe').getByText('مرفق كتابنا').waitFor();
    for (const hidden of ['mail-forward', 'mail-new', 'mail-outside', 'to-drive', 'chat-text']) assert.equal(await page.getByTestId(hidden).isVisible(), false, hidden);
    await page.getByTestId('mail-reply').click();
    await page.getByTestId('compose-comment').fill('وصلنا كتابكم');
    await page.getByTestId('compose-send').click();
    await shows(page.getByTestId('notice'), NOURA);
    await become(page, NOURA);
    await page.getByTestId('mail').filter({ hasText: 'رد: كتاب رقم 7' }).click();
    await page.getByText('وصلنا كتابكم').first().waitFor();
    const [out] = await control('/sandbox/outside');
    const found = await fetch(`${address}/v1.0/users/${NOURA}/messages?$filter=subject eq 'رد: كتاب رقم 7'&$select=internetMessageHeaders`, { headers: { authorization: `Bearer ${token}` } });
    const headers = (await found.json()).value[0].internetMessageHeaders;
    assert.equal(headers.find((one) => one.name === 'In-Reply-To').value, out.internet_message_id);
  },

  async a_mailbox_that_is_nobodys_has_no_teams_and_no_drive_and_says_so({ page }) {
    await become(page, REGISTRY);
    await shows(page.getByTestId('chat-state'), 'لا Teams له');
    assert.equal(await page.getByTestId('to-drive').count(), 0);
    assert.equal(await page.getByTestId('chat-text').isVisible(), false);
  },

  async a_broken_product_is_named_as_its_developers_turn({ page }) {
    await page.getByTestId('record-row').first().waitFor();
    await control('/sandbox/host/broken', { broken: true });
    await shows(page.getByTestId('records-state'), 'الأمر إلى مطوّريه');
    await control('/sandbox/host/broken', { broken: false });
    await page.getByTestId('records-state').waitFor({ state: 'hidden' });
  },

  async a_product_that_is_down_is_waited_for({ open }) {
    const page = await open(WIDE, '', deadAddress);
    await shows(page.getByTestId('records-state'), 'تراسل متوقف');
    await page.getByTestId('mail').first().waitFor();
    await picture(page, 'product-down');
  },

  async every_control_has_a_name_and_every_id_is_used_once({ page }) {
    await become(page, HUDA);
    await page.getByTestId('card').first().waitFor();
    await page.getByTestId('mail').first().click();
    await page.getByTestId('mail-annex').first().waitFor();
    const faults = await page.evaluate(() => {
      const named = (one) => (one.getAttribute('aria-label') || one.textContent || one.labels?.[0]?.textContent || one.placeholder || '').trim() !== '' || one.hasAttribute('aria-labelledby');
      const nameless = [...document.querySelectorAll('button, input, select, textarea, iframe')].filter((one) => !named(one) && !one.title).map((one) => one.outerHTML.slice(0, 120));
      const ids = [...document.querySelectorAll('[id]')].filter((one) => !one.closest('.card')).map((one) => one.id);
      return [...nameless, ...ids.filter((id, at) => ids.indexOf(id) !== at)];
    });
    assert.deepEqual(faults, []);
    assert.equal(await page.locator('h1').count(), 1);
  },
};

const { browser, end } = await start();
const context = await browser.newContext({ viewport: WIDE });
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  const began = Date.now();
  const [requests, errors] = [[], []];
  const open = async (viewport, hash = '', base = address) => {
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
    page.on('requestfinished', (request) => requests.push(request.url()));
    page.on('requestfailed', (request) => { if (request.failure().errorText !== 'csp') requests.push(request.url()); });
    await page.setViewportSize(viewport);
    await page.goto(`${base}/${hash}`);
    await ready(page);
    return page;
  };
  let error = null;
  let page = null;
  try {
    page = scenario.toString().includes('{ open }') ? null : await open(WIDE);
    await scenario({ page, open, requests });
    assert.deepEqual(errors, []);
  } catch (failure) {
    error = failure.stack ?? String(failure);
    if (page) await picture(page, `failed-${name}`).catch(() => {});
  }
  console.log(JSON.stringify({ name, error, ms: Date.now() - began }));
  for (const left of context.pages()) await left.close();
}
await end();
