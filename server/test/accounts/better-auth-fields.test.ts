import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';

const origin = 'http://localhost:3000';
let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

test('names and pictures are texts of a sane length, whoever sets them; nothing else is stored', async () => {
  const email = 'ada@example.com';
  const password = 'gentle-otter-42';
  const signUp = (more: object) =>
    app.request('POST', '/api/auth/sign-up/email', {
      body: { email, password, name: 'Ada', ...more },
      headers: { origin },
    });
  const long = 'x'.repeat(15_000);
  for (const more of [{ firstName: long }, { name: 'x'.repeat(300) }, { image: long }]) {
    expect((await signUp(more)).status).toBe(400);
  }
  const { headers } = await signUp({});
  const cookie = headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const faults = [
    { firstName: null },
    { lastName: null },
    { name: null },
    { name: ['a'] },
    { image: 5 },
    { lastName: long },
  ];
  for (const body of [...faults, { firstName: 5 }, { firstName: {} }]) {
    const reply = await app.request('POST', '/api/auth/update-user', { body, headers: { origin, cookie } });
    expect([body, reply.status]).toEqual([body, 400]);
  }
  const good = { name: 'Ada Lovelace', lastName: 'Lovelace', image: null };
  const reply = await app.request('POST', '/api/auth/update-user', {
    body: good,
    headers: { origin, cookie },
  });
  expect(reply.status).toBe(200);
  const { body: login } = await app.request('POST', '/api/v1/auth/login', { body: { email, password } });
  expect(login.user).toMatchObject({ first_name: 'Ada', last_name: 'Lovelace' });
});

test('a password has 128 characters at most, whatever they are', async () => {
  const register = (email: string, password: string) =>
    app.request('POST', '/api/v1/auth/register', {
      body: { email, password, first_name: 'A', last_name: 'B' },
    });
  expect((await register('long@example.com', '😀'.repeat(128))).status).toBe(201);
  expect((await register('longer@example.com', '😀'.repeat(129))).body.errors).toMatchObject([
    { loc: ['body', 'password'] },
  ]);
  const login = { email: 'long@example.com', password: '😀'.repeat(128) };
  expect((await app.request('POST', '/api/v1/auth/login', { body: login })).status).toBe(200);
});
