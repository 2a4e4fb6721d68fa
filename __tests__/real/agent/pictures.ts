import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pixelmatch from 'pixelmatch';
import type { Browser, Page } from 'playwright-core';
import { PNG } from 'pngjs';

/**
 * The dashboard's pictures in docs/dashboard: drawn from what an agent once answered in each state, at the time of that
 * answer, so that they are the same in each run. `SCREENSHOTS=1` records the answers and the pictures anew.
 */

export const RECORDS = Boolean(process.env.SCREENSHOTS);
export type ColorScheme = 'light' | 'dark';

const root = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const answersOf = (name: string) => root(`__tests__/real/agent/dashboard-pages/${name}.json`);
const pictureOf = (name: string) => root(`docs/dashboard/${name}.png`);

/** What the agent answers the page. */
interface Answers {
  status: { at: number };
  history: unknown;
}

/** Of colour and brightness, 0 to 1: smoothing of letters differs less. */
const SAME_PIXEL = 0.2;
/** Machines differ in what `system-ui` is. */
const FONTS = "body { font-family: 'DejaVu Sans' !important } code { font-family: 'DejaVu Sans Mono' !important }";

export async function recordAnswers(name: string, base: string): Promise<void> {
  const [status, history] = await Promise.all(
    ['status', 'history'].map(async (route) => (await fetch(`${base}/${route}`)).json()),
  );
  await writeFile(answersOf(name), `${JSON.stringify({ status, history })}\n`);
}

/** Opens the page as it was when its answers were recorded. */
export async function openRecorded(browser: Browser, address: string, name: string, colorScheme: ColorScheme) {
  const { status, history }: Answers = JSON.parse(await readFile(answersOf(name), 'utf8'));
  const viewport = { width: 1280, height: 1100 };
  const page = await browser.newPage({ colorScheme, viewport, timezoneId: 'UTC', locale: 'en-US', bypassCSP: true });
  await page.clock.setFixedTime(status.at);
  await page.route(/\/(?:status|history)$/, (route) =>
    route.fulfill({ json: route.request().url().endsWith('status') ? status : history }),
  );
  await page.goto(address);
  await page.addStyleTag({ content: FONTS });
  await page.getByText(/^Live,/).waitFor();
  return page;
}

export async function keepPicture(page: Page, name: string): Promise<void> {
  await mkdir(root('docs/dashboard'), { recursive: true });
  await page.screenshot({ path: pictureOf(name), fullPage: true });
}

/**
 * Compares a page with its kept picture.
 * @returns the share of pixels that differ, 0 to 1; 1 when there is no picture, or one of another size.
 */
export async function differenceFromPicture(page: Page, name: string): Promise<number> {
  if (!existsSync(pictureOf(name))) return 1;
  const kept = PNG.sync.read(await readFile(pictureOf(name)));
  const seen = PNG.sync.read(await page.screenshot({ fullPage: true }));
  const { width, height } = kept;
  if (seen.width !== width || seen.height !== height) return 1;
  return pixelmatch(kept.data, seen.data, undefined, width, height, { threshold: SAME_PIXEL }) / (width * height);
}
