import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { newPassword, password, registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { auditActionsOf, auditEntriesOf } from '../support/audit.ts';
import { type MailServer, startMailServer } from '../support/mail.ts';
import { patience } from '../support/patience.ts';

let mail: MailServer;
let app: TestApp;
let admin: { id: string; token: string };
beforeAll(async () => {
  mail = await startMailServer();
  app = await startApp({ ...mail.settings, REGISTRATION: 'open' });
  const account = await registerAccount(app);
  await sql`update better_auth."user" set role = 'admin' where id = ${account.id}`.execute(app.ctx.db);
  admin = { id: account.id, token: await account.newToken() };
});
afterAll(async () => {
  await app.close();
  await mail.close();
});

const newEmail = () => `grace.${randomUUID()}@example.com`;
const asAdmin = (method: string, path: string, body?: unknown) =>
  app.request(method, `/api/v1/admin${path}`, { token: admin.token, ...(body !== undefined && { body }) });
const tokenIn = (url: string) => new URLSearchParams(new URL(url).hash.slice(1)).get('token');
const confirm = (token: unknown, word: string) =>
  app.request('POST', '/api/v1/auth/password-reset/confirm', { body: { token, new_password: word } });
const login = (email: string, word: string) =>
  app.request('POST', '/api/v1/auth/login', { body: { email, password: word } });
const secondsUntil = (time: string) => (Date.parse(time) - Date.now()) / 1_000;

describe('an account that an admin makes', () => {
  test('gets its password by a link, once, and is as any other then', async () => {
    const email = newEmail();
    const names = { first_name: 'Grace', last_name: 'Hopper' };
    const made = await asAdmin('POST', '/users', { email: email.toUpperCase(), ...names });
    expect([made.status, made.headers.get('cache-control')]).toEqual([201, 'no-store']);
    const { user, link } = made.body.data;
    expect(user).toMatchObject({ email, role: 'user', banned_at: null, ...names });
    expect(secondsUntil(link.expires_at)).toBeGreaterThan(6.9 * 24 * 3_600);
    expect((await login(email, password)).status).toBe(401);
    expect((await confirm(tokenIn(link.url), newPassword)).status).toBe(200);
    expect((await confirm(tokenIn(link.url), password)).body.error_code).toBe('INVALID_TOKEN');
    const { body } = await login(email, newPassword);
    expect(body.user).toMatchObject({ id: user.id, ...names });
    expect(await auditActionsOf(app.ctx.db, user.id)).toEqual([
      'admin.user.create success',
      'auth.login failure',
      'auth.reset_password success',
      'auth.login success',
    ]);
    expect((await auditEntriesOf(app.ctx.db, user.id))[0]?.actor).toBe(admin.id);
  });

  test('has the address up to its @ for a name, and an address of its own', async () => {
    const email = newEmail();
    const { body } = await asAdmin('POST', '/users', { email });
    expect(body.data.user).toMatchObject({ first_name: email.split('@')[0], last_name: '' });
    for (const taken of [email, email.toUpperCase()]) {
      const { status, body: refusal } = await asAdmin('POST', '/users', { email: taken });
      expect([status, refusal.error_code]).toEqual([409, 'EMAIL_TAKEN']);
    }
    const odd = await asAdmin('POST', '/users', { email: 'no address', first_name: '' });
    expect(odd.body.errors.map(({ loc }: { loc: string[] }) => loc.at(-1)).sort()).toEqual([
      'email',
      'first_name',
    ]);
  });

  test('of 10 who make it at once, one does', async () => {
    const email = newEmail();
    const replies = await Promise.all(Array.from({ length: 10 }, () => asAdmin('POST', '/users', { email })));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
  });
});

test('one user is shown with counts, and nothing secret', async () => {
  const account = await registerAccount(app);
  for (const title of ['a', 'b', 'c']) await account.send(account.token, 'POST', '/tasks', { title });
  const { body: list } = await account.send(account.token, 'GET', '/tasks');
  await account.send(account.token, 'DELETE', `/tasks/${list.data[0].id}`);
  await account.newToken();
  const { body, text } = await asAdmin('GET', `/users/${account.id}`);
  expect(body.data).toEqual({
    id: account.id,
    email: account.email,
    first_name: 'Ada',
    last_name: 'Lovelace',
    role: 'user',
    banned_at: null,
    ban_reason: null,
    created_at: expect.any(String),
    email_verified: false,
    two_factor: false,
    tasks: 2,
    trashed_tasks: 1,
    sessions: 2,
    last_login_at: expect.any(String),
  });
  expect(text).not.toMatch(/token|hash|secret/i);
  const foreigner = await app.newUser();
  await app.request('POST', `${foreigner.v1}/tasks`, { token: foreigner.token, body: { title: 'x' } });
  const { body: other } = await asAdmin('GET', `/users/${foreigner.id}`);
  expect(other.data).toMatchObject({ email: null, tasks: 1, sessions: 0, last_login_at: null });
});

test('a link for a lost password is good once, the newest only, and ends all sessions', async () => {
  const account = await registerAccount(app);
  const make = async () => {
    const { status, headers, body } = await asAdmin('POST', `/users/${account.id}/password-reset`);
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(secondsUntil(body.data.expires_at)).toBeLessThanOrEqual(3_600);
    return tokenIn(body.data.url);
  };
  await app.request('POST', '/api/v1/auth/password-reset', { body: { email: account.email } });
  const mailed = new URL((await mail.next(account.email, 'Set a new password')).link, 'http://x');
  const first = await make();
  const others = await Promise.all(Array.from({ length: 5 }, make));
  for (const token of [new URLSearchParams(mailed.hash.slice(1)).get('token'), first])
    expect((await confirm(token, newPassword)).body.error_code).toBe('INVALID_TOKEN');
  expect(await account.statusOf(account.token)).toBe(200);
  const statuses: number[] = [];
  for (const token of others) statuses.push((await confirm(token, newPassword)).status);
  expect(statuses.sort()).toEqual([200, 400, 400, 400, 400]);
  await vi.waitFor(async () => expect(await account.statusOf(account.token)).toBe(401), patience);
  expect((await account.login(newPassword)).status).toBe(200);
  await mail.next(account.email, 'Your password was changed');
  expect(await account.auditedActions()).toContain('admin.user.create_password_link success');
  const foreigner = await app.newUser();
  await app.request('POST', `${foreigner.v1}/tasks`, { token: foreigner.token, body: { title: 'x' } });
  for (const id of [foreigner.id, 'nobody']) {
    const { status, headers } = await asAdmin('POST', `/users/${id}/password-reset`);
    // Without a secret, the common headers.
    expect([status, headers.get('cache-control')]).toEqual([404, 'private, no-cache']);
  }
});

test('sessions of a user are listed and ended', async () => {
  const account = await registerAccount(app);
  await account.newToken();
  const { body } = await asAdmin('GET', `/users/${account.id}/sessions`);
  expect(body.data).toHaveLength(2);
  expect(body.data.map(({ current }: { current: boolean }) => current)).toEqual([false, false]);
  await asAdmin('DELETE', `/users/${account.id}/sessions`);
  expect((await asAdmin('GET', `/users/${account.id}/sessions`)).body.data).toEqual([]);
  expect((await asAdmin('GET', '/users/nobody/sessions')).status).toBe(404);
  expect(await account.auditedActions()).toContain('admin.user.list_sessions success');
});

describe('invitations', () => {
  test('are mailed, listed without their token, and revoked', async () => {
    const [email, other] = [newEmail(), newEmail()];
    const made = await asAdmin('POST', '/invitations', { email });
    expect([made.status, made.headers.get('cache-control')]).toEqual([201, 'no-store']);
    const { token, url, ...shown } = made.body.data;
    expect(secondsUntil(shown.expires_at)).toBeGreaterThan(6.9 * 24 * 3_600);
    expect(url.endsWith((await mail.next(email, 'You are invited')).link)).toBe(true);
    await asAdmin('POST', '/invitations', { email: other });
    const first = await asAdmin('GET', '/invitations?limit=1');
    const second = await asAdmin('GET', `/invitations?limit=1&after=${first.body.next_after}`);
    const listed = [...first.body.data, ...second.body.data];
    expect(listed.map(({ email }) => email).sort()).toEqual([email, other].sort());
    expect(listed).toContainEqual(shown);
    expect(first.text + second.text).not.toContain(token);
    expect(second.body.next_after).toBeNull();
    expect((await asAdmin('DELETE', `/invitations/${shown.id}`)).status).toBe(200);
    expect((await asAdmin('DELETE', `/invitations/${shown.id}`)).status).toBe(404);
    const entries = await auditEntriesOf(app.ctx.db, '');
    expect(entries.filter(({ subject }) => subject === shown.id).map(({ action }) => action)).toEqual([
      'admin.invitation.create',
      'admin.invitation.revoke',
    ]);
  });

  test('are for addresses without an account, and end when it gets one', async () => {
    const { email } = await registerAccount(app);
    expect((await asAdmin('POST', '/invitations', { email })).body.error_code).toBe('EMAIL_TAKEN');
    const later = newEmail();
    const { body } = await asAdmin('POST', '/invitations', { email: later });
    await asAdmin('POST', '/users', { email: later });
    expect((await asAdmin('DELETE', `/invitations/${body.data.id}`)).status).toBe(404);
  });

  test('no other kind of link can be revoked as one', async () => {
    const { body } = await asAdmin('POST', '/users', { email: newEmail() });
    const { rows } = await sql<{ id: string }>`
      select id from better_auth.verification where value = ${body.data.user.id}`.execute(app.ctx.db);
    expect((await asAdmin('DELETE', `/invitations/${rows[0]?.id}`)).status).toBe(404);
    expect((await confirm(tokenIn(body.data.link.url), newPassword)).status).toBe(200);
  });
});
