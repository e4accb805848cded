import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Db } from '../../src/db/schema.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { auditActionsOf, auditEntriesOf } from '../support/audit.ts';

const password = 'gentle-otter-42';
const wrong = 'wrong-otter-42';
const origin = 'http://localhost:3000';

let app: TestApp;
let db: Db;
beforeAll(async () => {
  app = await startApp();
  ({ db } = app.ctx);
});
afterAll(() => app.close());

const newEmail = () => `audit.${randomUUID()}@example.com`;
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  app.request('POST', path, { body, headers: { origin, ...headers } });

async function register(email = newEmail()) {
  const names = { first_name: 'Ada', last_name: 'L' };
  const { body } = await post('/api/v1/auth/register', { email, password, ...names });
  return { email, id: String(body.user.id), token: String(body.access_token) };
}

/** Signs in through Better Auth; resolves to the headers of that session. */
async function signIn(email: string): Promise<Record<string, string>> {
  const { headers } = await post('/api/auth/sign-in/email', { email, password });
  return {
    cookie: headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; '),
  };
}

async function serviceEntries(work: () => Promise<unknown>) {
  await app.ctx.auditCounts.flush();
  const before = (await auditEntriesOf(db, '')).length;
  await work();
  await app.ctx.auditCounts.flush();
  return (await auditEntriesOf(db, '')).slice(before);
}

describe('an attempt to get in', () => {
  test.each([
    ['v1', '/api/v1/auth/login'],
    ['Better Auth', '/api/auth/sign-in/email'],
  ])(
    'by %s is in the chain of the account that its address names, whatever its spelling',
    async (_, path) => {
      const { email, id } = await register();
      const requestId = randomUUID();
      await post(path, { email: email.toUpperCase(), password: wrong }, { 'x-request-id': requestId });
      await post(path, { email, password });
      const [registered, failed, passed, ...more] = await auditEntriesOf(db, id);
      expect(more).toEqual([]);
      expect(registered).toMatchObject({ action: 'auth.register', outcome: 'success', actor: id });
      const same = { action: 'auth.login', subject: null, count: 1, address: '127.0.0.1' };
      expect(failed).toMatchObject({ ...same, outcome: 'failure', actor: null, request_id: requestId });
      expect(passed).toMatchObject({ ...same, outcome: 'success', actor: id });
    },
  );

  test.each([
    ['v1', '/api/v1/auth/login'],
    ['Better Auth', '/api/auth/sign-in/email'],
  ])('by %s with an unknown address is in the chain of the service', async (_, path) => {
    const requestId = randomUUID();
    const entries = await serviceEntries(() =>
      post(path, { email: newEmail(), password }, { 'x-request-id': requestId }),
    );
    expect(entries).toMatchObject([
      { action: 'auth.login', outcome: 'failure', actor: null, request_id: requestId, address: '127.0.0.1' },
    ]);
  });

  test('to register is one too, also with an address that is taken', async () => {
    const { email, id } = await register();
    await post('/api/v1/auth/register', { email, password, first_name: 'x', last_name: '' });
    await post('/api/auth/sign-up/email', { email, password, name: 'x' });
    expect(await auditActionsOf(db, id)).toEqual([
      'auth.register success',
      'auth.register failure',
      'auth.register failure',
    ]);
    const other = newEmail();
    const { body } = await post('/api/auth/sign-up/email', { email: other, password, name: 'x' });
    expect(await auditEntriesOf(db, body.user.id)).toMatchObject([
      { action: 'auth.register', outcome: 'success', actor: body.user.id },
    ]);
  });

  test('is in the chain of its own account when another one is signed in', async () => {
    const [first, second] = [await register(), await register()];
    const headers = await signIn(first.email);
    await post('/api/auth/sign-in/email', { email: second.email, password }, headers);
    await post('/api/auth/sign-in/email', { email: second.email, password: wrong }, headers);
    expect(await auditActionsOf(db, first.id)).toEqual(['auth.register success', 'auth.login success']);
    const entries = (await auditEntriesOf(db, second.id)).slice(1);
    expect(entries.map(({ outcome, actor }) => [outcome, actor])).toEqual([
      ['success', second.id],
      ['failure', first.id],
    ]);
  });
});

