import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { origin, password, type RegisteredAccount, registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';

let app: TestApp;
let account: RegisteredAccount;
/** Production without SMTP_URL. */
beforeAll(async () => {
  app = await startApp({ NODE_ENV: 'production', BETTER_AUTH_SECRET: 'k2Jv9xQ4mZr8Lw1Tn6Yc3Hs7Pd5Fg0Ba' });
  account = await registerAccount(app);
});
afterAll(() => app.close());

const refused = { status: 503, body: { error_code: 'MAIL_NOT_CONFIGURED', status_code: 503 } };

describe('where no mail can be sent, a request for nothing but a mail is a 503', () => {
  const newAddress = () => `${randomUUID()}@example.com`;
  const v1 = (email: string) => app.request('POST', '/api/v1/auth/password-reset', { body: { email } });
  const betterAuth = (path: string) => (email: string) =>
    app.request('POST', `/api/auth${path}`, { body: { email }, headers: { origin } });

  test.each([
    ['POST /api/v1/auth/password-reset', v1],
    ["Better Auth's /request-password-reset", betterAuth('/request-password-reset')],
    ["Better Auth's /send-verification-email", betterAuth('/send-verification-email')],
  ])('%s, alike for every address', async (_, ask) => {
    const replies = [await ask(account.email), await ask(newAddress()), await ask(account.email)];
    for (const reply of replies) {
      expect(reply).toMatchObject(refused);
      expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const plain = replies.map(({ text }) => text.replace(/"(timestamp|request_id)":"[^"]*"/g, ''));
    expect(new Set(plain).size).toBe(1);
  });

  test.each([
    ['/email', { email: 'new.ada@example.com', password }],
    ['/email', { email: 'new.ada@example.com', password: 'wrong-otter-42' }],
    ['/email/verification', undefined],
  ])('POST /api/v1/users/{user_id}%s %j', async (path, body) => {
    expect(await account.send(account.token, 'POST', path, body)).toMatchObject(refused);
  });

  test('and nothing is left behind', async () => {
    const { rows } = await sql<{ identifier: string }>`
      select identifier from better_auth.verification`.execute(app.ctx.db);
    expect(rows).toEqual([]);
    expect(await account.auditedActions()).toEqual(['auth.register success']);
  });
});

test('what only sends a mail besides does its work', async () => {
  const signUp = await app.request('POST', '/api/auth/sign-up/email', {
    body: { email: `${randomUUID()}@example.com`, password, name: 'Ada' },
    headers: { origin: app.ctx.config.auth.baseUrl },
  });
  expect(signUp.status).toBe(200);
  const changed = await account.send(account.token, 'POST', '/password', {
    current_password: password,
    new_password: 'quiet-heron-77',
  });
  expect(changed.status).toBe(200);
});
