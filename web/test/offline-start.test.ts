import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { addTask, hasBrowser, row, saved, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: starts of the web app offline, for want of Chromium in /usr/bin');

/** Content types of the scripts that the service worker has stored. */
const scriptTypes = (page: Page): Promise<string[]> =>
  page.evaluate(`(async () => {
    const types = new Set();
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys())
        if (request.url.endsWith('.js'))
          types.add((await cache.match(request, { ignoreVary: true })).headers.get('content-type'));
    }
    return [...types];
  })()`);

/** Stores the scripts as texts, as they are until the worker is active. */
const makeTexts = (page: Page): Promise<void> =>
  page.evaluate(`(async () => {
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        if (!request.url.endsWith('.js')) continue;
        const body = await (await cache.match(request, { ignoreVary: true })).blob();
        await cache.put(request, new Response(body, { headers: { 'content-type': 'text/plain' } }));
      }
    }
  })()`);

describe.skipIf(!hasBrowser)('a start of the web app without a network', () => {
  const web = useWebApp();

  test('shows the list, also if the browser ended the worker before it was active', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    await addTask(page, 'Buy milk');
    await row(page, 'Buy milk').waitFor();
    await saved(page);
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
    await expect.poll(() => scriptTypes(page)).toEqual(['text/javascript; charset=utf-8']);

    await context.setOffline(true);
    await page.reload();
    await row(page, 'Buy milk').waitFor();
    await makeTexts(page);
    expect(await scriptTypes(page)).toEqual(['text/plain']);
    await page.reload();
    await row(page, 'Buy milk').waitFor();
    await context.close();
  });
});
