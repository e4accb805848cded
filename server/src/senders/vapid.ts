import { createPrivateKey, sign } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { entryLimit } from '../platform/lru.ts';

/** The token is good for a day at most (RFC 8292 §2); it is used again until half of its time is over. */
const lifetimeSeconds = 12 * 3_600;
const maxOrigins = 100;

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

interface VapidPair {
  publicKey: string;
  privateKey: string;
}

/**
 * Makes the header `Authorization` of a push service (RFC 8292).
 * @param subject a `mailto:` or `https:` URL of the operator
 */
export function createVapid(subject: string) {
  const headers = new LRUCache<string, string>({
    ...entryLimit(maxOrigins),
    ttl: (lifetimeSeconds / 2) * 1_000,
  });
  return ({ publicKey, privateKey }: VapidPair, endpoint: URL): string => {
    const known = headers.get(endpoint.origin);
    if (known !== undefined) return known;
    const exp = Math.floor(Date.now() / 1_000) + lifetimeSeconds;
    const signed = `${encode({ typ: 'JWT', alg: 'ES256' })}.${encode({ aud: endpoint.origin, exp, sub: subject })}`;
    const signature = sign('sha256', Buffer.from(signed), {
      key: toPrivateKey(publicKey, privateKey),
      dsaEncoding: 'ieee-p1363',
    });
    const header = `vapid t=${signed}.${signature.toString('base64url')}, k=${publicKey}`;
    headers.set(endpoint.origin, header);
    return header;
  };
}

function toPrivateKey(publicKey: string, privateKey: string) {
  const point = Buffer.from(publicKey, 'base64url');
  return createPrivateKey({
    format: 'jwk',
    key: {
      ...{ kty: 'EC', crv: 'P-256', d: privateKey },
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
  });
}
