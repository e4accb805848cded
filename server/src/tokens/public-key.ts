import { createPublicKey, type KeyObject } from 'node:crypto';

/** A public key and the one algorithm it may verify (RFC 8725 §3.1). */
export interface VerificationKey {
  readonly key: KeyObject;
  readonly algorithm: string;
}

interface KeyType {
  kty: string;
  crv?: string;
  /** The algorithm of keys with this `kty` and `crv` that have no `alg`. */
  isDefault?: true;
}

/**
 * Signature algorithms with public keys (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). HMAC is not among them, so
 * that a public key can never be used as a shared secret.
 */
const keyTypes: Record<string, KeyType> = {
  EdDSA: { kty: 'OKP', crv: 'Ed25519', isDefault: true },
  Ed25519: { kty: 'OKP', crv: 'Ed25519' },
  ES256: { kty: 'EC', crv: 'P-256', isDefault: true },
  ES384: { kty: 'EC', crv: 'P-384', isDefault: true },
  ES512: { kty: 'EC', crv: 'P-521', isDefault: true },
  RS256: { kty: 'RSA', isDefault: true },
  RS384: { kty: 'RSA' },
  RS512: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  PS384: { kty: 'RSA' },
  PS512: { kty: 'RSA' },
};

export const publicKeyAlgorithms: ReadonlySet<string> = new Set(Object.keys(keyTypes));

const rsaMinBits = 2_048;
const rsaMinExponent = 65_537n;
/** Members that only private and symmetric keys have (RFC 7518 §6). */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * Imports a JWK (RFC 7517 §4) that may verify signatures of one of `algorithms`. RSA keys need 2,048 bits and an
 * exponent of at least 65,537.
 * @returns null for any other value, also a private key or one without `kid`
 */
export function importPublicKey(
  jwk: unknown,
  algorithms: ReadonlySet<string>,
): [keyId: string, key: VerificationKey] | null {
  if (typeof jwk !== 'object' || jwk === null) return null;
  const { kty, crv, x, y, n, e, kid, alg, use, key_ops: operations }: Record<string, unknown> = { ...jwk };
  if (typeof kid !== 'string' || secretMembers.some((name) => name in jwk)) return null;
  if (use !== undefined && use !== 'sig') return null;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return null;
  const algorithm = Object.keys(keyTypes).find((name) => {
    const form = keyTypes[name];
    const named = alg === undefined ? form?.isDefault === true : alg === name;
    return named && form?.kty === kty && (form?.crv === undefined || form.crv === crv);
  });
  if (algorithm === undefined || !algorithms.has(algorithm)) return null;
  const key = toKeyObject({ kty, crv, x, y, n, e });
  return key && [kid, { key, algorithm }];
}

function toKeyObject(members: Record<string, unknown>): KeyObject | null {
  try {
    // JSON drops undefined members, which `createPublicKey` rejects.
    const key = createPublicKey({ key: JSON.parse(JSON.stringify(members)), format: 'jwk' });
    const { modulusLength = rsaMinBits, publicExponent = rsaMinExponent } = key.asymmetricKeyDetails ?? {};
    return modulusLength >= rsaMinBits && publicExponent >= rsaMinExponent ? key : null;
  } catch {
    return null;
  }
}
