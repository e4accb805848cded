import { createPrivateKey, createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { symmetricDecrypt } from 'better-auth/crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Reply, secret, startApp, type TestApp } from '../support/app.ts';
import { badTokens, goodToken, now, type TestIssuer, tokenWithAudienceList } from '../support/bad-tokens.ts';
import { startJwksServer } from '../support/jwks-server.ts';
import { hmacSigner, jws, keySigner, newKey } from '../support/jws.ts';

const issuer = 'https://front.example';
const audience = 'duly-clients';
const userId = 'user_of_a_front_end';

const es256 = newKey('ES256');
const rs256 = newKey('RS256');
const ps256 = newKey('PS256');
const withoutAlg = newKey('RS256');
const publishedKeys = [es256, rs256, ps256, newKey('EdDSA')];

/** Keys of a set that must not verify tokens, each with the algorithm that a token signed with it would name. */
const unusable = {
  'for encryption': keyWith(newKey('ES256'), { use: 'enc' }),
  'for signing only': keyWith(newKey('ES256'), { key_ops: ['sign'] }),
  'without operations': keyWith(newKey('ES256'), { key_ops: [] }),
  'named for another algorithm': keyWith(newKey('ES256'), { alg: 'ES384' }),
  'named for no signature': keyWith(newKey('ES256'), { alg: 'none' }),
  'named for a list of algorithms': keyWith(newKey('ES256'), { alg: ['ES256'] }),
  'with its private half': keyWith(newKey('EdDSA'), { d: 'AAAA' }),
  'of RSA with 1024 bits': newKey('RS256', 1_024),
  'without kid': keyWith(newKey('ES256'), { kid: undefined }),
  'with a number as kid': keyWith(newKey('ES256'), { kid: 7 }),
  'of a curve that is not the algorithm’s': keyWith(newKey('ES384'), { alg: 'ES256' }),
};
const twin = newKey('ES256');
const twins = [twin.jwk, { ...newKey('ES256').jwk, kid: twin.kid }];
const oct = {
  kty: 'oct',
  kid: randomUUID(),
  alg: 'HS256',
  k: Buffer.from('x'.repeat(32)).toString('base64url'),
};

function keyWith<Key extends { jwk: object }>(key: Key, members: object): Key {
  return { ...key, jwk: { ...key.jwk, ...members } };
}

let app: TestApp;
let remote: Awaited<ReturnType<typeof startJwksServer>>;
/** Serves keys to a verifier that trusts a URL in a token. */
let stranger: Awaited<ReturnType<typeof startJwksServer>>;
const strangersKey = newKey('ES256');
/** A token of an account of this server. */
let ownToken = '';
let ownKey: KeyObject;
let ownJwk: object;

beforeAll(async () => {
  remote = await startJwksServer([
    ...publishedKeys.map(({ jwk }) => jwk),
    { ...withoutAlg.jwk, alg: undefined },
    ...Object.values(unusable).map(({ jwk }) => jwk),
    ...twins,
    oct,
    null,
    'text',
  ] as object[]);
  stranger = await startJwksServer([strangersKey.jwk]);
  app = await startApp({ JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWKS_URL: remote.url });
  const body = { email: 'own@example.com', password: 'gentle-otter-42', first_name: 'O', last_name: '' };
  ownToken = (await app.request('POST', '/api/v1/auth/register', { body })).body.access_token;
  ownJwk = (await app.request('GET', '/api/auth/jwks')).body.keys[0];
  ownKey = await findOwnKey();
});
afterAll(() => Promise.all([app.close(), remote.close(), stranger.close()]));

/** Decrypts the server's private key, which needs the secret. */
async function findOwnKey(): Promise<KeyObject> {
  const { rows } = await sql<{ key: string }>`select "privateKey" as key from better_auth.jwks`.execute(
    app.ctx.db,
  );
  const { secretConfig } = await (await app.ctx.betterAuth()).$context;
  const data = await symmetricDecrypt({ key: secretConfig, data: JSON.parse(rows[0]?.key ?? '') });
  return createPrivateKey({ key: JSON.parse(data), format: 'jwk' });
}

const frontEndClaims = () => ({ sub: userId, iss: issuer, aud: audience, iat: now(), exp: now() + 3600 });
const ownSigner = () => keySigner('EdDSA', ownKey, String(decodeProtectedHeader(ownToken).kid));

const minters: Record<string, () => TestIssuer> = {
  'issuer 1, with the shared secret': () => ({ signer: hmacSigner(secret), claims: frontEndClaims }),
  'issuer 2, this server': () => ({ signer: ownSigner(), claims: () => decodeJwt(ownToken) }),
  'issuer 3, with a published key': () => ({ signer: es256, claims: frontEndClaims }),
};

const publicKeys = { 'issuer 3': es256, 'issuer 3, RSA': rs256 };
/** Encodings of a public key that a confused verifier would use as an HMAC secret. */
const encodings: Record<string, (key: KeyObject, jwk: object) => string | Uint8Array> = {
  pem: (key) => key.export({ type: 'spki', format: 'pem' }),
  'pem without the last line break': (key) => String(key.export({ type: 'spki', format: 'pem' })).trim(),
  der: (key) => key.export({ type: 'spki', format: 'der' }),
  'raw bytes': (_key, jwk) => Buffer.from(coordinate(jwk), 'base64url'),
  'a coordinate': (_key, jwk) => coordinate(jwk),
  'a JWK': (_key, jwk) => JSON.stringify(jwk),
};
const coordinate = (jwk: object) => String('x' in jwk ? jwk.x : 'n' in jwk ? jwk.n : '');

/** Bad tokens that only one issuer can have, or that mix two. */
const special: Record<string, () => string> = {
  ...Object.fromEntries(
    Object.entries(publicKeys).flatMap(([name, { publicKey, jwk, kid }]) =>
      Object.entries(encodings).flatMap(([form, encoded]) =>
        ['HS256', 'HS512'].map((alg) => [
          `${name}: ${alg} keyed with its public key as ${form}`,
          () => jws({ alg, kid }, frontEndClaims(), hmacSigner(encoded(publicKey, jwk), alg)),
        ]),
      ),
    ),
  ),
  ...Object.fromEntries(
    Object.keys(encodings).map((form) => [
      `issuer 2: HS256 keyed with its public key as ${form}`,
      () => {
        const key = encodings[form]?.(createPublicKey(ownKey), ownJwk) ?? '';
        return jws({ ...ownSigner().header, alg: 'HS256' }, decodeJwt(ownToken), hmacSigner(key));
      },
    ]),
  ),
  'issuer 2: its claims signed with the shared secret': () =>
    jws({ alg: 'HS256' }, decodeJwt(ownToken), hmacSigner(secret)),
  'issuer 2: its claims signed with a key of issuer 3': () => jws(es256.header, decodeJwt(ownToken), es256),
  'issuer 2: without kid': () => jws({ alg: 'EdDSA' }, decodeJwt(ownToken), ownSigner()),
  'issuer 2: an unknown kid': () =>
    jws({ alg: 'EdDSA', kid: randomUUID() }, decodeJwt(ownToken), ownSigner()),
  'issuer 2: without a session': () =>
    jws(ownSigner().header, { ...decodeJwt(ownToken), sid: undefined }, ownSigner()),
  'issuer 3: its claims signed with the key of issuer 2': () =>
    jws(ownSigner().header, frontEndClaims(), ownSigner()),
  'issuer 3: without kid': () => jws({ alg: 'ES256' }, frontEndClaims(), es256),
  'issuer 3: an unknown kid': () => jws({ ...es256.header, kid: randomUUID() }, frontEndClaims(), es256),
  'issuer 3: the kid of another of its keys': () =>
    jws({ ...es256.header, kid: rs256.kid }, frontEndClaims(), es256),
  'issuer 3: PS256 with a key for RS256': () => signedAs('PS256', rs256),
  'issuer 3: RS256 with a key for PS256': () => signedAs('RS256', ps256),
  'issuer 3: RS512 with a key for RS256': () => signedAs('RS512', rs256),
  'issuer 3: PS256 with an RSA key that names nothing': () => signedAs('PS256', withoutAlg),
  'issuer 3: a symmetric key of the set': () =>
    jws({ alg: 'HS256', kid: oct.kid }, frontEndClaims(), hmacSigner('x'.repeat(32))),
  'issuer 3: a kid that two keys share': () => jws(twin.header, frontEndClaims(), twin),
  ...Object.fromEntries(
    Object.entries(unusable).map(([name, key]) => [
      `issuer 3: a key of the set ${name}`,
      () => jws(key.header, frontEndClaims(), key),
    ]),
  ),
  'issuer 3: jku of a stranger': () =>
    jws({ ...strangersKey.header, jku: stranger.url }, frontEndClaims(), strangersKey),
  'issuer 3: kid as the address of a stranger': () =>
    jws({ alg: 'ES256', kid: stranger.url }, frontEndClaims(), strangersKey),
  'issuer 3: the stranger as issuer': () =>
    jws(strangersKey.header, { ...frontEndClaims(), iss: new URL(stranger.url).origin }, strangersKey),
};

const signedAs = (alg: string, { kid, privateKey }: typeof rs256) =>
  jws({ alg, kid }, frontEndClaims(), keySigner(alg, privateKey, kid));

const ask = (token: string, path = `/api/v1/users/${userId}/tasks`) =>
  app.request('GET', path, { headers: { authorization: `Bearer ${token}`, 'x-request-id': 'same' } });

function essence({ status, body, headers }: Reply) {
  const { timestamp: _, request_id: __, ...rest } = body;
  return { status, rest, challenge: headers.get('www-authenticate') };
}

const refused = {
  status: 401,
  rest: { detail: 'Not authenticated: authorization required', error_code: 'UNAUTHORIZED', status_code: 401 },
  challenge: 'Bearer realm="duly", error="invalid_token"',
};

describe.each(Object.keys(minters))('%s', (name) => {
  const minter = () => {
    const found = minters[name]?.();
    if (found === undefined) throw new Error(name);
    return found;
  };

  test('a good token is accepted', async () => {
    const { sub } = minter().claims();
    expect((await ask(goodToken(minter()), `/api/v1/users/${sub}/tasks`)).status).toBe(200);
  });

  test('a token whose audience is a list of one is accepted', async () => {
    const { sub } = minter().claims();
    expect((await ask(tokenWithAudienceList(minter()), `/api/v1/users/${sub}/tasks`)).status).toBe(200);
  });

  test.each(Object.keys(badTokens))('is refused, and the answer does not say why: %s', async (bad) => {
    expect(essence(await ask(badTokens[bad]?.(minter()) ?? ''))).toEqual(refused);
  });
});

describe('is refused, and the answer does not say why', () => {
  test.each(Object.keys(special))('%s', async (bad) => {
    expect(essence(await ask(special[bad]?.() ?? ''))).toEqual(refused);
  });
});

test('no key was ever fetched from where a token said', () => {
  expect(stranger.requestedPaths).toEqual([]);
  expect(new Set(remote.requestedPaths)).toEqual(new Set(['/api/auth/jwks']));
});
