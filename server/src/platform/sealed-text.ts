import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

/** Text encrypted at rest: AES-256-GCM under a key that HKDF-SHA256 derives from a secret of the service. */
const algorithm = 'aes-256-gcm';
const [ivBytes, tagBytes] = [12, 16];

/** The newest first: it encrypts. Older ones only decrypt. */
type Secrets = readonly [string, ...string[]];

const deriveKey = (secret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', 'duly sealed text', 32));

/** Names a key without telling anything about it, so that the right one of several is found. */
const keyIdOf = (key: Buffer): string =>
  createHash('sha256').update('id').update(key).digest('base64url').slice(0, 8);

/** What a text begins with that the newest secret sealed. */
export const sealPrefixOf = ([newest]: Secrets): string => prefixOf(deriveKey(newest));

const prefixOf = (key: Buffer): string => `v1.${keyIdOf(key)}.`;

/**
 * @param context where the text is stored, such as table, column and row: elsewhere it does not decrypt
 * @returns `v1.<key id>.<base64url of nonce, ciphertext and tag>`
 */
export function sealText([newest]: Secrets, context: string, text: string): string {
  const key = deriveKey(newest);
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key, iv).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return prefixOf(key) + sealed.toString('base64url');
}

/** @returns null when no secret opens it, or when it was changed or comes from another place */
export function openText(secrets: Secrets, context: string, sealed: string): string | null {
  const [version, keyId, data = ''] = sealed.split('.');
  const key = secrets.map(deriveKey).find((derived) => keyIdOf(derived) === keyId);
  const bytes = Buffer.from(data, 'base64url');
  if (version !== 'v1' || key === undefined || bytes.length < ivBytes + tagBytes) return null;
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-tagBytes));
  try {
    return decipher.update(bytes.subarray(ivBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null;
  }
}
