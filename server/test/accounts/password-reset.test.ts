import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  createBrowser,
  newPassword,
  origin,
  password,
  type RegisteredAccount,
  registerAccount,
} from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { type MailServer, startMailServer } from '../support/mail.ts';
import { patience } from '../support/patience.ts';

/** The time until a revoked token is refused, plus one poll. */
const resetPath = '/api/v1/auth/password-reset';

let mail: MailServer;
let app: TestApp;
beforeAll(async () => {
  mail = await startMailServer();
  app = await startApp({ ...mail.settings, PASSWORD_RESET_URL: 'https://app.example.com/new?lang=en' });
});
afterAll(async () => {
  await app.close();
  await mail.close();
});

const ask = (email: string) => app.request('POST', resetPath, { body: { email } });
const confirm = (token: string, word = newPassword) =>
  app.request('POST', `${resetPath}/confirm`, { body: { token, new_password: word } });
const tokenIn = (link: string) => new URL(link, 'http://x').searchParams.get('token') ?? '';

async function tokenFor(account: RegisteredAccount): Promise<string> {
  expect((await ask(account.email)).status).toBe(202);
  return tokenIn((await mail.next(account.email, 'Set a new password')).link);
}

const refused = { status: 400, body: { error_code: 'INVALID_TOKEN' } };

describe('asking for a link', () => {
  test('is answered alike for every address', async () => {
    const account = await registerAccount(app);
    const [known, unknown] = [await ask(account.email), await ask(`${randomUUID()}@example.com`)];
    expect([known.status, known.text]).toEqual([202, unknown.text]);
    expect([...known.headers.keys()]).toEqual([...unknown.headers.keys()]);
    const post = (email: string) =>
      app.request('POST', '/api/auth/request-password-reset', { body: { email }, headers: { origin } });
    const [first, second] = [await post(account.email), await post(`${randomUUID()}@example.com`)];
    expect([first.status, first.text]).toEqual([200, second.text]);
    expect((await ask('no address')).status).toBe(422);
    const odd = { email: 5 };
    const more = { body: odd, headers: { origin } };
    expect((await app.request('POST', '/api/auth/request-password-reset', more)).status).toBe(400);
  });

  test('sends one to the page of the front end, in any case of the address', async () => {
    const account = await registerAccount(app);
    await ask(account.email.toUpperCase());
    const { body } = await mail.next(account.email, 'Set a new password');
    expect(body).toMatch(/https:\/\/app\.example\.com\/new\?lang=en&token=[\w-]{32}\s/);
  });
});

describe('a link for a new password', () => {
  test('sets it and ends every session and token', async () => {
    const account = await registerAccount(app);
    const shared = await account.sharedSecretToken();
    expect(await account.statusOf(shared)).toBe(200);
    const token = await tokenFor(account);
    const weak = await confirm(token, 'password123');
    expect([weak.status, weak.body.errors[0].loc]).toEqual([422, ['body', 'new_password']]);
    const { status, body } = await confirm(token);
    expect([status, body.data]).toEqual([200, null]);
    for (const old of [account.token, shared])
      await vi.waitFor(async () => expect(await account.statusOf(old)).toBe(401), patience);
    expect((await account.login(password)).status).toBe(401);
    expect((await account.login(newPassword)).status).toBe(200);
    await mail.next(account.email, 'Your password was changed');
    expect(await account.auditedActions()).toEqual(
      expect.arrayContaining(['auth.request_password_reset success', 'auth.reset_password success']),
    );
    expect(await confirm(token)).toMatchObject(refused);
  });

  test('is good for one of 20 who use it at once', async () => {
    const account = await registerAccount(app);
    const token = await tokenFor(account);
    const words = Array.from({ length: 20 }, (_, index) => `quiet-heron-${index}`);
    const replies = await Promise.all(words.map((word) => confirm(token, word)));
    const won = replies.findIndex(({ status }) => status === 200);
    expect(replies.filter(({ status }) => status === 400)).toHaveLength(19);
    expect((await account.login(words[won] ?? '')).status).toBe(200);
  });

  test('is no longer good after an hour', async () => {
    const account = await registerAccount(app);
    const token = await tokenFor(account);
    await sql`
      update better_auth.verification set "expiresAt" = "expiresAt" - interval '1 hour'
      where identifier like 'reset.%' and value = ${account.id}`.execute(app.ctx.db);
    expect(await confirm(token)).toMatchObject(refused);
    expect((await account.login(password)).status).toBe(200);
  });

  test('is no longer good when there is a newer one, also of several that are asked for at once', async () => {
    const account = await registerAccount(app);
    const [first, second] = [await tokenFor(account), await tokenFor(account)];
    expect(await confirm(first)).toMatchObject(refused);
    expect((await confirm(second)).status).toBe(200);
    await Promise.all(Array.from({ length: 5 }, () => ask(account.email)));
    const tokens: string[] = [];
    while (tokens.length < 5)
      tokens.push(tokenIn((await mail.next(account.email, 'Set a new password')).link));
    const statuses: number[] = [];
    for (const token of tokens) statuses.push((await confirm(token)).status);
    expect(statuses.sort()).toEqual([200, 400, 400, 400, 400]);
  });
});

