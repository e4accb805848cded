import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { patience } from './patience.ts';

/** Path of Chromium on Debian and Ubuntu; undefined if it is not installed. */
export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);

/** Its pages wait as long as other conditions of tests do. */
export async function launchBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
  browser.on('context', (context) => context.setDefaultTimeout(patience.timeout));
  return browser;
}

/** axe's findings in a part of the page, of serious or critical impact. */
export async function seriousFindings(page: Page, selector: string): Promise<unknown> {
  await page.evaluate(axe.source);
  return page.evaluate(`axe.run(${JSON.stringify(selector)}).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html.slice(0, 200) + ' ' + node.failureSummary)))`);
}
