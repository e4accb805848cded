import { expect, test } from 'vitest';
import { registerAccount } from '../../server/test/support/accounts.ts';
import { mintToken } from '../../server/test/support/app.ts';
import { createDuly, fromBetterAuth, login } from '../src/index.ts';
import { failureOf, newDuly, record, useApp } from './support/duly.ts';
import { problem, scripted, success } from './support/script.ts';

const app = useApp();
const past = () => Math.floor(Date.now() / 1000) - 3600;

test('fifty calls at once with an expired token make one refresh, and all succeed', async () => {
  const expired = await mintToken({ sub: 'ada', iat: past(), exp: past() + 60 });
  const asked: (string | null)[] = [];
  const { duly, requests } = await newDuly(app(), {
    token: async ({ rejected }) => {
      asked.push(rejected);
      return rejected === null ? expired : mintToken({ sub: 'ada' });
    },
  });
  const tasks = await Promise.all(
    Array.from({ length: 50 }, (_, index) => duly.tasks.create({ title: `task ${index}` })),
  );
  expect(new Set(tasks.map(({ id }) => id)).size).toBe(50);
  expect(asked).toEqual([null, expired]);
  expect(requests).toHaveLength(100);
  expect((await duly.tasks.list({ limit: 1 })).pagination.total).toBe(50);
});

test('a token that is refused again fails the call after one more attempt', async () => {
  let count = 0;
  const { duly, requests } = await newDuly(app(), { token: () => `wrong ${count++}` });
  expect(await failureOf(duly.tasks.list())).toMatchObject({ code: 'UNAUTHORIZED', status: 401 });
  expect([count, requests.length]).toEqual([2, 2]);
  const fixed = await newDuly(app(), { token: 'wrong' });
  expect(await failureOf(fixed.duly.tasks.list())).toMatchObject({ code: 'UNAUTHORIZED' });
  expect(fixed.requests).toHaveLength(1);
});

test('a wrong password is no reason to refresh', async () => {
  const { duly, requests } = scripted([problem(401, 'INVALID_CREDENTIALS')], { token: () => 't' });
  const passwords = { current_password: 'wrong', new_password: 'quiet-heron-77' };
  expect(await failureOf(duly.profile.changePassword(passwords))).toMatchObject({
    code: 'INVALID_CREDENTIALS',
  });
  expect(requests).toHaveLength(1);
});

test('a refresh that fails, fails the calls that wait for it, and the next call tries again', async () => {
  let isDown = true;
  const { duly, requests } = scripted([success], {
    token: async () => {
      if (isDown) throw new Error('down');
      return 't';
    },
  });
  const failures = await Promise.all([failureOf(duly.tasks.get('1')), failureOf(duly.tasks.get('2'))]);
  expect(failures).toMatchObject([{ message: 'down' }, { message: 'down' }]);
  isDown = false;
  await duly.tasks.get('3');
  expect(requests.map(({ path }) => path)).toEqual(['/api/v1/users/me/tasks/3']);
});

test('a log-in signs in once, exchanges its session for tokens, and signs in again after its end', async () => {
  const { id, email, newToken, send } = await registerAccount(app());
  const sessions: string[] = [];
  const { duly, requests } = await newDuly(app(), {
    token: login({ email, password: 'gentle-otter-42', onSession: (session) => sessions.push(session) }),
  });
  const paths = () => requests.splice(0).map(({ path }) => path);
  expect(await duly.tasks.create({ title: 'x' })).toMatchObject({ user_id: id });
  expect(paths()).toEqual(['/api/auth/sign-in/email', '/api/auth/token', '/api/v1/users/me/tasks']);
  await duly.tasks.list();
  expect(paths()).toHaveLength(1);

  const reused = await newDuly(app(), {
    token: login({ email, password: 'not needed', session: sessions[0] ?? '' }),
  });
  await reused.duly.tasks.list();
  expect(reused.requests.map(({ path }) => path)).toEqual(['/api/auth/token', '/api/v1/users/me/tasks']);

  await send(await newToken(), 'DELETE', '/sessions');
  await expect.poll(async () => (await duly.tasks.list()) && sessions.length).toBe(2);
  expect(paths()).toEqual(expect.arrayContaining(['/api/auth/token', '/api/auth/sign-in/email']));
});

test('a log-in with a wrong password is INVALID_CREDENTIALS, and is tried once', async () => {
  const { email } = await registerAccount(app());
  const { duly, requests } = await newDuly(app(), { token: login({ email, password: 'wrong-heron-77' }) });
  expect(await failureOf(duly.tasks.list())).toMatchObject({ code: 'INVALID_CREDENTIALS' });
  expect(requests).toHaveLength(1);
});

test('a log-in with the code of a second factor gets its token from the log-in itself', async () => {
  const { email, id } = await registerAccount(app());
  // An account without a second factor ignores the code.
  const token = login({ email, password: 'gentle-otter-42', totpCode: '123456' });
  const { duly, requests } = await newDuly(app(), { token });
  expect(await duly.tasks.create({ title: 'x' })).toMatchObject({ user_id: id });
  expect(requests.map(({ path }) => path)).toEqual(['/api/v1/auth/login', '/api/v1/users/me/tasks']);
});

test('an account with a second factor asks for its code', async () => {
  const answers = [() => Response.json({ twoFactorRedirect: true })];
  const { duly } = scripted(answers, { token: login({ email: 'a@b.c', password: 'x' }) });
  expect(await failureOf(duly.tasks.list())).toMatchObject({ code: 'TOTP_REQUIRED' });
});

test("Better Auth's client gives its tokens", async () => {
  const { token } = await app().newUser();
  const { fetch } = record(globalThis.fetch);
  const from = (data: { token: string } | null) =>
    createDuly({ url: app().url, fetch, token: fromBetterAuth({ token: async () => ({ data }) }) });
  expect((await from({ token }).tasks.list()).data).toEqual([]);
  expect(await failureOf(from(null).tasks.list())).toMatchObject({ code: 'UNAUTHORIZED' });
});
