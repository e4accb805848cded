import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { mintToken, startApp, type TestApp } from '../support/app.ts';
import { startJwksServer } from '../support/jwks-server.ts';
import { jws, newKey } from '../support/jws.ts';
import { patience } from '../support/patience.ts';

const issuer = 'https://front.example';
const audience = 'duly-clients';
const userId = 'user_of_a_front_end';

const first = newKey('ES256');
const second = newKey('EdDSA');

let remote: Awaited<ReturnType<typeof startJwksServer>>;
/** Each test starts an app on this app's database, with no keys loaded. */
let lender: TestApp;
let app: TestApp;
beforeAll(async () => {
  lender = await startApp();
});
afterAll(() => lender.close());
beforeEach(async () => {
  remote = await startJwksServer([first.jwk]);
  app = await startApp({ JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWKS_URL: remote.url }, lender);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all([app.close(), remote.close()]);
});

let serial = 0;
function token(key: ReturnType<typeof newKey>, kid: string = key.kid): string {
  const now = Math.floor(Date.now() / 1000);
  serial += 1;
  const claims = { sub: userId, iss: issuer, aud: audience, iat: now, exp: now + 3600, jti: String(serial) };
  return jws({ ...key.header, kid }, claims, key);
}

const statusOf = async (bearer: string) =>
  (await app.request('GET', `/api/${userId}/tasks`, { token: bearer })).status;

/** Advances the monotonic clock, which times reloads. */
function pass(seconds: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + seconds * 1_000);
}

describe('keys of a remote issuer', () => {
  test('are loaded once for many tokens', async () => {
    const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf(token(first))));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(remote.requestedPaths).toHaveLength(1);
  });

  test('that are new are found by the first token they signed', async () => {
    expect(await statusOf(token(first))).toBe(200);
    remote.publish([first.jwk, second.jwk]);
    pass(31);
    expect(await statusOf(token(second))).toBe(200);
    expect(await statusOf(token(first))).toBe(200);
    expect(remote.requestedPaths).toHaveLength(2);
  });

  test('are asked for once in 30 s, however many tokens name keys that are not there', async () => {
    expect(await statusOf(token(first))).toBe(200);
    const flood = async () => {
      for (let round = 0; round < 20; round += 1) {
        const kids = Array.from({ length: 50 }, (_, index) => `unknown ${round}.${index}`);
        const statuses = await Promise.all(kids.map((kid) => statusOf(token(first, kid))));
        expect(new Set(statuses)).toEqual(new Set([401]));
      }
    };
    await flood();
    expect(remote.requestedPaths).toHaveLength(1);
    pass(31);
    await flood();
    expect(remote.requestedPaths).toHaveLength(2);
    expect(await statusOf(token(first))).toBe(200);
  });

  test('that were withdrawn verify no more after ten minutes, whether the token was seen before or not', async () => {
    const seen = token(first);
    // The token is remembered from its second use on: the first use loaded the key.
    expect([await statusOf(seen), await statusOf(seen)]).toEqual([200, 200]);
    remote.publish([second.jwk]);
    pass(601);
    await vi.waitFor(async () => expect(await statusOf(seen)).toBe(401), patience);
    expect([await statusOf(token(first)), await statusOf(token(second))]).toEqual([401, 200]);
    expect(remote.requestedPaths).toHaveLength(2);
  });
});

const failures: Record<string, (response: ServerResponse) => void> = {
  'an error': (response) => response.writeHead(500).end(JSON.stringify({ keys: [second.jwk] })),
  'a connection that breaks': (response) => response.destroy(),
  'a redirect to elsewhere': (response) => response.writeHead(302, { location: `${remote.url}/moved` }).end(),
  'more than is sensible': (response) => response.end(' '.repeat(200_000) + JSON.stringify({ keys: [] })),
  'no end': (response) => {
    const chunk = ' '.repeat(65_536);
    const write = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', write);
    write();
  },
  'too many keys': (response) => response.end(JSON.stringify({ keys: Array(101).fill(second.jwk) })),
  'no JSON': (response) => response.end('<html>'),
  'JSON of another kind': (response) => response.end(JSON.stringify([second.jwk])),
  'keys that are no list': (response) => response.end(JSON.stringify({ keys: { 0: second.jwk } })),
  'what is not UTF-8': (response) => response.end(Buffer.from([0x7b, 0xff, 0x7d])),
};

describe('a remote issuer that fails', () => {
  test('leaves the keys from before, whatever it answers', async () => {
    expect(await statusOf(token(first))).toBe(200);
    let passed = 0;
    for (const [name, failure] of Object.entries(failures)) {
      remote.answer(failure);
      passed += 31;
      vi.restoreAllMocks();
      pass(passed);
      const before = remote.requestedPaths.length;
      expect([name, await statusOf(token(second))]).toEqual([name, 401]);
      expect([name, remote.requestedPaths.length]).toEqual([name, before + 1]);
      expect([name, await statusOf(token(first))]).toEqual([name, 200]);
    }
    remote.publish([second.jwk]);
    vi.restoreAllMocks();
    pass(passed + 31);
    expect(await statusOf(token(second))).toBe(200);
  });

  test('and never answered before: 503 for its tokens, 200 for those of others, and again soon', async () => {
    remote.answer((response) => response.writeHead(500).end());
    const { status, headers } = await app.request('GET', `/api/${userId}/tasks`, { token: token(first) });
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    expect(await statusOf(token(first))).toBe(503);
    expect(remote.requestedPaths).toHaveLength(1);
    const body = { email: 'own@example.com', password: 'gentle-otter-42', first_name: 'O', last_name: '' };
    const { body: account } = await app.request('POST', '/api/v1/auth/register', { body });
    const own = { token: account.access_token };
    expect((await app.request('GET', `/api/${account.user.id}/tasks`, own)).status).toBe(200);
    remote.publish([first.jwk]);
    pass(6);
    expect(await statusOf(token(first))).toBe(200);
  });

  test('and does not answer at all holds up its tokens for three seconds and nobody else', async () => {
    remote.answer(() => undefined);
    const waiting = statusOf(token(first));
    const now = Math.floor(Date.now() / 1000);
    const shared = await mintToken({ sub: userId, iss: issuer, aud: audience, exp: now + 60 });
    expect(await Promise.race([waiting, statusOf(shared)])).toBe(200);
    expect(await waiting).toBe(503);
    expect(remote.requestedPaths).toHaveLength(1);
  });

  test('and hangs later holds up no token of a key that is known', async () => {
    const seen = token(first);
    expect(await statusOf(seen)).toBe(200);
    remote.answer(() => undefined);
    pass(601);
    expect([await statusOf(seen), await statusOf(token(first))]).toEqual([200, 200]);
    await vi.waitFor(() => expect(remote.requestedPaths).toHaveLength(2), patience);
  });
});
