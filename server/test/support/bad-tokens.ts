import { base64url } from 'jose';
import { hmacSigner, jws, newKey, type Signer } from './jws.ts';

/** An accepted issuer, with its signing key. */
export interface TestIssuer {
  signer: Signer;
  /** Claims of a valid token. */
  claims(): Record<string, unknown>;
}

type BadTokens = Record<string, (minter: TestIssuer) => string>;

export const now = () => Math.floor(Date.now() / 1000);
const day = 24 * 3600;
const encode = (value: unknown) => base64url.encode(JSON.stringify(value));

export const goodToken = ({ signer, claims }: TestIssuer) => jws(signer.header, claims(), signer);

const withPayload = (minter: TestIssuer, value: unknown) => jws(minter.signer.header, value, minter.signer);
const withClaims = (minter: TestIssuer, claims: Record<string, unknown>) =>
  withPayload(minter, { ...minter.claims(), ...claims });
const withHeader = (minter: TestIssuer, header: Record<string, unknown>) =>
  jws({ ...minter.signer.header, ...header }, minter.claims(), minter.signer);
const withPart = (token: string, index: number, part: string) => token.split('.').with(index, part).join('.');
const part = (token: string, index: number) => token.split('.')[index] ?? '';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** The last character of 32 or 64 encoded bytes has unused bits: the next character decodes to the same bytes. */
const nextCharacter = (last: string) => alphabet[alphabet.indexOf(last) + 1] ?? 'B';

const foreign = newKey('EdDSA');

const shapes: BadTokens = {
  'shape: one part': (minter) => part(goodToken(minter), 0),
  'shape: two parts': (minter) => goodToken(minter).split('.').slice(0, 2).join('.'),
  'shape: an empty signature': (minter) => withPart(goodToken(minter), 2, ''),
  'shape: four parts': (minter) => `${goodToken(minter)}.x`,
  'shape: five parts, as a JWE': (minter) => `${goodToken(minter)}.x.x`,
  'shape: JSON serialization': (minter) => {
    const [header, body, signature] = goodToken(minter).split('.');
    return JSON.stringify({ protected: header, payload: body, signature });
  },
  'shape: padded': (minter) => `${goodToken(minter)}=`,
  'shape: not the canonical last character': (minter) => goodToken(minter).replace(/.$/, nextCharacter),
  'shape: base64 of the other alphabet': (minter) =>
    withPart(goodToken(minter), 2, `${'+/+/'.repeat(10)}+/8`),
  'shape: over 6 kB': (minter) => withClaims(minter, { filler: 'x'.repeat(4_700) }),
  'shape: not a token': () => 'undefined',
};

const headers: BadTokens = {
  'header: not JSON': ({ signer, claims }) =>
    jws(JSON.stringify(signer.header).slice(0, -1), claims(), signer),
  'header: an array': ({ signer, claims }) => jws([signer.header], claims(), signer),
  'header: null': ({ signer, claims }) => jws(null, claims(), signer),
  'header: not UTF-8': ({ signer, claims }) => jws(Buffer.from([0x7b, 0xff, 0x7d]), claims(), signer),
  'header: alg twice': ({ signer, claims }) =>
    jws(`{"alg":"none",${JSON.stringify(signer.header).slice(1)}`, claims(), signer),
  'smuggled: jwk': ({ claims }) => jws({ ...foreign.header, jwk: foreign.jwk }, claims(), foreign),
  'smuggled: jwk under a kid that exists': ({ signer, claims }) =>
    jws({ ...foreign.header, jwk: foreign.jwk, kid: signer.header.kid }, claims(), foreign),
  'smuggled: crit': (minter) => withHeader(minter, { crit: ['exp'], exp: 1 }),
  'smuggled: b64': (minter) => withHeader(minter, { b64: false, crit: ['b64'] }),
  'smuggled: kid as a path': ({ claims }) =>
    jws({ ...foreign.header, kid: '../../../../dev/null' }, claims(), foreign),
  'smuggled: kid as SQL': ({ claims }) => jws({ ...foreign.header, kid: "' or '1'='1" }, claims(), foreign),
  ...Object.fromEntries(
    Object.entries({
      jwk: foreign.jwk,
      jku: 'http://127.0.0.1:1/jwks',
      x5u: 'http://127.0.0.1:1/cert',
      x5c: ['MIIB'],
      b64: true,
      zip: 'DEF',
      cty: 'JWT',
    }).map(([name, value]) => [
      `smuggled: ${name}, with a good signature`,
      (minter: TestIssuer) => withHeader(minter, { [name]: value }),
    ]),
  ),
  ...Object.fromEntries(
    ['at+jwt', 'JWE', 'JOSE', '', 1, null].map((typ) => [
      `type: ${JSON.stringify(typ)}`,
      (minter: TestIssuer) => withHeader(minter, { typ }),
    ]),
  ),
  ...Object.fromEntries(
    [null, 5, ['x'], {}].map((kid) => [
      `kid: ${JSON.stringify(kid)}`,
      (minter: TestIssuer) => withHeader(minter, { kid }),
    ]),
  ),
};

