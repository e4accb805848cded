import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { AuthContext } from 'better-auth';
import type { Secrets } from '../config/auth.ts';

/**
 * Better Auth stores a secret's version with each encrypted value. A version derived from the secret stays valid when
 * the list is reordered.
 */
export const toVersionedSecrets = (secrets: Secrets) =>
  secrets.map((value) => ({
    version: createHash('sha256').update(`version:${value}`).digest().readUInt32BE(),
    value,
  }));

/** The secrets as Better Auth's context has them, which `better-auth/crypto` takes. */
export function toSecretConfig(secrets: Secrets): AuthContext['secretConfig'] {
  const versions = toVersionedSecrets(secrets);
  return {
    keys: new Map(versions.map(({ version, value }) => [version, value])),
    currentVersion: versions[0]?.version ?? 0,
    legacySecret: legacySecretOf(secrets),
  };
}

/** For values stored without a version, which the oldest secret encrypted. */
export const legacySecretOf = (secrets: Secrets): string => secrets.at(-1) ?? secrets[0];

/** `value.signature`, an HMAC-SHA256 in base64: the form of Better Auth's cookies and bearer tokens. */
const signedValue = /^(.+)\.([A-Za-z0-9+/]{43}=)$/;

const signatureOf = (value: string, secret: string) => createHmac('sha256', secret).update(value).digest();

/**
 * Better Auth verifies session tokens with the newest secret only. Replaces, in `Cookie` and `Authorization`, the
 * signatures of older secrets by one of the newest. Changes `headers` in place.
 */
export function resignSessionTokens(headers: Headers, secrets: Secrets): void {
  if (secrets.length === 1) return;
  const cookies = headers.get('cookie');
  if (cookies !== null) {
    const resigned = cookies.split(';').map((cookie) => {
      const [name = '', ...value] = cookie.trim().split('=');
      const token = resignToken(value.join('='), secrets);
      return token === null ? cookie.trim() : `${name}=${encodeURIComponent(token)}`;
    });
    headers.set('cookie', resigned.join('; '));
  }
  const bearer = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  const token = bearer === undefined ? null : resignToken(bearer, secrets);
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
}

/** @returns the token signed with the newest secret; null when no older one signed it. */
function resignToken(encoded: string, [newest, ...older]: Secrets): string | null {
  const [, value, signature] = signedValue.exec(tryDecode(encoded)) ?? [];
  if (value === undefined || signature === undefined) return null;
  const receivedSignature = Buffer.from(signature, 'base64');
  const isOurs = older.some((secret) => timingSafeEqual(receivedSignature, signatureOf(value, secret)));
  return isOurs ? `${value}.${signatureOf(value, newest).toString('base64')}` : null;
}

function tryDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
