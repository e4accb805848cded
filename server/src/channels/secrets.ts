import type { Secrets } from '../config/auth.ts';
import { openText, sealText } from '../platform/sealed-text.ts';
import type { SubscriptionKeys } from '../senders/push-encryption.ts';

/** Where a secret is stored: in another row it does not decrypt. */
interface SecretPlace {
  userId: string;
  channelId: string;
}

const contextOf = ({ userId, channelId }: SecretPlace): string =>
  JSON.stringify(['duly.channels.secret', userId, channelId]);

export const sealSecret = (secrets: Secrets, place: SecretPlace, secret: string): string =>
  sealText(secrets, contextOf(place), secret);

/** @returns null when the service has lost the secret that it was encrypted with */
export const openSecret = (secrets: Secrets, place: SecretPlace, sealed: string | null): string | null =>
  sealed === null ? null : openText(secrets, contextOf(place), sealed);

/** The endpoint is secret as well: whoever knows it may address the browser. */
export interface PushSubscription {
  endpoint: string;
  keys: SubscriptionKeys;
}

/** Its fields in a fixed order: equal subscriptions are equal texts. */
export const subscriptionText = ({ endpoint, keys: { p256dh, auth } }: PushSubscription): string =>
  JSON.stringify([endpoint, p256dh, auth]);

/** @returns null for a text that is none */
export function parseSubscription(text: string): PushSubscription | null {
  const parts: unknown = JSON.parse(text);
  if (!Array.isArray(parts)) return null;
  const [endpoint, p256dh, auth]: unknown[] = parts;
  const areTexts = typeof endpoint === 'string' && typeof p256dh === 'string' && typeof auth === 'string';
  return areTexts ? { endpoint, keys: { p256dh, auth } } : null;
}
