import { base64url } from 'jose';
import { hmacSigner, jws, newKey, type Signer } from './jws.ts';

/** An accepted issuer as a test sees it. */
export interface Minter {
  signer: Signer;
  /** Those of a good token. */
  claims(): Record<string, unknown>;
}

type BadTokens = Record<string, (minter: Minter) => string>;

export const now = () => Math.floor(Date.now() / 1000);
const day = 24 * 3600;
const encode = (value: unknown) => base64url.encode(JSON.stringify(value));

export const goodToken = ({ signer, claims }: Minter) => jws(signer.header, claims(), signer);

const payload = (minter: Minter, value: unknown) => jws(minter.signer.header, value, minter.signer);
const claimed = (minter: Minter, claims: Record<string, unknown>) =>
  payload(minter, { ...minter.claims(), ...claims });
const headed = (minter: Minter, header: Record<string, unknown>) =>
  jws({ ...minter.signer.header, ...header }, minter.claims(), minter.signer);
const spliced = (token: string, index: number, part: string) => token.split('.').with(index, part).join('.');
const part = (token: string, index: number) => token.split('.')[index] ?? '';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** The last character of 32 or 64 bytes carries bits that mean nothing. */
const nextCharacter = (last: string) => alphabet[alphabet.indexOf(last) + 1] ?? 'B';

const foreign = newKey('EdDSA');

const shapes: BadTokens = {
  'shape: one part': (minter) => part(goodToken(minter), 0),
  'shape: two parts': (minter) => goodToken(minter).split('.').slice(0, 2).join('.'),
  'shape: an empty signature': (minter) => spliced(goodToken(minter), 2, ''),
  'shape: four parts': (minter) => `${goodToken(minter)}.x`,
  'shape: five parts, as a JWE': (minter) => `${goodToken(minter)}.x.x`,
  'shape: JSON serialization': (minter) => {
    const [header, body, signature] = goodToken(minter).split('.');
    return JSON.stringify({ protected: header, payload: body, signature });
  },
  'shape: padded': (minter) => `${goodToken(minter)}=`,
  'shape: not the canonical last character': (minter) => goodToken(minter).replace(/.$/, nextCharacter),
  'shape: base64 of the other alphabet': (minter) => spliced(goodToken(minter), 2, `${'+/+/'.repeat(10)}+/8`),
  'shape: over 6 kB': (minter) => claimed(minter, { filler: 'x'.repeat(4_700) }),
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
  'smuggled: crit': (minter) => headed(minter, { crit: ['exp'], exp: 1 }),
  'smuggled: b64': (minter) => headed(minter, { b64: false, crit: ['b64'] }),
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
      (minter: Minter) => headed(minter, { [name]: value }),
    ]),
  ),
  ...Object.fromEntries(
    ['at+jwt', 'JWE', 'JOSE', '', 1, null].map((typ) => [
      `type: ${JSON.stringify(typ)}`,
      (minter: Minter) => headed(minter, { typ }),
    ]),
  ),
  ...Object.fromEntries(
    [null, 5, ['x'], {}].map((kid) => [
      `kid: ${JSON.stringify(kid)}`,
      (minter: Minter) => headed(minter, { kid }),
    ]),
  ),
};

const signatures: BadTokens = {
  'signature: cut': (minter) => goodToken(minter).slice(0, -4),
  'signature: a bit flipped': (minter) => {
    const token = goodToken(minter);
    const bytes = Buffer.from(part(token, 2), 'base64url');
    bytes.writeUInt8(bytes.readUInt8(5) ^ 1, 5);
    return spliced(token, 2, bytes.toString('base64url'));
  },
  'signature: of another payload': (minter) =>
    spliced(goodToken(minter), 2, part(claimed(minter, { sub: 'x' }), 2)),
  'signature: payload changed': (minter) =>
    spliced(goodToken(minter), 1, encode({ ...minter.claims(), sub: 'victim' })),
  'signature: another key under the same header': ({ signer, claims }) => {
    const other =
      signer.header.alg === 'HS256' ? hmacSigner('another '.repeat(8)) : newKey(signer.header.alg);
    return jws(signer.header, claims(), other);
  },
  'signature: of an empty secret': ({ signer, claims }) => jws(signer.header, claims(), hmacSigner('')),
  'signature: only zeros': (minter) => spliced(goodToken(minter), 2, Buffer.alloc(64).toString('base64url')),
};

const algorithmNames = [
  ...['hs256', 'HS256', 'HS384', 'HS512', 'RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519', 'eddsa'],
  ...['dir', 'A256GCMKW', 'PBES2-HS256+A128KW', ['HS256'], ['EdDSA'], null, 5, {}],
];

