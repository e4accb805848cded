import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from './support/app.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
if (executablePath === undefined)
  console.warn('skipped: the API page in a browser, for want of Chromium in /usr/bin');

describe.skipIf(executablePath === undefined)('the API page in a browser', () => {
  let app: TestApp;
  let browser: Browser;
  let page: Page;
  const asked: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    app = await startApp();
    browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
      ],
    });
    page = await browser.newPage();
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${app.url}/docs`);
    await page.getByText('/api/v1/users/{user_id}/tasks', { exact: true }).first().waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  test('shows every operation of openapi.json', async () => {
    const { body } = await app.request('GET', '/openapi.json');
    const operations = Object.values<object>(body.paths).flatMap((path) => Object.keys(path));
    expect(await page.locator('.opblock').count()).toBe(operations.length);
  });

  test('asks nothing of another host, and nothing is refused by its own content security policy', async () => {
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.filter((url) => !url.startsWith(app.url) && !url.startsWith('data:'))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('tries an operation out', async () => {
    await page.locator('#operations-Health-getHealth .opblock-summary').click();
    await page.locator('#operations-Health-getHealth').getByRole('button', { name: 'Execute' }).click();
    const body = page
      .locator('#operations-Health-getHealth .live-responses-table .response-col_description pre')
      .first();
    await body.waitFor();
    expect(await body.textContent()).toContain('duly');
  });

  test.each(['Tasks-listTasks', 'Tasks-updateTask'])(
    'has no serious fault that axe can find, with %s open',
    async (operation) => {
      await page.locator(`#operations-${operation} .opblock-summary`).click();
      await page.locator(`#operations-${operation} .responses-inner`).waitFor();
      await page.evaluate(axe.source);
      const faults: unknown = await page.evaluate(`axe.run().then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html.slice(0, 200) + ' ' + node.failureSummary)))`);
      expect(faults).toEqual([]);
    },
  );
});
