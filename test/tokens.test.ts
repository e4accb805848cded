import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { base64url, exportSPKI, importJWK, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mintToken, type Reply, secret, startApp, type TestApp } from './support/app.ts';

const issuer = 'https://front.example';
const audience = 'duly-clients';
const userId = 'user_of_a_front_end';
const day = 24 * 3600;

let app: TestApp;
/** An account of this server's, with a good token of issuer 2. */
let own: { id: string; token: string; jwk: JWK };
beforeAll(async () => {
  app = await startApp({ JWT_ISSUER: issuer, JWT_AUDIENCE: audience });
  const body = { email: 'own@example.com', password: 'gentle-otter-42', first_name: 'O', last_name: '' };
  const { body: account } = await app.request('POST', '/api/v1/auth/register', { body });
  const { body: jwks } = await app.request('GET', '/api/auth/jwks');
  own = { id: account.user.id, token: account.access_token, jwk: jwks.keys[0] };
});
afterAll(() => app.close());

const now = () => Math.floor(Date.now() / 1000);
const encode = (value: unknown) =>
  base64url.encode(typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value));
const goodClaims = () => ({ sub: userId, iss: issuer, aud: audience, iat: now(), exp: now() + 3600 });

/** A JWS over any header and payload, right or wrong, signed with HS256. */
async function forge(header: unknown, payload: unknown, key: string | Uint8Array = secret): Promise<string> {
  const bytes = typeof key === 'string' ? new TextEncoder().encode(key) : key;
  const name = { name: 'HMAC', hash: 'SHA-256' };
  const hmac = await crypto.subtle.importKey('raw', new Uint8Array(bytes), name, false, ['sign']);
  const input = `${encode(header)}.${encode(payload)}`;
  const signature = await crypto.subtle.sign('HMAC', hmac, new TextEncoder().encode(input));
  return `${input}.${base64url.encode(new Uint8Array(signature))}`;
}

const hs256 = { alg: 'HS256', typ: 'JWT' };
const minted = (claims: Record<string, unknown>) => mintToken({ ...goodClaims(), ...claims });
const headed = (header: Record<string, unknown>) => forge({ ...hs256, ...header }, goodClaims());
const payload = (value: unknown) => forge(hs256, value);
const good = () => minted({});
/** The good token of issuer 2, with parts changed. */
const parts = (token: string) => token.split('.') as [string, string, string];
const ownPayload = () => JSON.parse(Buffer.from(parts(own.token)[1], 'base64url').toString());
const ownHeader = () => JSON.parse(Buffer.from(parts(own.token)[0], 'base64url').toString());
const spliced = (token: string, index: number, part: string) => parts(token).with(index, part).join('.');

const foreign = generateKeyPairSync('ed25519');
const signForeign = (header: Record<string, unknown>) =>
  new SignJWT(ownPayload()).setProtectedHeader({ alg: 'EdDSA', ...header }).sign(foreign.privateKey);
/** Issuer 2's public key in the encodings that a confused verifier would take for an HMAC secret. */
async function confused(form: 'pem' | 'pem-trimmed' | 'der' | 'raw' | 'x' | 'jwk'): Promise<string> {
  const key = await importJWK(own.jwk, 'EdDSA', { extractable: true });
  if (key instanceof Uint8Array) throw new Error('not a public key');
  const pem = await exportSPKI(key);
  const x = String(own.jwk.x);
  const keys = {
    pem,
    'pem-trimmed': pem.trim(),
    der: Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ''), 'base64'),
    raw: Buffer.from(x, 'base64url'),
    x,
    jwk: JSON.stringify(own.jwk),
  };
  return forge({ alg: 'HS256', kid: own.jwk.kid }, ownPayload(), keys[form]);
}

const publicJwk = foreign.publicKey.export({ format: 'jwk' });
const without = (name: string) => minted({ [name]: undefined });

