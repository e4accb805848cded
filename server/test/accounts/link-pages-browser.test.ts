import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { linkPages } from '../../src/accounts/link-urls.ts';
import { createPasswordLink } from '../../src/admin/accounts.ts';
import { createInvitation } from '../../src/admin/invitations.ts';
import { newPassword, password, registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { chromiumPath, launchBrowser, seriousFindings } from '../support/browser.ts';
import { urlOf } from '../support/database.ts';
import { type MailServer, startMailServer } from '../support/mail.ts';
import { patience } from '../support/patience.ts';
import { startProcess } from '../support/process.ts';

if (chromiumPath === undefined)
  console.warn('skipped: the pages of links in a browser, for want of Chromium in /usr/bin');

const nobody = { actor: null, requestId: null, address: null };

let mail: MailServer;
let app: TestApp;
beforeAll(async () => {
  mail = await startMailServer();
  app = await startApp({ ...mail.settings, REGISTRATION: 'open' });
});
afterAll(async () => {
  await app.close();
  await mail.close();
});

const newEmail = () => `${randomUUID()}@example.com`;

test('the pages name what they load, are kept by nobody, and give no address away', async () => {
  for (const path of Object.values(linkPages)) {
    const { status, headers, text } = await app.request('GET', path);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    const policy = headers.get('content-security-policy') ?? '';
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ])
      expect(policy).toContain(part);
    expect(text).not.toMatch(/ style=|<style|<script>| on\w+=/);
    for (const [, part = ''] of text.matchAll(/(?:href|src)="([^"]+)"/g))
      expect((await app.request('GET', part)).status).toBe(200);
    expect((await app.request('POST', path, { body: {} })).status).toBe(405);
  }
});

test('mailed links lead to the page of this server where no front end is named', async () => {
  const account = await registerAccount(app);
  await app.request('POST', '/api/v1/auth/password-reset', { body: { email: account.email } });
  const { body } = await mail.next(account.email, 'Set a new password');
  const { baseUrl } = app.ctx.config.auth;
  expect(body).toMatch(new RegExp(`\\s${baseUrl}${linkPages.password}#token=[\\w-]{32}&email=\\S+\\s`));
});

describe.skipIf(chromiumPath === undefined)('in a browser', () => {
  let browser: Browser;
  const complaints: string[] = [];
  const asked: string[] = [];
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  /** Opens the page of a link. The server's base URL has the port that it was assigned. */
  async function open(link: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    const page = await browser.newPage(options);
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load'))
        complaints.push(message.text());
    });
    const { pathname, hash } = new URL(link);
    await page.goto(app.url + pathname + hash);
    return page;
  }

  test('a link from the command line sets a new password; then it is dead, and old sessions are over', async () => {
    const account = await registerAccount(app);
    const env = { DATABASE_URL: urlOf(app.database.connection), BETTER_AUTH_URL: app.url };
    const { stdout } = await startProcess(['admin', 'reset-password', account.email], env).ended;
    const link = stdout.trim().split('\n').at(-1) ?? '';
    const page = await open(link);
    expect(await page.getByLabel('Account').inputValue()).toBe(account.email);
    const field = page.getByLabel('New password');
    expect(await field.getAttribute('autocomplete')).toBe('new-password');
    await field.fill('password123');
    await page.getByLabel('Show password').check();
    expect(await field.getAttribute('type')).toBe('text');
    await page.getByRole('button').click();
    await page
      .getByRole('alert')
      .filter({ hasText: 'New password: must be a less common password' })
      .waitFor();
    expect(await account.statusOf(account.token)).toBe(200);
    await field.fill(newPassword);
    await field.press('Enter');
    await page.getByRole('status').filter({ hasText: 'Your password is set' }).waitFor();
    expect(new URL(page.url()).hash).toBe('');
    expect(await field.isVisible()).toBe(false);
    expect((await account.login(newPassword)).status).toBe(200);
    expect((await account.login(password)).status).toBe(401);
    await vi.waitFor(async () => expect(await account.statusOf(account.token)).toBe(401), patience);
    await page.close();

    const again = await open(link);
    await again.getByLabel('New password').fill(newPassword);
    await again.getByRole('button').click();
    await again.getByRole('alert').filter({ hasText: 'The link is no longer valid' }).waitFor();
    await again.close();
  });

  test('an invitation makes an account', async () => {
    const email = newEmail();
    const { config, db, mailer } = app.ctx;
    const { url } = await createInvitation(config, db, mailer, nobody, email);
    const page = await open(url);
    expect(await page.getByLabel('Email').inputValue()).toBe(email);
    await page.getByLabel('First name').fill('Grace');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button').click();
    await page.getByRole('status').filter({ hasText: 'Your account is made' }).waitFor();
    const login = await app.request('POST', '/api/v1/auth/login', { body: { email, password } });
    expect(login.body.user).toMatchObject({ first_name: 'Grace', last_name: '' });
    await page.close();
  });

  test('a link without its token says so, and the token goes to no log', async () => {
    const page = await open(`${app.url}${linkPages.password}`);
    await page.getByRole('alert').filter({ hasText: 'not complete' }).waitFor();
    expect(await page.getByRole('button').isDisabled()).toBe(true);
    await page.close();
    expect(asked.filter((url) => !url.startsWith(app.url))).toEqual([]);
    for (const url of asked) expect(new URL(url).search).toBe('');
  });

  test.each(Object.entries(linkPages))(
    '%s: fits phones and screens, light and dark, for everybody',
    async (_, path) => {
      const account = await registerAccount(app);
      const { url } = await createPasswordLink(app.ctx.config, app.ctx.db, account.id, nobody);
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const width of [390, 1280]) {
          const page = await open(`${app.url}${path}${new URL(url).hash}`, {
            colorScheme,
            viewport: { width, height: 800 },
          });
          await page.locator('#password').fill('short');
          await page.getByRole('alert').evaluate('(alert) => { alert.textContent = "An error, in red"; }');
          expect(await seriousFindings(page, 'body')).toEqual([]);
          expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
          await page.close();
        }
      }
    },
  );

  test('nothing was complained of', () => {
    expect(complaints).toEqual([]);
  });
});