describe('the same through Better Auth', () => {
  test('links lead where its client asks, on allowed origins only, and work by v1 and Better Auth', async () => {
    const account = await registerAccount(app);
    const browser = createBrowser(app);
    const request = (redirectTo: string) =>
      browser.send('POST', '/request-password-reset', { email: account.email, redirectTo });
    for (const evil of ['https://evil.example/x', '//evil.example', 'http://localhost:3000.evil.example/'])
      expect([evil, (await request(evil)).status]).toEqual([evil, 403]);
    expect((await request(`${origin}/new-password`)).status).toBe(200);
    const { link } = await mail.next(account.email, 'Set a new password');
    const evilLink = link.replace(encodeURIComponent(origin), encodeURIComponent('https://evil.example'));
    expect((await app.request('GET', evilLink)).status).toBe(403);
    const page = await fetch(app.url + link, { redirect: 'manual' });
    const target = page.headers.get('location') ?? '';
    expect(target).toMatch(/^http:\/\/localhost:3000\/new-password\?token=/);

    const shared = await account.sharedSecretToken();
    expect(await account.statusOf(shared)).toBe(200);
    const reset = (token: string) => browser.send('POST', '/reset-password', { token, newPassword });
    const replies = await Promise.all(Array.from({ length: 10 }, () => reset(tokenIn(target))));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const old of [account.token, shared])
      await vi.waitFor(async () => expect(await account.statusOf(old)).toBe(401), patience);
    expect((await account.login(newPassword)).status).toBe(200);
    await mail.next(account.email, 'Your password was changed');

    const [first, second] = [await tokenFor(account), await tokenFor(account)];
    expect((await reset(first)).status).toBe(400);
    expect((await reset(second)).status).toBe(200);
  });
});

test('nothing that stands in the database opens anything', async () => {
  const account = await registerAccount(app);
  const token = await tokenFor(account);
  const email = `new.${account.email}`;
  await account.send(account.token, 'POST', '/email', { email, password });
  const emailToken = tokenIn((await mail.next(email, 'Confirm your new email address')).link);
  const { rows } = await sql<{ text: string }>`
    select v::text as text from better_auth.verification v union all select s::text from better_auth.session s
    union all select a::text from better_auth.account a union all select j::text from better_auth.jwks j
    union all select u::text from better_auth."user" u`.execute(app.ctx.db);
  const dump = rows.map(({ text }) => text).join('\n');
  for (const secret of [token, emailToken, password, account.token, '"d"'])
    expect(dump).not.toContain(secret);
  const words = new Set(dump.match(/[\w.+/=-]{16,}/g));
  const ofAccount = [...words].filter((word) => rows.some(({ text }) => text.includes(word)));
  expect(ofAccount.length).toBeGreaterThan(10);
  for (const stored of ofAccount.slice(-60)) {
    for (const word of new Set([stored, stored.replace(/^(reset|email)\./, '')])) {
      if (word.length <= 100) expect(await confirm(word)).toMatchObject(refused);
      const link = `/api/v1/auth/email-change?token=${encodeURIComponent(word)}`;
      expect((await app.request('GET', link)).status).toBeGreaterThanOrEqual(400);
      const ways: Record<string, string>[] = [
        { authorization: `Bearer ${word}` },
        { cookie: `better-auth.session_token=${encodeURIComponent(word)}` },
      ];
      for (const headers of ways)
        expect((await app.request('GET', '/api/auth/get-session', { headers })).body).toBeNull();
      expect(await account.statusOf(word)).toBe(401);
    }
  }
  expect((await confirm(token)).status).toBe(200);
});