/** Names of algorithms over a signature that is good under the issuer's own. */
const algorithms: BadTokens = {
  ...Object.fromEntries(
    ['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) => [
      [
        `algorithm: ${alg || 'empty'}, unsigned`,
        ({ signer, claims }: Minter) => `${encode({ ...signer.header, alg })}.${encode(claims())}.`,
      ],
      [`algorithm: ${alg || 'empty'}, signed`, (minter: Minter) => headed(minter, { alg })],
    ]),
  ),
  'algorithm: absent': (minter) => headed(minter, { alg: undefined }),
  ...Object.fromEntries(
    algorithmNames.map((alg) => [
      `algorithm: called ${JSON.stringify(alg)}`,
      (minter: Minter) =>
        // Under the right name the token would be good: there a stranger signs.
        alg === minter.signer.header.alg
          ? jws(minter.signer.header, minter.claims(), hmacSigner('x'))
          : headed(minter, { alg }),
    ]),
  ),
};

const times: BadTokens = {
  'time: expired': (minter) => claimed(minter, { exp: now() - 6 }),
  'time: no exp': (minter) => claimed(minter, { exp: undefined }),
  'time: exp null': (minter) => claimed(minter, { exp: null }),
  'time: exp as text': (minter) => claimed(minter, { exp: String(now() + 60) }),
  'time: exp in milliseconds': (minter) => claimed(minter, { exp: (now() + 60) * 1000 }),
  'time: exp in the year 9999': (minter) => claimed(minter, { exp: 253_402_300_799 }),
  'time: exp beyond numbers': (minter) =>
    payload(minter, JSON.stringify(minter.claims()).replace(/"exp":\d+/, '"exp":1e999')),
  'time: exp further ahead than JWT_MAX_AGE_SECONDS': (minter) =>
    claimed(minter, { exp: now() + 7 * day + 60 }),
  'time: nbf in the future': (minter) => claimed(minter, { nbf: now() + 60 }),
  'time: nbf as text': (minter) => claimed(minter, { nbf: '0' }),
  'time: iat in the future': (minter) => claimed(minter, { iat: now() + 60 }),
  'time: iat as text': (minter) => claimed(minter, { iat: 'now' }),
};

const claimsOfOthers: BadTokens = Object.fromEntries(
  (['iss', 'aud'] as const).flatMap((name) => [
    [`${name}: missing`, (minter: Minter) => claimed(minter, { [name]: undefined })],
    [`${name}: null`, (minter: Minter) => claimed(minter, { [name]: null })],
    [`${name}: another`, (minter: Minter) => claimed(minter, { [name]: 'https://evil.example' })],
    [`${name}: with a slash`, (minter: Minter) => claimed(minter, { [name]: `${minter.claims()[name]}/` })],
    [
      `${name}: a list with others`,
      (minter: Minter) => claimed(minter, { [name]: ['others', minter.claims()[name]] }),
    ],
    [`${name}: a list of others`, (minter: Minter) => claimed(minter, { [name]: ['https://evil.example'] })],
    [`${name}: an empty list`, (minter: Minter) => claimed(minter, { [name]: [] })],
    [`${name}: a list of a number`, (minter: Minter) => claimed(minter, { [name]: [5] })],
    [
      `${name}: a list with a number`,
      (minter: Minter) => claimed(minter, { [name]: [minter.claims()[name], 5] }),
    ],
    [`${name}: a list in a list`, (minter: Minter) => claimed(minter, { [name]: [[minter.claims()[name]]] })],
    [
      `${name}: the same twice in a list`,
      (minter: Minter) => claimed(minter, { [name]: [minter.claims()[name], minter.claims()[name]] }),
    ],
  ]),
);

/** As good as with the string (RFC 7519 §4.1.3). */
export const tokenForListOfOne = (minter: Minter) => claimed(minter, { aud: [minter.claims().aud] });

/** `iss` is never a list (RFC 7519 §4.1.1). */
const issuerList: BadTokens = {
  'iss: a list': (minter) => claimed(minter, { iss: [minter.claims().iss] }),
};

const subjects: BadTokens = Object.fromEntries(
  [undefined, '', null, 5, true, ['ada'], { id: 'ada' }, 'x'.repeat(256), 'a\0b', '\ud800'].map((sub) => [
    `sub: ${String(JSON.stringify(sub)).slice(0, 40)}`,
    (minter: Minter) => claimed(minter, { sub }),
  ]),
);

const payloads: BadTokens = {
  'payload: not JSON': (minter) => payload(minter, '{"sub":'),
  'payload: not UTF-8': (minter) =>
    payload(minter, Buffer.from(JSON.stringify({ ...minter.claims(), name: 'Zo\u00eb' }), 'latin1')),
  'payload: an array': (minter) => payload(minter, [minter.claims()]),
  'payload: null': (minter) => payload(minter, 'null'),
  'payload: text': (minter) => payload(minter, '"text"'),
  'payload: a claim twice': (minter) =>
    payload(minter, `{"sub":"other",${JSON.stringify(minter.claims()).slice(1)}`),
  'payload: a claim twice, once escaped': (minter) =>
    payload(minter, `{"s\\u0075b":"other",${JSON.stringify(minter.claims()).slice(1)}`),
  'payload: a nested token': (minter) => payload(minter, goodToken(minter)),
};

/** Every class of bad token that each issuer can meet: one that would be good but for what its name says. */
export const badTokens: BadTokens = {
  ...shapes,
  ...headers,
  ...signatures,
  ...algorithms,
  ...times,
  ...claimsOfOthers,
  ...issuerList,
  ...subjects,
  ...payloads,
};
