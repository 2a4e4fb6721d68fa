import type { Page } from 'playwright-core';

/** Runs in the page. Its type is not known here: these tests have no DOM library. */
const LOOK = `(() => {
  const coloursOf = (selector) => {
    const { color, backgroundColor } = getComputedStyle(document.querySelector(selector));
    return selector + ': ' + color + ' on ' + backgroundColor;
  };
  const { scrollWidth, clientWidth } = document.documentElement;
  return [
    scrollWidth > clientWidth ? 'wider than its window' : 'fits its window',
    ...['body', '#phase', '#phase strong', '#totals b', '#live'].map(coloursOf),
  ];
})()`;

/**
 * What a page shows, as text that is the same on every machine: the colours of its main parts, and its accessibility tree
 * with `#` for numbers and times, and without the data of its tables and lists of calls.
 */
export async function shapeOf(page: Page): Promise<string> {
  const look = await page.evaluate<string[]>(LOOK);
  const tree = await page.locator('body').ariaSnapshot();
  return `${[...look, '', ...withoutData(tree.split('\n'))].join('\n')}\n`;
}

function withoutData(lines: readonly string[]): string[] {
  const isHead = (line: string | undefined) => line?.includes('- columnheader') ?? false;
  const kept = lines
    .map((line, i) => (line.includes('- row ') && !isHead(lines[i + 1]) ? line.replace(/- row .*/, '- row') : line))
    .filter((line) => !/^\s*- (?:cell|code\b|text: (?:\d|·))/.test(line))
    .map((line) =>
      line.replace(/(?<!level=|button ")\d[\d.,:]*(?: (?:[AP]M|ms|s|min|h)\b)?/g, '#').replace(/#(?: #)+/g, '#'),
    );
  return kept.filter((line, i) => line !== kept[i - 1]);
}
