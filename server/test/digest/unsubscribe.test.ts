import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unsubscribePath, unsubscribeToken, unsubscribeUrl } from '../../src/digest/unsubscribe.ts';
import { createBrowser, type RegisteredAccount, registerAccount } from '../support/accounts.ts';
import { secret, startApp, type TestApp } from '../support/app.ts';
import { chromiumPath, launchBrowser, seriousFindings } from '../support/browser.ts';

if (chromiumPath === undefined)
  console.warn('skipped: the page that ends the digest, for want of Chromium in /usr/bin');

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const oneClick = {
  body: 'List-Unsubscribe=One-Click',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
};
const pathOf = (token: string) => `${unsubscribePath}?${new URLSearchParams({ token })}`;
const tokenOf = (userId: string) => unsubscribeToken(userId, app.ctx.config.auth.secrets);
const unsubscribe = (token: string, options: object = oneClick, on = app) =>
  on.request('POST', pathOf(token), options);

async function newReader(): Promise<RegisteredAccount> {
  const account = await registerAccount(app);
  expect((await account.send(account.token, 'PATCH', '', { digest_hour: 7 })).status).toBe(200);
  return account;
}
const hourOf = async ({ send, token }: RegisteredAccount) =>
  (await send(token, 'GET', '')).body.data.digest_hour;

async function revisionOf({ id }: Pick<RegisteredAccount, 'id'>): Promise<number | undefined> {
  const { rows } = await sql<{ revision: number }>`
    select revision::int from duly.owners where user_id = ${id}`.execute(app.ctx.db);
  return rows[0]?.revision;
}

describe('the link of a mail', () => {
  test('ends the digest by the button of a mail program, once, with an entry of the audit log', async () => {
    const reader = await newReader();
    const before = (await revisionOf(reader)) ?? 0;
    const url = new URL(unsubscribeUrl(app.ctx.config.auth, reader.id));
    expect(url.origin).toBe(app.ctx.config.auth.baseUrl);
    const first = await app.request('POST', url.pathname + url.search, oneClick);
    expect([first.status, first.body]).toEqual([
      200,
      { data: null, message: 'Unsubscribed successfully', status_code: 200 },
    ]);
    expect(await hourOf(reader)).toBeNull();
    expect(await revisionOf(reader)).toBe(before + 1);
    const second = await unsubscribe(tokenOf(reader.id));
    expect([second.status, second.body]).toEqual([200, first.body]);
    expect(await revisionOf(reader)).toBe(before + 1);
    expect((await reader.auditedActions()).filter((entry) => entry.startsWith('digest'))).toEqual([
      'digest.unsubscribe success',
    ]);
    const { rows } = await sql<{ actor: string | null; digest_next_at: Date | null }>`
      select a.actor, p.digest_next_at from duly.audit as a join duly.profiles as p on p.user_id = ${reader.id}
      where a.user_id = ${reader.id} and a.action = 'digest.unsubscribe'`.execute(app.ctx.db);
    expect(rows).toEqual([{ actor: null, digest_next_at: null }]);
  });

  test.each([
    ['no body', {}],
    ['JSON', { body: {} }],
    [
      'a form of parts',
      {
        body: '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
      },
    ],
  ])('takes %s as well', async (_, options) => {
    const reader = await newReader();
    expect((await unsubscribe(tokenOf(reader.id), options)).status).toBe(200);
    expect(await hourOf(reader)).toBeNull();
  });

  test('changes nothing when it is opened, and the page is stored by nobody', async () => {
    const reader = await newReader();
    for (const method of ['GET', 'HEAD']) {
      const { status, headers } = await app.request(method, pathOf(tokenOf(reader.id)));
      expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      const policy = headers.get('content-security-policy');
      for (const part of ["default-src 'none'", "form-action 'none'", "frame-ancestors 'none'"])
        expect(policy).toContain(part);
    }
    expect(await hourOf(reader)).toBe(7);
  });

  test('gets through after a change of the secret, while the old one is named', async () => {
    const newer = 'another-secret-for-tests-of-more-than-32-chars';
    const rotated = await startApp({ BETTER_AUTH_SECRET: `${newer},${secret}` });
    try {
      const reader = await registerAccount(rotated);
      for (const [signedWith, status] of [
        [`${secret}!`, 400],
        [secret, 200],
        [newer, 200],
      ] as const) {
        await reader.send(reader.token, 'PATCH', '', { digest_hour: 7 });
        const reply = await unsubscribe(unsubscribeToken(reader.id, [signedWith]), oneClick, rotated);
        expect(reply.status).toBe(status);
        expect(await hourOf(reader)).toBe(status === 200 ? null : 7);
      }
    } finally {
      await rotated.close();
    }
  });
});

