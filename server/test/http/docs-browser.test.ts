import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mintToken, startApp, type TestApp } from '../support/app.ts';
import { chromiumPath, launchBrowser, seriousFindings } from '../support/browser.ts';
import { isLong } from '../support/long-tests.ts';

if (chromiumPath === undefined)
  console.warn('skipped: the API page in a browser, for want of Chromium in /usr/bin');

const password = 'long and uncommon 77';
const register = { email: 'ada@example.com', password, first_name: 'Ada', last_name: 'Lovelace' };

describe.skipIf(chromiumPath === undefined)('the API page in a browser', () => {
  let app: TestApp;
  let browser: Browser;
  const asked: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    app = await startApp();
    const { status } = await app.request('POST', '/api/v1/auth/register', { body: register });
    expect(status).toBe(201);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  /** Opens a tab with its own session storage. */
  async function open(hash = '', options: BrowserContextOptions = {}): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    page.on('request', (request) => asked.push(request.url()));
    // The browser reports error responses too, which some tests cause.
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load')) {
        complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${app.url}/docs${hash}`);
    await page.getByText('/api/v1/users/{user_id}/tasks', { exact: true }).first().waitFor();
    await page.locator('#start').waitFor();
    return page;
  }
  const start = (page: Page) => page.locator('#start');
  const tasks = (page: Page) => page.locator('#operations-Tasks-listTasks');

  async function logIn(page: Page, keys: { email: string; password: string } = register): Promise<void> {
    await start(page).getByLabel('Existing account').check();
    await start(page).getByLabel('Email').fill(keys.email);
    await start(page).getByLabel('Password').fill(keys.password);
    await page.locator('#start-submit').click();
  }

  /** The status that Swagger UI shows after "Execute". */
  async function execute(page: Page): Promise<string | null> {
    await tasks(page).getByRole('button', { name: 'Execute' }).click();
    const status = tasks(page).locator('.live-responses-table tbody .response-col_status').first();
    await status.waitFor();
    return status.textContent();
  }

  test('shows every operation of openapi.json', async () => {
    const page = await open();
    const { body } = await app.request('GET', '/openapi.json');
    const operations = Object.values<object>(body.paths).flatMap((path) => Object.keys(path));
    expect(await page.locator('.opblock').count()).toBe(operations.length);
    await page.close();
  });

  test.runIf(isLong)(
    'opens the operation that its address names, and puts an opened one into its address',
    async () => {
      // A link to the page may have a query.
      const page = await open('?utm_source=x#/Tasks/createTask');
      const create = page.locator('#operations-Tasks-createTask .opblock-body');
      await create.waitFor();
      await page.reload();
      await create.waitFor();
      await tasks(page).locator('.opblock-summary-control').click();
      await page.waitForURL(/#\/Tasks\/listTasks$/);
      await page.goto(`${app.url}/docs#/Health/getHealth`);
      await page.locator('#operations-Health-getHealth .opblock-body').waitFor();
      // A fragment that names nothing must not cause an error.
      await page.goto(`${app.url}/docs#/%`);
      await page.close();
    },
  );

  test('registers an account, and requests then need no further typing, after a reload either', async () => {
    const page = await open('#/Tasks/listTasks');
    await start(page).getByLabel('Email').fill('grace@example.com');
    await start(page).getByLabel('Password').fill(password);
    await start(page).getByLabel('First name').fill('Grace');
    await start(page).getByLabel('Last name').fill('Hopper');
    await start(page).getByRole('button', { name: 'Register' }).click();
    await start(page).getByLabel('Access token').waitFor();
    expect(await start(page).getByRole('status').textContent()).toContain('Signed in');
    const token = await start(page).getByLabel('Access token').inputValue();
    const userId = await page.locator('#start-user').textContent();
    expect(await tasks(page).locator('[data-param-name=user_id] input').inputValue()).toBe(userId);
    expect(await execute(page)).toBe('200');

    await page.reload();
    await tasks(page).locator('.opblock-body').waitFor();
    await start(page).getByLabel('Access token').waitFor();
    expect(await start(page).getByLabel('Access token').inputValue()).toBe(token);
    expect(await execute(page)).toBe('200');
    expect(await page.evaluate('[Object.keys(localStorage), document.cookie]')).toEqual([[], '']);
    await page.close();
  });

  test.runIf(isLong)('says what the server says of a registration or log-in that is refused', async () => {
    const page = await open();
    await start(page).getByRole('button', { name: 'Register' }).click();
    const alert = start(page).getByRole('alert');
    await alert.filter({ hasText: 'email' }).waitFor();
    await logIn(page, { email: register.email, password: 'not the password' });
    const { body } = await app.request('POST', '/api/v1/auth/login', {
      body: { email: register.email, password: 'not the password' },
    });
    await alert.filter({ hasText: body.detail }).waitFor();
    await page.close();
  });

  test.runIf(isLong)(
    'logs out: the server ends the session, the page forgets token and user id',
    async () => {
      const page = await open('#/Tasks/listTasks');
      await logIn(page);
      await start(page).getByLabel('Access token').waitFor();
      const token = await start(page).getByLabel('Access token').inputValue();
      await start(page).getByRole('button', { name: 'Log out and forget token' }).click();
      await start(page).getByRole('status').filter({ hasText: 'Logged out' }).waitFor();
      expect(await page.evaluate('sessionStorage.length')).toBe(0);
      expect(await tasks(page).locator('[data-param-name=user_id] input').inputValue()).toBe('');
      await expect
        .poll(async () => (await app.request('GET', '/api/v1/auth/sessions', { token })).status)
        .not.toBe(200);
      await page.close();
    },
  );

  test('takes over a token that was pasted into the Authorize dialog', async () => {
    const { id, token } = await app.newUser();
    const page = await open('#/Tasks/listTasks');
    await page.locator('.scheme-container .authorize').click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('input').fill(token);
    await dialog.getByRole('button', { name: 'Authorize' }).click();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.locator('#start-user').textContent()).toBe(id);
    expect(await execute(page)).toBe('200');
    await page.close();
  });

  test.runIf(isLong)('leaves the user id of the operations of administrators empty', async () => {
    const page = await open('#/Administration/adminBanUser');
    await logIn(page);
    await start(page).getByLabel('Access token').waitFor();
    const ban = page.locator('#operations-Administration-adminBanUser');
    expect(await ban.locator('[data-param-name=user_id] input').inputValue()).toBe('');
    await page.close();
  });

  test.runIf(isLong)(
    'forgets a token that the server refuses, at a reload and at a request, and stays usable',
    async () => {
      const page = await open('#/Tasks/listTasks');
      const refused = start(page).getByRole('alert').filter({ hasText: 'refused the token' });
      const expired = await mintToken({ sub: 'ada', exp: Math.floor(Date.now() / 1000) - 3600 });
      for (const token of [expired, 'no token at all']) {
        await page.evaluate(`sessionStorage.setItem('duly.token', ${JSON.stringify(token)})`);
        await page.reload();
        await refused.waitFor();
        expect(await page.evaluate('sessionStorage.length')).toBe(0);
      }
      await logIn(page);
      const shown = start(page).getByLabel('Access token');
      await shown.waitFor();
      const token = await shown.inputValue();
      const { status } = await app.request('POST', '/api/v1/auth/logout', { token });
      expect(status).toBe(200);
      expect(await execute(page)).toBe('401');
      await refused.waitFor();
      await logIn(page);
      await shown.waitFor();
      expect(await refused.count()).toBe(0);
      await page.close();
    },
  );

  const screens = (
    [
      [390, 'dark'],
      [1280, 'light'],
      [1280, 'dark'],
      [390, 'light'],
    ] as const
  ).slice(0, isLong ? 4 : 1);
  test.each(screens)(
    'at %d px in %s: no sideways scrolling and nothing serious that axe can find',
    async (width, colorScheme) => {
      const page = await open('', {
        viewport: { width, height: 844 },
        isMobile: width === 390,
        colorScheme,
      });
      const check = async (state: string, selector: string) => {
        expect(await seriousFindings(page, selector), state).toEqual([]);
        const isWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
        expect(isWide, state).toBe(false);
      };
      expect(await page.evaluate('innerWidth')).toBe(width);
      const background = await page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
      expect(background === 'rgb(28, 32, 34)').toBe(colorScheme === 'dark');
      await page.locator('#start-submit').click();
      await page.locator('#start-error').filter({ hasText: /./ }).waitFor();
      await check('a refused registration', '#start');
      await logIn(page);
      await start(page).getByLabel('Access token').waitFor();
      for (const id of ['listTasks', 'updateTask']) {
        await page.locator(`#operations-Tasks-${id} .opblock-summary-control`).click();
        await page.locator(`#operations-Tasks-${id} .responses-inner`).waitFor();
      }
      expect(await execute(page)).toBe('200');
      await check('two operations open, one executed', 'html');
      await page.locator('.scheme-container .authorize').click();
      await check('the Authorize dialog with a token', '.dialog-ux');
      await page.getByRole('dialog').getByRole('button', { name: 'Logout' }).click();
      await check('the Authorize dialog without one', '.dialog-ux');
      await page.close();
    },
  );

  test('asks nothing of another host, and nothing is refused by its own content security policy', () => {
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.filter((url) => !url.startsWith(app.url) && !/^(data|blob):/.test(url))).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
