// Chromium for the page's tests, and how they look at the page.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 360, height: 740 };
export const WAIT_MS = 15_000;

/** A browser with a profile of its own; `end` closes it and removes that. */
export async function start() {
  const profile = mkdtempSync(join(tmpdir(), 'page-'));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', `--crash-dumps-dir=${profile}`],
  });
  const end = async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { browser, end };
}

/** Once something that *locator* finds says *text*. */
export const shows = async (locator, text) => locator.filter({ hasText: text }).first().waitFor();

/** What *holds* gives, as soon as it is true. */
export async function until(what, holds, withinMs = WAIT_MS) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await holds();
    if (found) return found;
    assert.ok(Date.now() < deadline, `it never came to be that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const become = (page, upn) => page.getByTestId('me').selectOption(upn);
export const ready = (page) => page.locator('body[data-ready="true"]').waitFor({ state: 'attached' });
