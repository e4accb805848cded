import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { AuthSettings, Secrets } from '../config/auth.ts';
import type { Db } from '../db/schema.ts';
import { invalidLink } from '../platform/errors.ts';
import { patchProfile } from '../profiles/service.ts';
import type { WriteContext } from '../writes/plan.ts';

/** Below `/api`, which proxies forward. POST unsubscribes (RFC 8058), GET is a page with a button for that. */
export const unsubscribePath = '/api/v1/digest/unsubscribe';

const macBytes = 32;

/** A key of its own for each secret: the token is of no use elsewhere, and nothing else is one. */
const keyOf = (secret: string) => Buffer.from(hkdfSync('sha256', secret, '', 'duly digest unsubscribe', 32));

const macOf = (userId: string, secret: string) => createHmac('sha256', keyOf(secret)).update(userId).digest();

/** Signed, not encrypted: it has the user's id. It does not expire, as old mails have to work. */
export const unsubscribeToken = (userId: string, [newest]: Secrets): string =>
  Buffer.concat([macOf(userId, newest), Buffer.from(userId)]).toString('base64url');

export function unsubscribeUrl({ baseUrl, secrets }: AuthSettings, userId: string): string {
  return `${baseUrl}${unsubscribePath}?${new URLSearchParams({ token: unsubscribeToken(userId, secrets) })}`;
}

/** @returns the user id, or null if none of the secrets signed the token */
function readToken(token: string, secrets: Secrets): string | null {
  const bytes = Buffer.from(token, 'base64url');
  const received = bytes.subarray(0, macBytes);
  const userId = bytes.subarray(macBytes).toString();
  if (received.length < macBytes || bytes.toString('base64url') !== token) return null;
  const isOurs = secrets.some((secret) => timingSafeEqual(received, macOf(userId, secret)));
  return isOurs ? userId : null;
}

/**
 * Turns the digest of the token's user off; of one who has none, it changes nothing.
 * @returns the user
 * @throws AppError INVALID_TOKEN, whether there is such a user or not
 */
export async function unsubscribeDigest(
  db: Db,
  token: string,
  secrets: Secrets,
  context: WriteContext,
): Promise<string> {
  const userId = readToken(token, secrets);
  if (userId === null) throw invalidLink();
  await patchProfile(db, userId, context, { digest_hour: null }, 'digest.unsubscribe');
  return userId;
}
