import { createCipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';

/** The keys of a push subscription, in base64url: a P-256 point of 65 bytes, and 16 bytes. */
export interface SubscriptionKeys {
  p256dh: string;
  auth: string;
}

/** All that a push service has to take: 4,096 bytes with the header, a delimiter and the tag (RFC 8291 §4). */
export const maxPushBytes = 3_993;

const curve = 'prime256v1';

const expand = (secret: Buffer, salt: Buffer, info: Buffer, sizeBytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, sizeBytes));

/**
 * Encrypts a message to a subscription (RFC 8291), as one record of `aes128gcm` (RFC 8188).
 * @throws Error when the point is not on the curve
 */
export function encryptPush({ p256dh, auth }: SubscriptionKeys, plaintext: Buffer): Buffer {
  const receiverKey = Buffer.from(p256dh, 'base64url');
  const sender = createECDH(curve);
  const senderKey = sender.generateKeys();
  const salt = randomBytes(16);

  const keyInfo = Buffer.concat([Buffer.from('WebPush: info\0'), receiverKey, senderKey]);
  const shared = expand(sender.computeSecret(receiverKey), Buffer.from(auth, 'base64url'), keyInfo, 32);
  const key = expand(shared, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = expand(shared, salt, Buffer.from('Content-Encoding: nonce\0'), 12);

  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  const lastRecord = Buffer.from([2]);
  const record = Buffer.concat([cipher.update(plaintext), cipher.update(lastRecord), cipher.final()]);
  const header = Buffer.alloc(21);
  salt.copy(header);
  header.writeUInt32BE(4_096, 16);
  header.writeUInt8(senderKey.length, 20);
  return Buffer.concat([header, senderKey, record, cipher.getAuthTag()]);
}

/** Whether the keys have their sizes, and the point is on the curve. */
export function areSubscriptionKeys({ p256dh, auth }: SubscriptionKeys): boolean {
  const point = Buffer.from(p256dh, 'base64url');
  if (point.length !== 65 || point[0] !== 4 || Buffer.from(auth, 'base64url').length !== 16) return false;
  try {
    const probe = createECDH(curve);
    probe.generateKeys();
    probe.computeSecret(point);
    return true;
  } catch {
    return false;
  }
}
