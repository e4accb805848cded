import { constants, createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { base64url } from 'jose';

/** A JWS header (algorithm and key id) with its signing function. */
export interface Signer {
  header: { alg: string; kid?: string };
  sign(input: string): Buffer;
}

const encode = (value: unknown) =>
  base64url.encode(typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value));

/** A JWS of any header and payload, valid or not. Text and bytes are encoded as they are. */
export function jws(header: unknown, payload: unknown, signer: Pick<Signer, 'sign'>): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signer.sign(input).toString('base64url')}`;
}

export const hmacSigner = (key: string | Uint8Array, alg = 'HS256'): Signer => ({
  header: { alg },
  sign: (input) =>
    createHmac(`sha${alg.slice(2)}`, key)
      .update(input)
      .digest(),
});

/** Signs with a private key by `alg`, whatever the key's own type is. */
export function keySigner(alg: string, key: KeyObject, kid: string): Signer {
  const hash = /^Ed/.test(alg) ? null : `sha${alg.slice(2)}`;
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const options = { key, dsaEncoding: 'ieee-p1363' as const, ...(alg.startsWith('PS') ? pss : {}) };
  return { header: { alg, kid }, sign: (input) => sign(hash, Buffer.from(input), options) };
}

const curves: Record<string, string> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

function newKeyPair(alg: string, rsaBits: number) {
  const namedCurve = curves[alg];
  if (namedCurve !== undefined) return generateKeyPairSync('ec', { namedCurve });
  if (alg.startsWith('Ed')) return generateKeyPairSync('ed25519');
  return generateKeyPairSync('rsa', { modulusLength: rsaBits });
}

/** A new key pair: its public JWK and its signer. */
export function newKey(alg: string, rsaBits = 2_048) {
  const { publicKey, privateKey } = newKeyPair(alg, rsaBits);
  const kid = randomUUID();
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg };
  return { kid, jwk, publicKey, privateKey, ...keySigner(alg, privateKey, kid) };
}
