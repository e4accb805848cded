import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Secrets } from '../config/auth.ts';

/**
 * Better Auth writes the version of a secret beside what it encrypts; one made of the secret itself stays the same
 * wherever the secret stands in the list.
 */
export const toVersionedSecrets = (secrets: Secrets) =>
  secrets.map((value) => ({
    version: createHash('sha256').update(`version:${value}`).digest().readUInt32BE(),
    value,
  }));

/** A value and its HMAC-SHA256 in base64, as in the cookies and bearer tokens of Better Auth. */
const signedValue = /^(.+)\.([A-Za-z0-9+/]{43}=)$/;

const signatureOf = (value: string, secret: string) => createHmac('sha256', secret).update(value).digest();

/**
 * Better Auth verifies its session tokens with the newest secret only: what an older one signed is signed anew on its
 * way in.
 */
export function resignSessionTokens(headers: Headers, secrets: Secrets): void {
  if (secrets.length === 1) return;
  const cookies = headers.get('cookie');
  if (cookies !== null) {
    const renewed = cookies.split(';').map((cookie) => {
      const [name = '', ...value] = cookie.trim().split('=');
      const token = resignToken(value.join('='), secrets);
      return token === null ? cookie.trim() : `${name}=${encodeURIComponent(token)}`;
    });
    headers.set('cookie', renewed.join('; '));
  }
  const bearer = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  const token = bearer === undefined ? null : resignToken(bearer, secrets);
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
}

/** @returns the token with a signature by the newest secret; null when no older one signed it. */
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
