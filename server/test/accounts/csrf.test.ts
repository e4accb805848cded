import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { json, sendRaw } from '../support/raw-http.ts';

const trusted = 'http://localhost:3000';
const password = 'gentle-otter-42';

let app: TestApp;
let email: string;
let cookie: string;
let token: string;
let userId: string;
beforeAll(async () => {
  app = await startApp({ ALLOWED_ORIGINS: trusted });
  email = `grace.${randomUUID()}@example.com`;
  const signUp = await app.request('POST', '/api/auth/sign-up/email', {
    body: { email, password, name: 'Grace' },
    headers: { origin: trusted },
  });
  userId = signUp.body.user.id;
  cookie = signUp.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const own = await app.request('GET', '/api/auth/token', { headers: { cookie } });
  token = own.body.token;
});
afterAll(() => app.close());

const name = async () =>
  (await app.request('GET', '/api/auth/get-session', { headers: { cookie } })).body?.user.name;

/** The request that a foreign page makes the victim's browser send, with the victim's cookie. */
const rename = (headers: Record<string, string>, body: unknown = { name: 'Mallory' }) =>
  app.request('POST', '/api/auth/update-user', { body, headers: { cookie, ...headers } });

const foreign: Record<string, string>[] = [
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { origin: 'null', 'sec-fetch-site': 'same-origin' },
  { origin: '' },
  { origin: 'http://localhost:3000.evil.example' },
  { origin: 'http://localhost:30001' },
  { origin: 'https://localhost:3000' },
  { origin: 'http://LOCALHOST:3000' },
  { origin: `${trusted}, https://evil.example` },
  { origin: 'https://evil.example', referer: `${trusted}/` },
  { referer: `${trusted}/` },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-origin' },
  {},
];

describe('the cookie routes', () => {
  test('do what a page of ours asks for', async () => {
    expect(
      (await rename({ origin: trusted, 'sec-fetch-site': 'cross-site' }, { name: 'Hopper' })).status,
    ).toBe(200);
    expect(await name()).toBe('Hopper');
    const { baseUrl } = app.ctx.config.auth;
    expect(
      (await rename({ origin: baseUrl, 'sec-fetch-site': 'same-origin' }, { name: 'Grace' })).status,
    ).toBe(200);
  });

  test.each(foreign)('refuse what another page may have sent, as JSON, text or form: %j', async (headers) => {
    const bodies: [type: string, body: string][] = [
      ['application/json', '{"name":"Mallory"}'],
      ['text/plain', '{"name":"Mallory"}'],
      ['text/plain;application/json', '{"name":"Mallory"}'],
      ['application/x-www-form-urlencoded', 'name=Mallory'],
      [
        'multipart/form-data; boundary=x',
        '--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nMallory\r\n--x--',
      ],
    ];
    for (const [type, body] of bodies) {
      const reply = await rename({ ...headers, 'content-type': type }, body);
      expect([type, reply.status, reply.body.error_code]).toEqual([type, 403, 'FORBIDDEN']);
    }
    const ended = await app.request('POST', '/api/auth/sign-out', { headers: { cookie, ...headers } });
    expect(ended.status).toBe(403);
    expect(await name()).toBe('Grace');
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/json',
    '',
  ])('take JSON only, from a page of ours too: %j is a 415', async (type) => {
    const reply = await rename({ origin: trusted, 'content-type': type }, '{"name":"Mallory"}');
    expect([reply.status, reply.body.error_code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    expect(await name()).toBe('Grace');
  });

  test('let nobody be signed in by a foreign page; programs without an origin may sign in', async () => {
    const signIn = (headers: Record<string, string>) =>
      app.request('POST', '/api/auth/sign-in/email', { body: { email, password }, headers });
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const reply = await signIn(headers);
      expect([reply.status, reply.headers.getSetCookie()]).toEqual([403, []]);
    }
    expect((await signIn({ origin: trusted })).status).toBe(200);
    // Not by `fetch`, which sets the browser header `Sec-Fetch-Mode`.
    const body = JSON.stringify({ email, password });
    const head = `POST /api/auth/sign-in/email HTTP/1.1\r\n${json}Connection: close\r\nContent-Length: ${body.length}`;
    const { answers } = await sendRaw(app.url, `${head}\r\n\r\n${body}`);
    expect(answers.map(({ status }) => status)).toEqual([200]);
  });

  test('set cookies that other sites do not get sent and scripts cannot read', async () => {
    const reply = await app.request('POST', '/api/auth/sign-in/email', {
      body: { email, password },
      headers: { origin: trusted },
    });
    const cookies = reply.headers.getSetCookie();
    expect(cookies.length).toBeGreaterThan(0);
    for (const line of cookies) {
      expect(line).toMatch(/; HttpOnly\b/i);
      expect(line).toMatch(/; SameSite=Lax\b/i);
      expect(line).not.toMatch(/; Domain=/i);
    }
  });

  test('take no body over 16 kB', async () => {
    const reply = await rename({ origin: trusted }, { name: 'x'.repeat(16_400) });
    expect([reply.status, reply.body.error_code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });
});

test('the task routes know no cookie: without a token it is a 401, with one the cookie and the origin are nothing', async () => {
  for (const path of [`/api/v1/users/${userId}/tasks`, `/api/${userId}/tasks`]) {
    for (const headers of [
      { cookie },
      { cookie, origin: trusted },
      { cookie: `token=${token}; jwt=${token}` },
    ]) {
      expect((await app.request('GET', path, { headers })).status).toBe(401);
      expect((await app.request('POST', path, { headers, body: { title: 'x' } })).status).toBe(401);
    }
    const headers = { cookie: 'better-auth.session_token=nonsense', origin: 'https://evil.example' };
    expect((await app.request('GET', path, { token, headers })).status).toBe(200);
  }
});
