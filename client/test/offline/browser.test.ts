import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, launchBrowser } from '../../../server/test/support/browser.ts';
import { newClient } from '../../../server/test/support/tasks.ts';
import { useApp } from '../support/duly.ts';
import { inClient } from '../support/generate.ts';

type Browser = Awaited<ReturnType<typeof launchBrowser>>;
type BrowserContext = Awaited<ReturnType<Browser['newContext']>>;
type Page = Awaited<ReturnType<BrowserContext['newPage']>>;

const app = useApp();
if (chromiumPath === undefined)
  console.warn('skipped: offline in a browser, for want of Chromium in /usr/bin');

async function bundle(fixture: string): Promise<string> {
  const input = fileURLToPath(inClient(`test/fixtures/${fixture}.mjs`));
  const define = { 'process.env.NODE_ENV': '"production"' };
  const made = await rolldown({ input, platform: 'browser', transform: { define } });
  const { output } = await made.generate({ format: 'esm' });
  await made.close();
  return output[0].code;
}

describe.skipIf(chromiumPath === undefined)('in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  /** A profile whose tabs show a fixture, at the origin of the server. */
  async function newContext(fixture: string, token: string): Promise<BrowserContext> {
    const code = await bundle(fixture);
    const context = await browser.newContext();
    await context.addInitScript(`globalThis.token = ${JSON.stringify(token)};`);
    const body = '<body></body><script type="module" src="/page.js"></script>';
    await context.route('**/page', (route) => route.fulfill({ contentType: 'text/html', body }));
    await context.route('**/page.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: code }),
    );
    return context;
  }

  async function openTab(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`${app().url}/page`);
    await page.waitForFunction('window.offline !== undefined');
    return page;
  }

  const shows = (page: Page, titles: string) => page.waitForFunction(`titles() === '${titles}'`);

  test('one tab of several syncs, another one goes on, and a reload has everything', async () => {
    const { user, create, list } = await newClient(app());
    const context = await newContext('offline-page', user.token);
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
    // By which other tabs see that they must store nothing any more.
    expect(left).toBe(1);
    await context.close();
  });

  test('a React component shows what changes, and is rendered for nothing else', async () => {
    const { user } = await newClient(app());
    const context = await newContext('react-page', user.token);
    const page = await openTab(context);
    const text = (wanted: string) => page.waitForFunction(`document.body.innerText.trim() === '${wanted}'`);
    await page.evaluate(`offline.tasks.create({ title: 'milk' })`);
    await text('milk');
    // A task that was not sent yet is made anew for each change.
    await page.evaluate('offline.sync()');
    const renders = await page.evaluate('renders()');
    await page.evaluate(`offline.tasks.create({ title: 'bread' })`);
    await page.evaluate(`offline.projects.create({ name: 'House' })`);
    expect(await page.evaluate('renders()')).toBe(renders);
    await page.evaluate(`setWord('bread')`);
    await text('bread');
    await page.evaluate(`offline.tasks.complete(offline.tasks.all()[1].id)`);
    await text('');
    await context.close();
  });
});
