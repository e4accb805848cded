import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { decodeJwt, type JWTHeaderParameters, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  mintToken,
  type Reply,
  type RequestOptions,
  secret,
  startApp,
  type TestApp,
} from '../support/app.ts';
import { startJwksServer } from '../support/jwks-server.ts';
import { jws, newKey } from '../support/jws.ts';

const issuer = 'https://front.example';
const audience = 'duly-clients';
const userId = 'user_of_a_front_end';
const path = `/api/v1/users/${userId}/tasks`;
const day = 24 * 3600;

const algorithms = ['EdDSA', 'Ed25519', 'ES256', 'ES384', 'ES512', 'RS256', 'RS512', 'PS256', 'PS512'];
const remoteKeys = algorithms.map((alg) => newKey(alg));

let app: TestApp;
let remote: Awaited<ReturnType<typeof startJwksServer>>;
beforeAll(async () => {
  remote = await startJwksServer(remoteKeys.map(({ jwk }) => jwk));
  app = await startApp({ JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWKS_URL: remote.url });
});
afterAll(() => Promise.all([app.close(), remote.close()]));
afterEach(() => vi.useRealTimers());

const now = () => Math.floor(Date.now() / 1000);
const claims = () => ({ sub: userId, iss: issuer, aud: audience, iat: now(), exp: now() + 3600 });
const minted = (more: Record<string, unknown>) => mintToken({ ...claims(), ...more });
const good = () => minted({});
const headed = (header: JWTHeaderParameters) =>
  new SignJWT(claims()).setProtectedHeader(header).sign(new TextEncoder().encode(secret));

const withHeader = (authorization: string) => app.request('GET', path, { headers: { authorization } });

function essence({ status, body, headers }: Reply) {
  const { timestamp: _, request_id: __, ...rest } = body;
  return { status, rest, challenge: headers.get('www-authenticate') };
}

const refused = (challenge: string) => ({
  status: 401,
  rest: { detail: 'Not authenticated: authorization required', error_code: 'UNAUTHORIZED', status_code: 401 },
  challenge,
});
const invalid = refused('Bearer realm="duly", error="invalid_token"');
const missing = refused('Bearer realm="duly"');

describe('a good token is accepted', () => {
  const accepted: Record<string, () => Promise<string> | string> = {
    'as a front end mints it': good,
    'without typ': () => headed({ alg: 'HS256' }),
    'with typ in lower case': () => headed({ alg: 'HS256', typ: 'jwt' }),
    'with a kid of its own': () => headed({ alg: 'HS256', kid: 'front-end-1' }),
    'with claims we know nothing of': () =>
      minted({ email: 'x@example.com', roles: [{ a: 'sub":"x' }], jti: '1' }),
    'that expired less than 5 s ago': () => minted({ exp: now() - 3 }),
    'issued by a clock less than 5 s ahead': () => minted({ iat: now() + 3, nbf: now() + 3 }),
    'without iat': () => minted({ iat: undefined }),
    'that lives for 7 days': () => minted({ exp: now() + 7 * day }),
  };
  test.each(Object.keys(accepted))('%s', async (name) => {
    expect((await withHeader(`Bearer ${await accepted[name]?.()}`)).status).toBe(200);
  });

  test('of issuer 2, which does not carry the issuer and audience of issuer 1', async () => {
    const body = { email: 'own@example.com', password: 'gentle-otter-42', first_name: 'O', last_name: '' };
    const { body: account } = await app.request('POST', '/api/v1/auth/register', { body });
    const token = account.access_token;
    expect(decodeJwt(token).iss).toBe(app.ctx.config.auth.baseUrl);
    expect((await app.request('GET', `/api/${account.user.id}/tasks`, { token })).status).toBe(200);
  });

  test.each(algorithms)('of issuer 3, by %s', async (alg) => {
    const key = remoteKeys[algorithms.indexOf(alg)];
    if (key === undefined) throw new Error(alg);
    expect((await withHeader(`Bearer ${jws(key.header, claims(), key)}`)).status).toBe(200);
  });

  test.each(['user/with/slashes', '7', 'ünï-🦦', 'x'.repeat(255), 'a b'])(
    'whatever the user id: %s',
    async (id) => {
      const user = `/api/v1/users/${encodeURIComponent(id)}/tasks`;
      const { status } = await app.request('GET', user, { token: await minted({ sub: id }) });
      expect(status).toBe(200);
    },
  );

  test.each(['bearer', 'BEARER', 'Bearer '])('with the scheme written %j', async (scheme) => {
    expect((await withHeader(`${scheme} ${await good()}`)).status).toBe(200);
  });
});

describe('a token is read from one Authorization header and nowhere else', () => {
  test('none at all gets a plain challenge', async () => {
    expect(essence(await app.request('GET', path))).toEqual(missing);
  });

  test('not from the URL, a cookie, the body or another header', async () => {
    const token = await good();
    const cookie = ['access_token', 'token', 'better-auth.session_token'].map((name) => `${name}=${token}`);
    const elsewhere: [string, string, RequestOptions][] = [
      ['GET', `${path}?access_token=${token}&token=${token}`, {}],
      ['GET', path, { headers: { cookie: cookie.join('; ') } }],
      ['GET', path, { headers: { 'x-access-token': token, 'proxy-authorization': `Bearer ${token}` } }],
      ['POST', path, { body: { title: 'x', access_token: token, token } }],
    ];
    for (const [method, url, options] of elsewhere) {
      expect(essence(await app.request(method, url, options))).toEqual(missing);
    }
  });

  test('not under another scheme', async () => {
    const token = await good();
    const basic = Buffer.from(`${userId}:${token}`).toString('base64');
    const values = [
      `Basic ${basic}`,
      `Token ${token}`,
      token,
      `Bearer${token}`,
      'Bearer',
      `Bearer ${token} x`,
    ];
    for (const value of [...values, `Bearer ${token}, Bearer ${token}`, `Bearer "${token}"`]) {
      expect(essence(await withHeader(value))).toEqual(invalid);
    }
  });

  test('not from two headers, good as each may be', async () => {
    const authorization = ['Authorization', `Bearer ${await good()}`];
    const headers = ['Host', new URL(app.url).host, ...authorization, ...authorization];
    const sent = request(app.url + path, { headers });
    const [response]: IncomingMessage[] = await once(sent.end(), 'response');
    response?.resume();
    expect([response?.statusCode, response?.headers['www-authenticate']]).toEqual([401, invalid.challenge]);
  });
});

describe('a server whose clock is wrong', () => {
  const fiveMinutes = () => ({ iat: now(), exp: now() + 300 });
  /** Sets the server's clock only: the token is signed before, and the database has its own clock. */
  function setClock(minutes: number) {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 });
  }

  test.each([-10, 10])(
    'by %i min refuses tokens that others minted just now, and goes on',
    async (minutes) => {
      const key = remoteKeys[0];
      if (key === undefined) throw new Error('no key');
      const tokens = [
        await minted(fiveMinutes()),
        jws(key.header, { ...claims(), ...fiveMinutes(), jti: String(minutes) }, key),
      ];
      setClock(minutes);
      for (const token of tokens) expect(essence(await withHeader(`Bearer ${token}`))).toEqual(invalid);
      vi.useRealTimers();
      expect((await withHeader(`Bearer ${await minted({ jti: String(minutes) })}`)).status).toBe(200);
    },
  );

  test.each([-4, 4])('by %i s takes them', async (seconds) => {
    const token = await minted({ ...fiveMinutes(), jti: String(seconds) });
    setClock(seconds / 60);
    expect((await withHeader(`Bearer ${token}`)).status).toBe(200);
  });
});
