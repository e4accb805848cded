import { systemOrigin } from '../audit/origin.ts';
import type { Secrets } from '../config/auth.ts';
import type { Db } from '../db/schema.ts';
import { executeQuery } from '../db/statements.ts';
import type { ChannelTarget, ChannelType } from '../senders/model.ts';
import { unchanged } from '../writes/plan.ts';
import { write } from '../writes/write.ts';
import { changedChannel } from './changes.ts';
import {
  type StoredChannel,
  storeChannelCte,
  storedChannelQuery,
  storedChannelsQuery,
  verifiedAddressQuery,
} from './queries.ts';
import { openSecret, parseSubscription } from './secrets.ts';

/** For what sends, not for what answers requests: targets have secrets in clear. */

/** A channel and where it leads. */
export interface SendingChannel {
  id: string;
  type: ChannelType;
  enabled: boolean;
  /**
   * Null when nothing can be sent: the account's address is not confirmed, or the service has lost the secret that the
   * channel's was encrypted with.
   */
  target: ChannelTarget | null;
}

/** All channels of a user with their secrets decrypted. */
export async function findChannelsForSending(
  db: Db,
  secrets: Secrets,
  userId: string,
): Promise<SendingChannel[]> {
  const channels = await executeQuery(db, storedChannelsQuery(userId));
  const address = await findAddress(db, userId, channels);
  return channels.map((channel) => toSendingChannel(secrets, channel, address));
}

/** @returns null when this user has none of that id. */
export async function findChannelForSending(
  db: Db,
  secrets: Secrets,
  userId: string,
  id: string,
): Promise<SendingChannel | null> {
  const channel = await executeQuery(db, storedChannelQuery(userId, id));
  if (channel === undefined) return null;
  return toSendingChannel(secrets, channel, await findAddress(db, userId, [channel]));
}

const findAddress = (db: Db, userId: string, channels: readonly StoredChannel[]): Promise<string | null> =>
  channels.some(({ type }) => type === 'email')
    ? executeQuery(db, verifiedAddressQuery(userId))
    : Promise.resolve(null);

function toSendingChannel(secrets: Secrets, channel: StoredChannel, address: string | null): SendingChannel {
  const { id, type, enabled } = channel;
  const secret = openSecret(secrets, { userId: channel.user_id, channelId: id }, channel.secret);
  return { id, type, enabled, target: targetOf(channel, secret, address) };
}

function targetOf(
  { type, url }: StoredChannel,
  secret: string | null,
  address: string | null,
): ChannelTarget | null {
  if (type === 'email') return address === null ? null : { type, address };
  if (secret === null) return null;
  if (type === 'webhook') return url === null ? null : { type, url, secret };
  const subscription = parseSubscription(secret);
  return subscription === null ? null : { type, ...subscription };
}

/** Disables a channel whose receiver said that it takes no more. Does nothing if it is disabled or gone. */
export async function disableGoneChannel(db: Db, userId: string, id: string): Promise<void> {
  await write(db, userId, systemOrigin, {
    read: storedChannelQuery(userId, id),
    decide(found, stamp) {
      if (found === undefined || !found.enabled) return unchanged(null);
      return {
        value: null,
        changes: [storeChannelCte(userId, changedChannel(found, { enabled: false }, stamp))],
        auditActions: [{ action: 'channel.disable', subject: id }],
      };
    },
  });
}