/** Every class of bad token, each a token that would be good but for the one thing its name says. */
const bad: Record<string, () => Promise<string> | string> = {
  'shape: one part': async () => parts(await good())[0],
  'shape: two parts': async () =>
    parts(await good())
      .slice(0, 2)
      .join('.'),
  'shape: an empty signature': async () => spliced(await good(), 2, ''),
  'shape: four parts': async () => `${await good()}.x`,
  'shape: five parts, as a JWE': async () => `${await good()}.x.x`,
  'shape: JSON serialization': async () => {
    const [header, body, signature] = parts(await good());
    return JSON.stringify({ protected: header, payload: body, signature });
  },
  'shape: padded': async () => `${await good()}=`,
  'shape: not the canonical last character': async () =>
    (await good()).replace(/.$/, (last) => nextCharacter(last)),
  'shape: base64 of the other alphabet': async () => spliced(await good(), 2, `${'+/+/'.repeat(10)}+/8`),
  'shape: over 8 kB': () => minted({ filler: 'x'.repeat(8_192) }),
  'shape: not a token': () => 'undefined',
  'header: not JSON': () => forge('{"alg":"HS256"', goodClaims()),
  'header: an array': () => forge([hs256], goodClaims()),
  'header: null': () => forge(null, goodClaims()),
  'header: not UTF-8': async () =>
    spliced(await good(), 0, base64url.encode(Buffer.from([0x7b, 0xff, 0x7d]))),
  'header: alg twice': () => forge('{"alg":"none","alg":"HS256"}', goodClaims()),
  'signature: cut': async () => (await good()).slice(0, -4),
  'signature: of another payload': async () => spliced(await good(), 2, parts(await minted({ sub: 'x' }))[2]),
  'signature: payload changed': async () =>
    spliced(await good(), 1, encode({ ...goodClaims(), sub: 'victim' })),
  'signature: another secret': () => mintToken(goodClaims(), 'another-secret-of-more-than-32-characters'),
  'signature: an empty secret': () => forge(hs256, goodClaims(), new Uint8Array(1)),
  'issuer 2, signature: another key under its kid': () => signForeign({ kid: own.jwk.kid }),
  'issuer 2, signature: another key without kid': () => signForeign({}),
  'issuer 2, signature: an unknown kid': () => signForeign({ kid: randomUUID() }),
  'issuer 2, signature: payload changed': () =>
    spliced(own.token, 1, encode({ ...ownPayload(), sub: userId })),
  'issuer 2, signature: none': () => spliced(own.token, 2, ''),
  ...Object.fromEntries(
    ['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) => [
      [`algorithm: ${alg || 'empty'}, unsigned`, () => `${encode({ alg })}.${encode(goodClaims())}.`],
      [`algorithm: ${alg || 'empty'}, signed`, () => headed({ alg })],
      [
        `issuer 2, algorithm: ${alg || 'empty'}`,
        () => spliced(own.token, 0, encode({ ...ownHeader(), alg })),
      ],
    ]),
  ),
  ...Object.fromEntries(
    ['hs256', 'HS384', 'HS512', 'RS256', 'ES256', 'EdDSA', 'Ed25519', ['HS256'], null, 5, undefined].map(
      (alg) => [`algorithm: ${JSON.stringify(alg)}, signed as HS256`, () => headed({ alg })],
    ),
  ),
  ...Object.fromEntries(
    (['pem', 'pem-trimmed', 'der', 'raw', 'x', 'jwk'] as const).map((form) => [
      `algorithm: HS256 keyed with the public key of issuer 2 as ${form}`,
      () => confused(form),
    ]),
  ),
  "algorithm: issuer 2's claims signed with the shared secret": () => forge(hs256, ownPayload()),
  'smuggled: jwk': () => signForeign({ jwk: publicJwk }),
  'smuggled: jwk, with a good signature': () => headed({ jwk: publicJwk }),
  'smuggled: jku': () => headed({ jku: `${app.url}/api/auth/jwks` }),
  'smuggled: x5u': () => headed({ x5u: `${app.url}/openapi.json` }),
  'smuggled: x5c': () => headed({ x5c: ['MIIB'] }),
  'smuggled: crit': () => headed({ crit: ['exp'], exp: 1 }),
  'smuggled: b64': () => headed({ b64: false, crit: ['b64'] }),
  'smuggled: b64 true': () => headed({ b64: true }),
  'smuggled: zip': () => headed({ zip: 'DEF' }),
  'smuggled: cty': () => headed({ cty: 'JWT' }),
  'smuggled: kid as a path': () => signForeign({ kid: '../../../../dev/null' }),
  'smuggled: kid as SQL': () => signForeign({ kid: "' or '1'='1" }),
  'type: at+jwt': () => headed({ typ: 'at+jwt' }),
  'type: JWE': () => headed({ typ: 'JWE' }),
  'type: a number': () => headed({ typ: 1 }),
  'time: expired': () => minted({ exp: now() - 6 }),
  'time: no exp': () => without('exp'),
  'time: exp null': () => payload({ ...goodClaims(), exp: null }),
  'time: exp as text': () => payload({ ...goodClaims(), exp: String(now() + 60) }),
  'time: exp in milliseconds': () => minted({ exp: (now() + 60) * 1000 }),
  'time: exp beyond numbers': () => payload(JSON.stringify(goodClaims()).replace(/"exp":\d+/, '"exp":1e999')),
  'time: exp further ahead than JWT_MAX_AGE_SECONDS': () => minted({ exp: now() + 7 * day + 60 }),
  'time: nbf in the future': () => minted({ nbf: now() + 60 }),
  'time: nbf as text': () => payload({ ...goodClaims(), nbf: '0' }),
  'time: iat in the future': () => minted({ iat: now() + 60 }),
  'time: iat as text': () => payload({ ...goodClaims(), iat: 'now' }),
  'issuer: missing': () => without('iss'),
  'issuer: another': () => minted({ iss: 'https://evil.example' }),
  'issuer: with a slash': () => minted({ iss: `${issuer}/` }),
  'issuer: a list': () => payload({ ...goodClaims(), iss: [issuer] }),
  'audience: missing': () => without('aud'),
  'audience: another': () => minted({ aud: 'others' }),
  'audience: a list of others': () => payload({ ...goodClaims(), aud: ['others'] }),
  'audience: a list with ours': () => payload({ ...goodClaims(), aud: ['others', audience] }),
  'audience: with a slash': () => minted({ aud: `${audience}/` }),
  'subject: missing': () => without('sub'),
  ...Object.fromEntries(
    ['', null, 5, true, [userId], { id: userId }, 'x'.repeat(256), 'a\0b', '\ud800'].map((sub) => [
      `subject: ${JSON.stringify(sub).slice(0, 40)}`,
      () => payload({ ...goodClaims(), sub }),
    ]),
  ),
  'payload: not JSON': () => payload('{"sub":'),
  'payload: not UTF-8': () =>
    payload(Buffer.from(JSON.stringify({ ...goodClaims(), name: 'Zo\u00eb' }), 'latin1')),
  'payload: an array': () => payload([goodClaims()]),
  'payload: null': () => payload('null'),
  'payload: text': () => payload('"text"'),
  'payload: a claim twice': () => payload(`{"sub":"other",${JSON.stringify(goodClaims()).slice(1)}`),
  'payload: a nested token': async () => payload(await good()),
};

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** The last character of 32 bytes carries two bits that mean nothing. */
const nextCharacter = (last: string) => alphabet[alphabet.indexOf(last) + 1] ?? 'B';

const path = () => `/api/v1/users/${userId}/tasks`;
const withHeader = (authorization: string) =>
  app.request('GET', path(), { headers: { authorization, 'x-request-id': 'same' } });

function essence({ status, body, headers }: Reply) {
  const { timestamp: _, request_id: __, ...rest } = body;
  return { status, rest, challenge: headers.get('www-authenticate') };
}

const invalid = {
  status: 401,
  rest: { detail: 'Not authenticated', error_code: 'UNAUTHORIZED', status_code: 401 },
  challenge: 'Bearer realm="duly", error="invalid_token"',
};

describe('a bad token is refused, and the answer does not say why', () => {
  test.each(Object.keys(bad))('%s', async (name) => {
    const token = await bad[name]?.();
    expect(essence(await withHeader(`Bearer ${token}`))).toEqual(invalid);
  });
});
