import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { newPassword, password, registerAccount, sessionIdOf } from '../support/accounts.ts';
import { mintToken, startApp, type TestApp } from '../support/app.ts';
import { type MailServer, startMailServer } from '../support/mail.ts';
import { patience } from '../support/patience.ts';

/** An `exp` in ten minutes, in seconds since 1970. */
const expiresSoon = () => Math.floor(Date.now() / 1000) + 600;

let mail: MailServer;
let app: TestApp;
let instance: TestApp;
beforeAll(async () => {
  mail = await startMailServer();
  app = await startApp(mail.settings);
  instance = await startApp(mail.settings, app);
});
afterAll(async () => {
  await instance.close();
  await app.close();
  await mail.close();
});

const follow = (link: string) => app.request('GET', link);

describe('confirming an email address', () => {
  test('the link of the registration does, and the one that is sent again', async () => {
    const account = await registerAccount(app);
    const first = await mail.next(account.email, 'Confirm your email address');
    const again = await account.send(account.token, 'POST', '/email/verification');
    expect(again.status).toBe(202);
    const second = await mail.next(account.email, 'Confirm your email address');
    expect((await follow(second.link)).body.status).toBe(true);
    expect((await account.send(account.token, 'GET', '')).body.data.email_verified).toBe(true);
    expect((await follow(first.link)).headers.getSetCookie()).toEqual([]);
    expect((await account.send(account.token, 'POST', '/email/verification')).status).toBe(202);
  });

  test("a front end's tokens, signed with the same secret, do not; nor do its links that change an address", async () => {
    const account = await registerAccount(app);
    const { email } = account;
    const exp = expiresSoon();
    const tokens = [
      await mintToken({ sub: account.id, email }),
      await mintToken({ email, updateTo: 'evil@example.com', exp }),
      await mintToken({
        email,
        updateTo: 'evil@example.com',
        requestType: 'change-email-verification',
        exp,
      }),
      await mintToken({ email, exp: exp - 3_600 }),
      'x',
    ];
    for (const token of tokens) {
      const { status, headers } = await follow(`/api/auth/verify-email?token=${token}`);
      expect([status, headers.getSetCookie()]).toEqual([401, []]);
    }
    const good = await mintToken({ email, exp });
    const evil = encodeURIComponent('https://evil.example');
    expect((await follow(`/api/auth/verify-email?token=${good}&callbackURL=${evil}`)).status).toBe(403);
    expect((await account.send(account.token, 'GET', '')).body.data).toMatchObject({
      email,
      email_verified: false,
    });
  });
});

describe('sessions', () => {
  test('are listed with where they were made, and end one by one or all but one', async () => {
    const account = await registerAccount(app);
    const headers = { 'user-agent': 'a browser' };
    const body = { email: account.email, password };
    const { body: login } = await app.request('POST', '/api/v1/auth/login', { body, headers });
    const [third, fourth] = [await account.newToken(), await account.newToken()];
    const { body: list } = await account.send(login.access_token, 'GET', '/sessions');
    expect(list.data).toHaveLength(4);
    expect(list.data.filter(({ current }: { current: boolean }) => current)).toEqual([
      {
        id: sessionIdOf(login.access_token),
        created_at: expect.stringMatching(/Z$/),
        expires_at: expect.stringMatching(/Z$/),
        ip_address: '127.0.0.1',
        user_agent: 'a browser',
        current: true,
      },
    ]);
    expect(JSON.stringify(list)).not.toContain('token');

    const end = `/sessions/${sessionIdOf(third)}`;
    expect((await account.send(login.access_token, 'DELETE', end)).status).toBe(200);
    await vi.waitFor(async () => expect(await account.statusOf(third, instance)).toBe(401), patience);
    expect((await account.send(login.access_token, 'DELETE', end)).status).toBe(404);
    expect(await account.statusOf(fourth)).toBe(200);

    expect((await account.send(login.access_token, 'DELETE', '/sessions')).status).toBe(200);
    for (const token of [account.token, fourth])
      await vi.waitFor(async () => expect(await account.statusOf(token, instance)).toBe(401), patience);
    expect(await account.statusOf(login.access_token)).toBe(200);
    expect(await account.auditedActions()).toEqual(
      expect.arrayContaining(['auth.revoke_session success', 'auth.revoke_other_sessions success']),
    );
  });

  test('those that ran out are not listed, and those of another user are not there', async () => {
    const [account, other] = [await registerAccount(app), await registerAccount(app)];
    await account.newToken();
    await sql`
      update better_auth.session set "expiresAt" = now() - interval '1 s'
      where "userId" = ${account.id} and id <> ${sessionIdOf(account.token)}`.execute(app.ctx.db);
    expect((await account.send(account.token, 'GET', '/sessions')).body.data).toHaveLength(1);
    const foreign = `/sessions/${sessionIdOf(other.token)}`;
    expect((await account.send(account.token, 'DELETE', foreign)).status).toBe(404);
    expect((await account.send(account.token, 'DELETE', '/sessions')).status).toBe(200);
    expect(await other.statusOf(other.token)).toBe(200);
  });
});

test('a user of another issuer has no password, address or sessions here', async () => {
  const { token, v1 } = await app.newUser();
  const bodies = {
    '/password': { current_password: password, new_password: newPassword },
    '/email': { email: 'x@example.com', password },
    '/email/verification': undefined,
  };
  for (const [path, body] of Object.entries(bodies)) {
    const reply = await app.request('POST', v1 + path, { token, ...(body && { body }) });
    expect([reply.status, reply.body.detail]).toEqual([404, 'Account not found']);
  }
  expect((await app.request('GET', `${v1}/sessions`, { token })).body.data).toEqual([]);
  expect((await app.request('DELETE', `${v1}/sessions`, { token })).status).toBe(200);
});
