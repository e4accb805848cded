import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { registerAccount } from '../support/accounts.ts';
import { mintToken, secret, startApp, type TestApp } from '../support/app.ts';
import { badTokens, now } from '../support/bad-tokens.ts';
import { startJwksServer } from '../support/jwks-server.ts';
import { hmacSigner, jws, newKey } from '../support/jws.ts';
import { type InjectedRequest, type LimitedServer, startLimitedServer } from '../support/limited-server.ts';

type Headers = NonNullable<InjectedRequest['headers']>;

const issuer = 'https://front.example';
const audience = 'duly-clients';
const sub = 'canary-user';

let app: TestApp;
let server: LimitedServer;
let remote: Awaited<ReturnType<typeof startJwksServer>>;
let written: string[] = [];
const log = pino({ level: 'info' }, { write: (line: string) => void written.push(line) });
const key = newKey('ES256');

beforeAll(async () => {
  // A refusal is logged once a minute, so every test begins a new minute.
  vi.useFakeTimers({ toFake: ['performance'] });
  remote = await startJwksServer([key.jwk]);
  app = await startApp();
  const settings = { JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWKS_URL: remote.url };
  server = await startLimitedServer(app, settings, log);
});
afterAll(async () => {
  vi.useRealTimers();
  await Promise.all([app.close(), remote.close()]);
});
beforeEach(() => {
  vi.advanceTimersByTime(60_000);
  written = [];
});

const lines = () => written.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'token refused');
const essence = () => lines().map(({ reason, expected, suppressed }) => ({ reason, expected, suppressed }));

const send = (headers: Headers) => server.send('127.0.0.1', { url: `/api/${sub}/tasks`, headers });
const withToken = (token: string) => send({ authorization: `Bearer ${token}` });

const claims = () => ({ sub, iss: issuer, aud: audience, iat: now(), exp: now() + 3600 });
const minted = (more: object, key = secret) => mintToken({ ...claims(), ...more }, key);
const byKey = (more: object, header: object = {}) =>
  jws({ ...key.header, ...header }, { ...claims(), ...more }, key);

const wanted = {
  own: 'EdDSA with a key of /api/auth/jwks',
  shared: 'HS256 with BETTER_AUTH_SECRET',
  remote: 'a key of JWKS_URL',
  header: 'Authorization: Bearer <JWT>',
};