const signatures: BadTokens = {
  'signature: cut': (minter) => goodToken(minter).slice(0, -4),
  'signature: a bit flipped': (minter) => {
    const token = goodToken(minter);
    const bytes = Buffer.from(part(token, 2), 'base64url');
    bytes.writeUInt8(bytes.readUInt8(5) ^ 1, 5);
    return withPart(token, 2, bytes.toString('base64url'));
  },
  'signature: of another payload': (minter) =>
    withPart(goodToken(minter), 2, part(withClaims(minter, { sub: 'x' }), 2)),
  'signature: payload changed': (minter) =>
    withPart(goodToken(minter), 1, encode({ ...minter.claims(), sub: 'victim' })),
  'signature: another key under the same header': ({ signer, claims }) => {
    const other =
      signer.header.alg === 'HS256' ? hmacSigner('another '.repeat(8)) : newKey(signer.header.alg);
    return jws(signer.header, claims(), other);
  },
  'signature: of an empty secret': ({ signer, claims }) => jws(signer.header, claims(), hmacSigner('')),
  'signature: only zeros': (minter) => withPart(goodToken(minter), 2, Buffer.alloc(64).toString('base64url')),
};

const algorithmNames = [
  ...['hs256', 'HS256', 'HS384', 'HS512', 'RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519', 'eddsa'],
  ...['dir', 'A256GCMKW', 'PBES2-HS256+A128KW', ['HS256'], ['EdDSA'], null, 5, {}],
];

/** Wrong names of algorithms over a signature that is valid under the issuer's own. */
const algorithms: BadTokens = {
  ...Object.fromEntries(
    ['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) => [
      [
        `algorithm: ${alg || 'empty'}, unsigned`,
        ({ signer, claims }: TestIssuer) => `${encode({ ...signer.header, alg })}.${encode(claims())}.`,
      ],
      [`algorithm: ${alg || 'empty'}, signed`, (minter: TestIssuer) => withHeader(minter, { alg })],
    ]),
  ),
  'algorithm: absent': (minter) => withHeader(minter, { alg: undefined }),
  ...Object.fromEntries(
    algorithmNames.map((alg) => [
      `algorithm: called ${JSON.stringify(alg)}`,
      (minter: TestIssuer) =>
        // With the issuer's own algorithm the token would be valid, so another key signs it.
        alg === minter.signer.header.alg
          ? jws(minter.signer.header, minter.claims(), hmacSigner('x'))
          : withHeader(minter, { alg }),
    ]),
  ),
};

const times: BadTokens = {
  'time: expired': (minter) => withClaims(minter, { exp: now() - 6 }),
  'time: no exp': (minter) => withClaims(minter, { exp: undefined }),
  'time: exp null': (minter) => withClaims(minter, { exp: null }),
  'time: exp as text': (minter) => withClaims(minter, { exp: String(now() + 60) }),
  'time: exp in milliseconds': (minter) => withClaims(minter, { exp: (now() + 60) * 1000 }),
  'time: exp in the year 9999': (minter) => withClaims(minter, { exp: 253_402_300_799 }),
  'time: exp beyond numbers': (minter) =>
    withPayload(minter, JSON.stringify(minter.claims()).replace(/"exp":\d+/, '"exp":1e999')),
  'time: exp further ahead than JWT_MAX_AGE_SECONDS': (minter) =>
    withClaims(minter, { exp: now() + 7 * day + 60 }),
  'time: nbf in the future': (minter) => withClaims(minter, { nbf: now() + 60 }),
  'time: nbf as text': (minter) => withClaims(minter, { nbf: '0' }),
  'time: iat in the future': (minter) => withClaims(minter, { iat: now() + 60 }),
  'time: iat as text': (minter) => withClaims(minter, { iat: 'now' }),
};

