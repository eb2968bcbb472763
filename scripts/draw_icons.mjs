// Draws manifests/*.png, the two icons that Teams asks for, from the SVGs beside them.
// Needs Chromium on the PATH and `npm ci`:  node scripts/draw_icons.mjs

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const manifests = join(dirname(fileURLToPath(import.meta.url)), "..", "manifests");
const executablePath = execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
for (const [drawing, icon, side] of [["mark.svg", "color.png", 192], ["outline.svg", "outline.png", 32]]) {
  const page = await browser.newPage({ viewport: { width: side, height: side } });
  const svg = readFileSync(join(manifests, drawing), "utf8");
  await page.setContent(`<style>body { margin: 0 } svg { display: block; width: ${side}px; height: ${side}px }</style>${svg}`);
  await page.screenshot({ path: join(manifests, icon), omitBackground: true });
}
await browser.close();
