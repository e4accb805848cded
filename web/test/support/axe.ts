import axe from 'axe-core';
import type { Page } from 'playwright-core';

const rules = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']";

/** What axe finds of WCAG 2.2, levels A and AA, once nothing moves: colours that fade in have another contrast. */
export async function findings(page: Page): Promise<unknown> {
  await page.waitForFunction('document.getAnimations().every(({ playState }) => playState !== "running")');
  await page.evaluate(axe.source);
  return page.evaluate(`axe.run({ runOnly: ${rules} })
    .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(
      (node) => id + ': ' + node.html.slice(0, 160) + ' ' + node.failureSummary)))`);
}
