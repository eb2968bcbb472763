// Draws every golden card with Microsoft's renderer in Chromium, and puts them on a sheet for each language:
// docs/cards-ar.png and docs/cards-en.png. Some stand there a second time, as on a phone.
//
// It fails where the renderer does not take a card, where one is wider than a desktop's or a phone's frame, where a
// button's words are cut off, or where a card does not run in the direction of its language.
//
//   node scripts/draw_cards.mjs [folder for the pictures]
//
// Needs `npm ci` and Chromium (CHROMIUM names it where it is not on the PATH).

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const golden = join(root, 'tests/bot/golden');
const target = process.argv[2] ?? join(root, 'docs');
const WIDTHS = { desktop: 470, phone: 320 };

const ink = { default: '#242424', subtle: '#616161' };
const foregroundColors = {
  default: ink,
  dark: ink,
  light: { default: '#ffffff', subtle: '#e0e0e0' },
  accent: { default: '#4f52b2', subtle: '#6b6fd0' },
  good: { default: '#0b6a0b', subtle: '#2b8a2b' },
  warning: { default: '#8a3707', subtle: '#a5500f' },
  attention: { default: '#b10e1c', subtle: '#c4314b' },
};
const style = (backgroundColor) => ({ backgroundColor, foregroundColors });
const LOOK = {
  fontFamily: 'inherit',
  supportsInteractivity: true,
  fontSizes: { small: 12, default: 14, medium: 15, large: 18, extraLarge: 22 },
  fontWeights: { lighter: 300, default: 400, bolder: 600 },
  spacing: { small: 4, default: 8, medium: 12, large: 20, extraLarge: 28, padding: 14 },
  separator: { lineThickness: 1, lineColor: '#e0e0e0' },
  containerStyles: {
    default: style('#ffffff'),
    emphasis: style('#f4f4f4'),
    accent: style('#ebecf9'),
    good: style('#eaf6ea'),
    attention: style('#fceef0'),
    warning: style('#fff4e9'),
  },
  actions: {
    maxActions: 6, buttonSpacing: 8, spacing: 'default', actionsOrientation: 'horizontal', actionAlignment: 'left',
    showCard: { actionMode: 'inline' },
  },
  factSet: {
    title: { weight: 'bolder', wrap: true, maxWidth: 120, isSubtle: true },
    value: { wrap: true },
    spacing: 10,
  },
  inputs: {
    label: { inputSpacing: 'small', requiredInputs: { suffix: ' *', suffixColor: 'attention', weight: 'bolder' }, optionalInputs: { weight: 'bolder' } },
    errorMessage: { spacing: 4, color: 'attention', size: 'small' },
  },
};
const CSS = `
  * { box-sizing: border-box } body { margin: 0; padding: 24px; background: #e9e9ef; font: 14px "Segoe UI", "Noto Sans", "Noto Sans Arabic", "Noto Kufi Arabic", sans-serif; width: 1700px }
  #sheet { column-width: 490px; column-gap: 24px } figure { margin: 0 0 24px; break-inside: avoid } figcaption { font: 12px monospace; color: #666; margin-bottom: 4px; direction: ltr; text-align: left }
  .frame { background: #fff; border: 1px solid #d8d8e0; border-radius: 8px; overflow: hidden }
  .ac-pushButton { font: inherit; font-weight: 600; padding: 5px 14px; min-height: 32px; border: 1px solid #d1d1d1; border-radius: 4px; background: #fff; color: #242424 }
  .ac-pushButton.style-positive { background: #5b5fc7; border-color: #5b5fc7; color: #fff } .ac-pushButton.style-destructive, .ac-pushButton.style-destructive:hover { color: #b10e1c; background: #fff; border-color: #d1d1d1 }
  .ac-input { font: inherit; width: 100%; border: 1px solid #d1d1d1; border-bottom-color: #8a8a8a; border-radius: 4px; padding: 6px 8px; background: #fff; color: #242424 } textarea.ac-input { min-height: 64px }
  label.ac-input-label, .ac-input-container p { margin: 0 } .ac-textRun, .ac-textBlock { overflow-wrap: anywhere } p { margin: 0 }
`;

