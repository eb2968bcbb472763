// Opens hostile letters, as the API shows them, in Chromium; prints what each asked for, said or ran beyond itself.
//
// node letters.mjs <address of a folder served under the API's headers> <how many>

import { start } from './browser.mjs';

const [address, count] = process.argv.slice(2);
const { browser, end } = await start();
const found = [];
try {
  for (let n = 0; n < Number(count); n += 1) {
    const page = await browser.newPage();
    const asked = [];
    page.on('request', (request) => { if (!request.url().startsWith('data:')) asked.push(request.url()); });
    page.on('dialog', (dialog) => { asked.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
    page.on('popup', () => asked.push('popup'));
    await page.goto(`${address}/${n}`);
    found.push({ n, asked, title: await page.title(), address: page.url() });
    await page.close();
  }
} finally {
  await end();
}
process.stdout.write(JSON.stringify(found));