const claimsOfOthers: BadTokens = Object.fromEntries(
  (['iss', 'aud'] as const).flatMap((name) => [
    [`${name}: missing`, (minter: TestIssuer) => withClaims(minter, { [name]: undefined })],
    [`${name}: null`, (minter: TestIssuer) => withClaims(minter, { [name]: null })],
    [`${name}: another`, (minter: TestIssuer) => withClaims(minter, { [name]: 'https://evil.example' })],
    [
      `${name}: with a slash`,
      (minter: TestIssuer) => withClaims(minter, { [name]: `${minter.claims()[name]}/` }),
    ],
    [
      `${name}: a list with others`,
      (minter: TestIssuer) => withClaims(minter, { [name]: ['others', minter.claims()[name]] }),
    ],
    [
      `${name}: a list of others`,
      (minter: TestIssuer) => withClaims(minter, { [name]: ['https://evil.example'] }),
    ],
    [`${name}: an empty list`, (minter: TestIssuer) => withClaims(minter, { [name]: [] })],
    [`${name}: a list of a number`, (minter: TestIssuer) => withClaims(minter, { [name]: [5] })],
    [
      `${name}: a list with a number`,
      (minter: TestIssuer) => withClaims(minter, { [name]: [minter.claims()[name], 5] }),
    ],
    [
      `${name}: a list in a list`,
      (minter: TestIssuer) => withClaims(minter, { [name]: [[minter.claims()[name]]] }),
    ],
    [
      `${name}: the same twice in a list`,
      (minter: TestIssuer) => withClaims(minter, { [name]: [minter.claims()[name], minter.claims()[name]] }),
    ],
  ]),
);

/** Valid: an array with one audience equals the string (RFC 7519 §4.1.3). */
export const tokenWithAudienceList = (minter: TestIssuer) =>
  withClaims(minter, { aud: [minter.claims().aud] });

/** `iss` must not be an array (RFC 7519 §4.1.1). */
const issuerLists: BadTokens = {
  'iss: a list': (minter) => withClaims(minter, { iss: [minter.claims().iss] }),
};

const subjects: BadTokens = Object.fromEntries(
  [undefined, '', null, 5, true, ['ada'], { id: 'ada' }, 'x'.repeat(256), 'a\0b', '\ud800'].map((sub) => [
    `sub: ${String(JSON.stringify(sub)).slice(0, 40)}`,
    (minter: TestIssuer) => withClaims(minter, { sub }),
  ]),
);

const payloads: BadTokens = {
  'payload: not JSON': (minter) => withPayload(minter, '{"sub":'),
  'payload: not UTF-8': (minter) =>
    withPayload(minter, Buffer.from(JSON.stringify({ ...minter.claims(), name: 'Zo\u00eb' }), 'latin1')),
  'payload: an array': (minter) => withPayload(minter, [minter.claims()]),
  'payload: null': (minter) => withPayload(minter, 'null'),
  'payload: text': (minter) => withPayload(minter, '"text"'),
  'payload: a claim twice': (minter) =>
    withPayload(minter, `{"sub":"other",${JSON.stringify(minter.claims()).slice(1)}`),
  'payload: a claim twice, once escaped': (minter) =>
    withPayload(minter, `{"s\\u0075b":"other",${JSON.stringify(minter.claims()).slice(1)}`),
  'payload: a nested token': (minter) => withPayload(minter, goodToken(minter)),
};

/** Every kind of invalid token for each issuer: valid except for the fault in its name. */
export const badTokens: BadTokens = {
  ...shapes,
  ...headers,
  ...signatures,
  ...algorithms,
  ...times,
  ...claimsOfOthers,
  ...issuerLists,
  ...subjects,
  ...payloads,
};
