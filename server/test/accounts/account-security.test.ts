import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createBrowser, newPassword, origin, password, registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { type MailServer, startMailServer } from '../support/mail.ts';
import { patience } from '../support/patience.ts';

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
const confirmReset = (token: string) =>
  app.request('POST', '/api/v1/auth/password-reset/confirm', { body: { token, new_password: newPassword } });
/** The token is in the query, or in the fragment of a link to a page of this server. */
function tokenIn(link: string): string {
  const { searchParams, hash } = new URL(link, 'http://x');
  return searchParams.get('token') ?? new URLSearchParams(hash.slice(1)).get('token') ?? '';
}
const wrongPassword = [401, 'INVALID_CREDENTIALS', 'Wrong password'];

describe('changing a password', () => {
  const change = { current_password: password, new_password: newPassword };

  test('ends every token from before on every instance, and answers with a new one', async () => {
    const account = await registerAccount(app);
    const tokens = [account.token, await account.newToken(), await account.sharedSecretToken()];
    for (const token of tokens) {
      expect([await account.statusOf(token), await account.statusOf(token, instance)]).toEqual([200, 200]);
    }
    const { status, body, headers } = await account.send(account.token, 'POST', '/password', change);
    expect([status, body.message, body.user.id]).toEqual([200, 'Password changed successfully', account.id]);
    expect(headers.get('cache-control')).toBe('no-store');
    for (const token of tokens) {
      for (const on of [app, instance])
        await vi.waitFor(async () => expect(await account.statusOf(token, on)).toBe(401), patience);
    }
    expect(await account.statusOf(body.access_token, instance)).toBe(200);
    expect((await account.login(password)).status).toBe(401);
    expect((await account.login(newPassword)).status).toBe(200);
    await mail.next(account.email, 'Your password was changed');
    expect(await account.auditedActions()).toContain('auth.change_password success');
  });

  test.each(['/api/v1/auth/login', '/api/auth/sign-in/email'])(
    'ends log-ins by %s with the old one that are under way, however they overlap',
    async (path) => {
      const account = await registerAccount(app);
      const logIn = () =>
        app.request('POST', path, { body: { email: account.email, password }, headers: { origin } });
      const attempts: Promise<unknown>[] = [];
      const changed = account.send(account.token, 'POST', '/password', change);
      // Log-ins wait in the queue for hashing, so some begin before the change and end after it.
      const isOver = changed.then(() => true);
      while (!(await Promise.race([isOver, sleep(25, false)]))) attempts.push(logIn());
      expect((await changed).status).toBe(200);
      await Promise.all(attempts);
      const { rows } = await sql`select from better_auth.session where "userId" = ${account.id}`.execute(
        app.ctx.db,
      );
      expect(rows).toHaveLength(1);
    },
  );

  test("is not for another issuer's token, which proves no log-in here", async () => {
    const account = await registerAccount(app);
    const token = await account.sharedSecretToken();
    expect((await account.send(token, 'POST', '/password', change)).status).toBe(404);
    const sent = { email: 'new@example.com', password };
    expect((await account.send(token, 'POST', '/email', sent)).status).toBe(404);
  });

  test('wants the one of now, and a new one that is no common one', async () => {
    const account = await registerAccount(app);
    const send = (more: object) => account.send(account.token, 'POST', '/password', { ...change, ...more });
    const { status, body, headers } = await send({ current_password: 'wrong-otter-42' });
    expect([status, body.error_code, body.detail]).toEqual(wrongPassword);
    expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
    for (const weak of ['short', 'password123', 'x'.repeat(129)]) {
      const reply = await send({ new_password: weak });
      expect([reply.status, reply.body.errors[0].loc]).toEqual([422, ['body', 'new_password']]);
    }
    expect(await account.statusOf(account.token)).toBe(200);
    expect(await account.auditedActions()).toContain('auth.change_password failure');
  });

  test('of two at once one wins', async () => {
    const account = await registerAccount(app);
    const replies = await Promise.all(
      ['quiet-heron-77', 'quiet-heron-78'].map((word) =>
        account.send(account.token, 'POST', '/password', { ...change, new_password: word }),
      ),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  test('through Better Auth ends the tokens of other issuers too, and links that wait', async () => {
    const account = await registerAccount(app);
    const shared = await account.sharedSecretToken();
    expect(await account.statusOf(shared)).toBe(200);
    await app.request('POST', '/api/v1/auth/password-reset', { body: { email: account.email } });
    const { link } = await mail.next(account.email, 'Set a new password');
    const browser = createBrowser(app);
    await browser.send('POST', '/sign-in/email', { email: account.email, password });
    const changed = await browser.send('POST', '/change-password', {
      currentPassword: password,
      newPassword,
    });
    expect(changed.status).toBe(200);
    await vi.waitFor(async () => expect(await account.statusOf(shared)).toBe(401), patience);
    await vi.waitFor(async () => expect(await account.statusOf(account.token)).toBe(401), patience);
    expect((await browser.send('GET', '/get-session')).body.user.id).toBe(account.id);
    expect((await confirmReset(tokenIn(link))).body.error_code).toBe('INVALID_TOKEN');
    await mail.next(account.email, 'Your password was changed');
  });
});

describe('changing an email address', () => {
  test('happens when the link to the new address is opened, and a mail to the old one says so', async () => {
    const account = await registerAccount(app);
    const email = `new.${account.email}`;
    const asked = await account.send(account.token, 'POST', '/email', {
      email: email.toUpperCase(),
      password,
    });
    expect([asked.status, asked.body.data]).toEqual([202, null]);
    await mail.next(account.email, 'Your email address is about to change');
    const { link } = await mail.next(email, 'Confirm your new email address');
    expect((await account.send(account.token, 'GET', '')).body.data.email).toBe(account.email);
    // HEAD does not use up the link.
    expect((await fetch(app.url + link, { method: 'HEAD' })).status).toBe(405);
    expect((await follow(link)).status).toBe(200);
    expect((await account.send(account.token, 'GET', '')).body.data).toMatchObject({
      email,
      email_verified: true,
    });
    await mail.next(account.email, 'Your email address was changed');
    const { status, body } = await follow(link);
    expect([status, body.error_code]).toEqual([400, 'INVALID_TOKEN']);
    expect((await account.login(password)).status).toBe(401);
    const login = { email, password };
    expect((await app.request('POST', '/api/v1/auth/login', { body: login })).status).toBe(200);
    expect(await account.auditedActions()).toEqual(
      expect.arrayContaining(['auth.request_email_change success', 'auth.change_email success']),
    );
  });

  test('wants the password, and does not tell whose a taken address is', async () => {
    const [account, other] = [await registerAccount(app), await registerAccount(app)];
    const ask = (email: string, word = password) =>
      account.send(account.token, 'POST', '/email', { email, password: word });
    const wrong = await ask(`new.${account.email}`, 'wrong-otter-42');
    expect([wrong.status, wrong.body.error_code, wrong.body.detail]).toEqual(wrongPassword);
    const [taken, free] = [await ask(other.email), await ask(`free.${account.email}`)];
    expect([taken.status, taken.body]).toEqual([202, free.body]);
    await mail.next(`free.${account.email}`, 'Confirm your new email address');
    const toOther = mail.received.filter(({ to }) => to.includes(other.email));
    expect(toOther.map(({ head }) => /^Subject: (.*)$/m.exec(head)?.[1])).toEqual([
      'Confirm your email address',
    ]);
  });

  test('only the newest link is good, and none is after a change of the password', async () => {
    const account = await registerAccount(app);
    const links: string[] = [];
    for (const name of ['one', 'two']) {
      const email = `${name}.${account.email}`;
      await account.send(account.token, 'POST', '/email', { email, password });
      links.push((await mail.next(email, 'Confirm your new email address')).link);
    }
    expect((await follow(links[0] ?? '')).body.error_code).toBe('INVALID_TOKEN');
    const change = { current_password: password, new_password: newPassword };
    await account.send(account.token, 'POST', '/password', change);
    expect((await follow(links[1] ?? '')).body.error_code).toBe('INVALID_TOKEN');
  });

  test('of two accounts that want one address one gets it; a link for a new password stays with the old one', async () => {
    const accounts = [await registerAccount(app), await registerAccount(app)];
    const email = `both.${accounts[0]?.email}`;
    const links: string[] = [];
    const resets: string[] = [];
    for (const account of accounts) {
      await account.send(account.token, 'POST', '/email', { email, password });
      links.push((await mail.next(email, 'Confirm your new email address')).link);
      await app.request('POST', '/api/v1/auth/password-reset', { body: { email: account.email } });
      resets.push((await mail.next(account.email, 'Set a new password')).link);
    }
    const replies = await Promise.all(links.map(follow));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 400]);
    const moved = replies.findIndex(({ status }) => status === 200);
    expect((await confirmReset(tokenIn(resets[moved] ?? ''))).status).toBe(400);
    expect((await confirmReset(tokenIn(resets[1 - moved] ?? ''))).status).toBe(200);
  });
});