describe('the token', () => {
  test('that was changed, or is of another secret, is refused alike for every user', async () => {
    const reader = await newReader();
    const bytes = Buffer.from(tokenOf(reader.id), 'base64url');
    const changed = [0, 15, 31, 32, bytes.length - 1].map((index) => {
      const copy = Buffer.from(bytes);
      copy[index] = (copy[index] ?? 0) ^ 1;
      return copy.toString('base64url');
    });
    const foreign = [reader.id, randomUUID()].map((id) => unsubscribeToken(id, ['x'.repeat(40)]));
    const others = [bytes.subarray(0, 31).toString('base64url'), `${tokenOf(reader.id)}=`, 'x', '%00', 'ÿ'];
    const replies = await Promise.all([...changed, ...foreign, ...others].map((token) => unsubscribe(token)));
    for (const { status, body } of replies)
      expect([status, body.error_code, body.detail]).toEqual([
        400,
        'INVALID_TOKEN',
        'The link is no longer valid',
      ]);
    expect(await hourOf(reader)).toBe(7);
    expect((await app.request('POST', unsubscribePath)).status).toBe(422);
  });

  test('of a user who has nothing gets the same answer, and leaves nothing', async () => {
    const nobody = { id: `user_${randomUUID()}` };
    const reader = await newReader();
    const [known, unknown] = await Promise.all([reader, nobody].map(({ id }) => unsubscribe(tokenOf(id))));
    expect([unknown?.status, unknown?.text]).toEqual([known?.status, known?.text]);
    expect(await revisionOf(nobody)).toBeUndefined();
  });

  test('is accepted nowhere else', async () => {
    const reader = await newReader();
    const token = tokenOf(reader.id);
    for (const below of ['', '/tasks', '/changes', '/audit'])
      expect((await app.request('GET', reader.path + below, { token })).status).toBe(401);
    const asCursor = (name: string, list: string) =>
      reader.send(reader.token, 'GET', `${list}?${new URLSearchParams({ [name]: token })}`);
    expect((await asCursor('cursor', '/tasks')).status).toBe(422);
    expect((await asCursor('since', '/changes')).status).toBe(422);
    const reset = { token, new_password: 'plucky-heron-77' };
    expect((await app.request('POST', '/api/v1/auth/password-reset/confirm', { body: reset })).status).toBe(
      400,
    );
    expect((await app.request('GET', `/api/v1/auth/email-change?token=${token}`)).status).toBe(400);
    const headers = { cookie: `better-auth.session_token=${token}` };
    expect((await app.request('GET', '/api/auth/get-session', { headers })).body).toBeNull();
    expect((await createBrowser(app).send('GET', `/verify-email?token=${token}`)).status).toBe(401);
    expect(await hourOf(reader)).toBe(7);
  });

  test('is one of its user only: a bearer, or a cursor of the service, is none', async () => {
    const reader = await newReader();
    expect((await unsubscribe(reader.token)).status).toBe(400);
    const { cursor } = (await reader.send(reader.token, 'GET', '/changes')).body.data;
    expect((await unsubscribe(String(cursor))).status).toBe(400);
  });
});

test('forms are refused everywhere else', async () => {
  const account = await registerAccount(app);
  const { token } = account;
  const reply = await app.request('POST', `${account.path}/tasks`, { ...oneClick, token });
  expect(reply.status).toBe(415);
});

describe.skipIf(chromiumPath === undefined)('the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test('has a button that ends the digest, and says so', async () => {
    const reader = await newReader();
    const page = await browser.newPage();
    await page.goto(app.url + pathOf(tokenOf(reader.id)));
    await page.getByRole('button', { name: 'Unsubscribe' }).click();
    await page.getByRole('status').filter({ hasText: 'The daily mail is off' }).waitFor();
    expect(await page.getByRole('button').isVisible()).toBe(false);
    expect(await hourOf(reader)).toBeNull();
    await page.close();
  });

  test.each([
    ['light', 390],
    ['light', 1_280],
    ['dark', 390],
    ['dark', 1_280],
  ] as const)('says that a link is not valid, %s at %i px', async (colorScheme, width) => {
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
    await page.goto(`${app.url}${pathOf('x')}`);
    await page.getByRole('button').click();
    await page.getByRole('alert').filter({ hasText: 'The link is no longer valid' }).waitFor();
    expect(await seriousFindings(page, 'body')).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.close();
  });
});