describe('the log says why a token is refused, and what is expected', () => {
  const authorized = async (token: string | Promise<string>) => ({ authorization: `Bearer ${await token}` });
  const baseUrl = () => app.ctx.config.auth.baseUrl;
  const sessionToken = 'a'.repeat(32);
  const signed = `${sessionToken}.${createHmac('sha256', 'x').update('y').digest('base64')}`;
  const wrong: [string, () => Headers | Promise<Headers>, string, () => string][] = [
    ['none', () => ({}), 'no credentials', () => wanted.header],
    [
      'a session in a cookie',
      () => ({ cookie: `theme=dark; __Secure-better-auth.session_token=${encodeURIComponent(signed)}` }),
      'cookie instead of a header',
      () => wanted.header,
    ],
    ['another cookie', () => ({ cookie: 'theme=dark' }), 'no credentials', () => wanted.header],
    [
      'two headers',
      async () => ({ authorization: [`Bearer ${await minted({})}`, `Bearer ${await minted({})}`] }),
      'several Authorization headers',
      () => 'one',
    ],
    ['no scheme', async () => ({ authorization: await minted({}) }), 'no "Bearer"', () => wanted.header],
    ['another scheme', () => ({ authorization: 'Basic YTpi' }), 'no "Bearer"', () => wanted.header],
    ['nothing after the scheme', () => ({ authorization: 'Bearer' }), 'malformed JWT', () => wanted.header],
    ...[sessionToken, signed, encodeURIComponent(signed)].map((token): (typeof wrong)[number] => [
      `a session token: ${token}`,
      () => authorized(token),
      'session token instead of a JWT',
      () => 'a JWT, such as GET /api/auth/token gives',
    ]),
    [
      'no JWT',
      () => authorized('undefined'),
      'malformed JWT',
      () => 'a signed JWT: three parts of base64url, two JSON objects in UTF-8',
    ],
    ['a long one', () => authorized('x'.repeat(6_200)), 'token too long', () => '6144 characters at most'],
    [
      'a header of another kind',
      () => authorized(byKey({}, { typ: 'at+jwt' })),
      'JWT header not accepted',
      () => 'alg, kid as text, typ JWT and nothing else',
    ],
    [
      'another issuer',
      () => authorized(minted({ iss: 'https://canary.example' })),
      'wrong issuer',
      () => issuer,
    ],
    [
      'another server’s, by a key',
      () => authorized(jws({ alg: 'EdDSA', kid: 'canary' }, { sub, iss: 'canary' }, newKey('EdDSA'))),
      'wrong issuer',
      () => `${baseUrl()} or ${issuer}`,
    ],
    [
      'another issuer and algorithm',
      () => authorized(jws({ alg: 'HS512' }, { ...claims(), iss: 'canary' }, hmacSigner(secret, 'HS512'))),
      'wrong issuer and algorithm',
      () =>
        `${wanted.own} for ${baseUrl()} or ${wanted.shared} for ${issuer} or ${wanted.remote} for ${issuer}`,
    ],
    ['another secret', () => authorized(minted({}, 'x'.repeat(40))), 'wrong signature', () => wanted.shared],
    [
      'another key under a known id',
      () => authorized(jws(key.header, claims(), newKey('ES256'))),
      'wrong signature',
      () => wanted.remote,
    ],
    [
      'another algorithm',
      () => authorized(jws({ alg: 'HS512' }, claims(), hmacSigner(secret, 'HS512'))),
      'wrong algorithm',
      () => `${wanted.shared} or ${wanted.remote}`,
    ],
    ['no key id', () => authorized(byKey({}, { kid: undefined })), 'no key id', () => wanted.remote],
    ['an unknown key', () => authorized(byKey({}, { kid: 'canary' })), 'unknown key id', () => wanted.remote],
    [
      'an unknown key of this server',
      () =>
        authorized(jws({ alg: 'EdDSA', kid: 'canary' }, { ...claims(), iss: baseUrl() }, newKey('EdDSA'))),
      'unknown key id',
      () => wanted.own,
    ],
    ['another audience', () => authorized(byKey({ aud: 'canary' })), 'wrong audience', () => audience],
    ['two audiences', () => authorized(minted({ aud: [audience, 'x'] })), 'wrong audience', () => audience],
    ['no exp', () => authorized(minted({ exp: undefined })), 'no exp', () => 'exp, in seconds'],
    [
      'an old exp',
      () => authorized(minted({ exp: now() - 9 })),
      'expired',
      () => "exp at most 5 s in the past by this server's clock",
    ],
    [
      'exp in milliseconds',
      () => authorized(minted({ exp: (now() + 60) * 1000 })),
      'exp too far ahead',
      () => 'exp at most 604800 s ahead (JWT_MAX_AGE_SECONDS)',
    ],
    [
      'nbf ahead',
      () => authorized(byKey({ nbf: now() + 60 })),
      'not yet valid',
      () => "nbf at most 5 s ahead of this server's clock",
    ],
    [
      'iat ahead',
      () => authorized(minted({ iat: now() + 60 })),
      'iat in the future',
      () => "iat at most 5 s ahead of this server's clock",
    ],
    [
      'a time as text',
      () => authorized(byKey({ iat: 'canary' })),
      'time that is no number',
      () => 'exp, iat and nbf as numbers, in seconds',
    ],
    ...[undefined, '', 7, 'canary\0'].map((odd): (typeof wrong)[number] => [
      `sub ${JSON.stringify(odd)}`,
      () => authorized(byKey({ sub: odd })),
      'sub missing or invalid',
      () => 'a user id of 1 to 255 characters',
    ]),
  ];

  test.each(wrong)('%s', async (_, headers, reason, expected) => {
    expect((await send(await headers())).status).toBe(401);
    expect(essence()).toEqual([{ reason, expected: expected(), suppressed: expect.any(Number) }]);
  });

  test('a session that has ended, a user who is banned, a token from before all sessions were ended', async () => {
    const account = await registerAccount(app);
    await app.request('POST', '/api/v1/auth/logout', { token: account.token });
    await withToken(account.token);
    await sql`
      insert into duly.user_access (user_id, banned_at, tokens_valid_from)
      values ('banned', now(), null), ('cut', null, now())`.execute(app.ctx.db);
    await withToken(await minted({ sub: 'banned' }));
    await withToken(await minted({ sub: 'cut', iat: now() - 60 }));
    expect(essence().map(({ reason }) => reason)).toEqual([
      'session ended or token logged out',
      'user banned',
      'issued before the sessions of its user were ended',
    ]);
  });
});

test('where the secret’s tokens may name any issuer, a token by a key of another server is one or the other', async () => {
  const development = await startLimitedServer(app, {}, log);
  const token = jws({ alg: 'EdDSA', kid: 'canary' }, { sub, iss: 'canary' }, newKey('EdDSA'));
  await development.send('127.0.0.1', { url: '/api/x/tasks', headers: { authorization: `Bearer ${token}` } });
  const expected = `${app.ctx.config.auth.baseUrl} or ${wanted.shared}`;
  expect(essence()).toEqual([{ reason: 'wrong issuer or algorithm', expected, suppressed: 0 }]);
});

test('a reason is one line a minute, with the number of those that had none, and other reasons have their own', async () => {
  for (const exp of [now() - 10, now() - 11, now() - 12]) await withToken(await minted({ exp }));
  await send({});
  await withToken(await minted({ aud: 'other' }));
  const reasons = () => essence().map(({ reason, suppressed }) => [reason, suppressed]);
  const first = [
    ['expired', 0],
    ['no credentials', 0],
    ['wrong audience', 0],
  ];
  expect(reasons()).toEqual(first);
  vi.advanceTimersByTime(59_000);
  await withToken(await minted({ exp: now() - 13 }));
  expect(reasons()).toEqual(first);
  vi.advanceTimersByTime(1_000);
  await withToken(await minted({ exp: now() - 14 }));
  await withToken(await minted({ exp: now() - 15 }));
  expect(reasons()).toEqual([...first, ['expired', 3]]);
});

test('no part of a token, nor anything that its sender chose, comes into the log, and the lines are few', async () => {
  const minter = { signer: hmacSigner(secret), claims };
  for (const bad of Object.values(badTokens)) {
    const token = bad(minter).replaceAll(/[^\x21-\x7e]/g, '');
    written = written.filter((line) => line.includes('token refused'));
    await withToken(token);
    for (const part of token.split('.').filter(({ length }) => length > 12))
      expect(written.join('')).not.toContain(part);
  }
  expect(written.join('')).not.toMatch(/canary|evil|victim|PBES2/);
  expect(lines().length).toBeGreaterThan(10);
  expect(lines().length).toBeLessThan(25);
});
