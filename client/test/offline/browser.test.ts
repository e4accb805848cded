import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, launchBrowser } from '../../../server/test/support/browser.ts';
import { newClient } from '../../../server/test/support/tasks.ts';
import { useApp } from '../support/duly.ts';
import { inClient } from '../support/generate.ts';

const app = useApp();
if (chromiumPath === undefined)
  console.warn('skipped: offline in a browser, for want of Chromium in /usr/bin');

/** In the page: opens the client as `offline`, and counts its requests. */
const script = (token: string) => `
  import { createDuly } from '${fileURLToPath(inClient('src/index.ts'))}';
  import { indexedDbStore, openOffline } from '${fileURLToPath(inClient('src/offline/index.ts'))}';
  window.requests = 0;
  const count = (...request) => { window.requests += 1; return fetch(...request); };
  const duly = createDuly({ url: location.origin, token: ${JSON.stringify(token)}, fetch: count });
  window.offline = await openOffline({ duly, store: indexedDbStore('duly-ada') });
  window.titles = () => offline.tasks.all().map(({ title }) => title).join();
  offline.start();
`;

async function bundle(token: string): Promise<string> {
  const input = await rolldown({
    input: 'page',
    platform: 'browser',
    plugins: [
      {
        name: 'page',
        resolveId: (id) => (id === 'page' ? id : null),
        load: (id) => (id === 'page' ? script(token) : null),
      },
    ],
  });
  const { output } = await input.generate({ format: 'esm' });
  await input.close();
  return output[0].code;
}

describe.skipIf(chromiumPath === undefined)('in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  /** Tabs of one profile, at the origin of the server. */
  async function openTab(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`${app().url}/page`);
    await page.waitForFunction('window.offline !== undefined');
    return page;
  }

  const shows = (page: Page, titles: string) => page.waitForFunction(`titles() === '${titles}'`);

  test('one tab of several syncs, another one goes on, and a reload has everything', async () => {
    const { user, create, list } = await newClient(app());
    const code = await bundle(user.token);
    const context = await browser.newContext();
    await context.route('**/page', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<script type="module" src="/page.js"></script>' }),
    );
    await context.route('**/page.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: code }),
    );
    const first = await openTab(context);
    await first.waitForFunction('offline.profiles.all().length === 1');
    const second = await openTab(context);
    await second.evaluate(`offline.tasks.create({ title: 'second' })`);
    await second.waitForFunction('offline.pending() === 0');
    await create({ title: 'elsewhere' });
    for (const page of [first, second]) await shows(page, 'second,elsewhere');
    expect(await second.evaluate('requests')).toBe(0);

    await first.close();
    await context.setOffline(true);
    await second.evaluate(`offline.tasks.create({ title: 'offline' })`);
    await shows(second, 'second,elsewhere,offline');
    await context.setOffline(false);
    await second.reload();
    await second.waitForFunction('window.offline?.pending() === 0');
    expect((await list()).map(({ title }) => title).sort()).toEqual(['elsewhere', 'offline', 'second']);

    await second.evaluate('offline.signOut()');
    const left = await second.evaluate(`new Promise((resolve) => {
      const request = indexedDB.open('duly-ada');
      request.onsuccess = () => {
        const count = request.result.transaction('entries').objectStore('entries').count();
        count.onsuccess = () => resolve(count.result);
      };
    })`);
    expect(left).toBe(0);
    await context.close();
  });
});