test('what is done with an account has an entry of who did it: sign-out, password, sessions, name', async () => {
  const { email, id, token } = await register();
  const headers = await signIn(email);
  const change = (newPassword: string, currentPassword = password) =>
    post('/api/auth/change-password', { currentPassword, newPassword }, headers);
  await change('quiet-heron-77', wrong);
  await post('/api/auth/update-user', { name: 'Other' }, headers);
  await post('/api/auth/revoke-other-sessions', {}, headers);
  await post('/api/auth/sign-out', {}, headers);
  await app.request('POST', '/api/v1/auth/logout', { token });
  const again = await register();
  await app.request('POST', '/api/v1/auth/logout', again);
  const entries = await auditEntriesOf(db, id);
  expect(entries.map(({ action, outcome, actor }) => [action, outcome, actor])).toEqual([
    ['auth.register', 'success', id],
    ['auth.login', 'success', id],
    ['auth.change_password', 'failure', id],
    ['auth.update_user', 'success', id],
    ['auth.revoke_other_sessions', 'success', id],
    ['auth.logout', 'success', id],
  ]);
  expect(await auditActionsOf(db, again.id)).toEqual(['auth.register success', 'auth.logout success']);
});

test('reads of the own account and session through Better Auth are counted', async () => {
  const { email, id } = await register();
  const headers = await signIn(email);
  const get = (path: string) => app.request('GET', `/api/auth${path}`, { headers });
  for (let i = 0; i < 3; i += 1) expect((await get('/get-session')).body.user.id).toBe(id);
  expect((await get('/list-sessions')).status).toBe(200);
  expect((await get('/token')).status).toBe(200);
  await get('/jwks');
  await app.ctx.auditCounts.flush();
  const counted = (await auditEntriesOf(db, id)).slice(2).map(({ action, count }) => [action, count]);
  expect(counted).toEqual([
    ['auth.get_session', 3],
    ['auth.list_sessions', 1],
    ['auth.token', 1],
  ]);
});

test('log-ins without an account are counted, and made-up paths leave nothing', async () => {
  const entries = await serviceEntries(async () => {
    for (let i = 0; i < 5; i += 1) await post('/api/auth/change-password', { newPassword: password });
    for (const path of ['/made-up', '/change-password/x', '/%2e%2e/x', '/ok', '/get-session'])
      await post(`/api/auth${path}`, { email: 'x' });
  });
  expect(entries).toMatchObject([
    { action: 'auth.change_password', count: 5, actor: null, address: '127.0.0.1' },
  ]);
});

test('an address counts only where it says whose account it is about', async () => {
  const { email, id } = await register();
  for (const path of ['/get-session', '/change-password', '/sign-out', '/reset-password', '/update-user'])
    await post(`/api/auth${path}`, { email, newPassword: password, token: 'x' });
  expect(await auditActionsOf(db, id)).toEqual(['auth.register success']);
});

test('a second factor is in the chain of the account that it is asked for, right or wrong', async () => {
  const { email, id } = await register();
  const headers = await signIn(email);
  expect((await post('/api/auth/two-factor/enable', { password }, headers)).status).toBe(200);
  await sql`update better_auth."user" set "twoFactorEnabled" = true where id = ${id}`.execute(db);
  const waiting = await signIn(email);
  await post('/api/auth/two-factor/verify-totp', { code: '000000' }, waiting);
  await post('/api/v1/auth/login', { email, password });
  await post('/api/v1/auth/login', { email, password: wrong });
  const entries = (await auditEntriesOf(db, id)).slice(3);
  expect(entries.map(({ action, outcome, actor }) => [action, outcome, actor])).toEqual([
    ['auth.first_factor', 'success', null],
    ['auth.two_factor_verify_totp', 'failure', null],
    ['auth.first_factor', 'success', null],
    ['auth.login', 'failure', null],
  ]);
});
