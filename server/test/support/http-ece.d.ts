declare module 'http_ece' {
  import type { ECDH } from 'node:crypto';
  /** The encrypted content encoding of HTTP (RFC 8188) of another author, which has no types of its own. */
  export function decrypt(
    body: Buffer,
    options: { version: 'aes128gcm'; privateKey: ECDH; authSecret: Buffer },
  ): Buffer;
}