const fileOf = (path) => readFileSync(join(root, 'node_modules', path), 'utf8');
const files = readdirSync(golden).sort();
const profile = mkdtempSync(join(tmpdir(), 'cards-'));
const executablePath = process.env.CHROMIUM ?? execFileSync('sh', ['-c', 'command -v chromium || command -v google-chrome']).toString().trim();
const context = await chromium.launchPersistentContext(profile, {
  executablePath, headless: true, deviceScaleFactor: 1, viewport: { width: 1760, height: 1200 },
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
});
try {
  mkdirSync(target, { recursive: true });
  for (const lang of ['ar', 'en']) {
    const page = await context.newPage();
    page.on('pageerror', (error) => { throw error; });
    await page.setContent(`<!doctype html><html><head><meta charset="utf-8"><style>${fileOf('adaptivecards/dist/adaptivecards.css')}${CSS}</style></head><body><div id="sheet"></div></body></html>`);
    await page.addScriptTag({ content: fileOf('markdown-it/dist/browser/markdown-it.umd.min.js') });
    await page.addScriptTag({ content: fileOf('adaptivecards/dist/adaptivecards.min.js') });
    const cards = files.filter((name) => name.endsWith(`.${lang}.json`)).map((name) => [name.replace(/\.json$/, ''), JSON.parse(readFileSync(join(golden, name), 'utf8'))]);
    const missing = await page.evaluate(({ cards, look, widths }) => {
      /* global AdaptiveCards, markdownit */
      AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
        result.outputHtml = markdownit().render(text);
        result.didProcess = true;
      };
      const failed = [];
      for (const [name, json] of cards) {
        for (const [kind, width] of Object.entries(widths)) {
          const card = new AdaptiveCards.AdaptiveCard();
          card.hostConfig = new AdaptiveCards.HostConfig(look);
          const context = new AdaptiveCards.SerializationContext();
          card.parse(json, context);
          const drawn = card.render();
          const said = Array.from({ length: context.eventCount }, (_, i) => context.getEventAt(i).message);
          const wrong = said.filter((message) => !message.includes('property "lang"')); // it takes "ar" every second time only
          if (!drawn || wrong.length) failed.push(`${name}: ${wrong.join('; ')}`);
          const figure = document.createElement('figure');
          figure.innerHTML = `<figcaption>${name} ${kind === 'phone' ? '(phone)' : ''}</figcaption><div class="frame" style="width:${width}px"></div>`;
          figure.lastChild.append(drawn);
          drawn.lang = json.lang;
          document.getElementById('sheet').append(figure);
          const frame = figure.lastChild;
          const direction = json.lang === 'ar' ? 'rtl' : 'ltr';
          if (frame.scrollWidth > frame.clientWidth) failed.push(`${name}: wider than a ${kind}`);
          for (const button of frame.querySelectorAll('button')) {
            if (button.scrollWidth > button.clientWidth) failed.push(`${name}: "${button.textContent}" is cut off on a ${kind}`);
          }
          for (const line of frame.querySelectorAll('.ac-textBlock, .ac-textRun, .ac-factset')) {
            if (getComputedStyle(line).direction !== direction) failed.push(`${name}: "${line.textContent}" does not run ${direction}`);
          }
          if (kind === 'phone' && !/^(step-approval|step-approve-result|form-|pending|record-open)/.test(name)) figure.remove();
        }
      }
      return failed;
    }, { cards, look: LOOK, widths: WIDTHS });
    if (missing.length) throw new Error(`could not be drawn:\n${missing.join('\n')}`);
    await page.screenshot({ path: join(target, `cards-${lang}.png`), fullPage: true });
    console.log(`${join(target, `cards-${lang}.png`)}: ${cards.length} cards`);
  }
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}
