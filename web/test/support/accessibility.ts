import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { patience } from '../../../server/test/support/patience.ts';

const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** Rules of axe whose result depends on the theme. */
const rulesOfColour = ['color-contrast', 'link-in-text-block'];

/** What axe finds in the page as it is now, by default of WCAG 2.2, levels A and AA. */
export async function findings(page: Page, part = 'html', runOnly = levels): Promise<unknown> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source);
  return page.evaluate(`axe.run(${JSON.stringify(part)}, { runOnly: ${JSON.stringify(runOnly)} })
    .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(
      (node) => id + ': ' + node.html.slice(0, 160) + ' ' + node.failureSummary)))`);
}

/** Until nothing moves: colours that fade in have another contrast. The page's policy forbids `waitForFunction`. */
export const settled = (page: Page) =>
  expect
    .poll(
      () => page.evaluate('document.getAnimations().some(({ playState }) => playState === "running")'),
      patience,
    )
    .toBe(false);

const isDark = (page: Page) => page.evaluate('matchMedia("(prefers-color-scheme: dark)").matches');

/**
 * Expects that axe finds nothing of WCAG 2.2, levels A and AA, in the page as it is now, in the theme that it has and
 * in the other one, with which it ends.
 * @param part selector of what is looked at; by default the page
 */
export async function expectAccessible(page: Page, what: string, part = 'html'): Promise<void> {
  await settled(page);
  expect(await findings(page, part), what).toEqual([]);
  const colorScheme = (await isDark(page)) ? 'light' : 'dark';
  await page.emulateMedia({ colorScheme });
  await settled(page);
  expect(await findings(page, part, rulesOfColour), `${what}, ${colorScheme}`).toEqual([]);
}
