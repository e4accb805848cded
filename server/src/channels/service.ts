import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { requireFeature } from '../config/flags.ts';
import type { Db } from '../db/schema.ts';
import { notFound, validationError } from '../platform/errors.ts';
import { createWebhookSecret } from '../senders/webhook.ts';
import { checkCondition, type WriteCondition } from '../writes/conditions.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import { type Decision, unchanged, type WriteContext, type WriteStamp } from '../writes/plan.ts';
import { checkReadOnlyFields } from '../writes/read-only-fields.ts';
import { write } from '../writes/write.ts';
import { changedChannel, checkChannelRoom, type Receiver, receiverOf } from './changes.ts';
import type { Channel, ChannelPatch, ChannelWithSecret, NewChannel } from './model.ts';
import {
  channelRoomQuery,
  deleteChannelCte,
  type StoredChannel,
  showChannel,
  storeChannelCte,
  storedChannelQuery,
} from './queries.ts';
import { openSecret, parseSubscription, sealSecret, subscriptionText } from './secrets.ts';

/** The settings that channels depend on. */
type ChannelConfig = Pick<Config, 'auth' | 'senders' | 'flags'>;

/**
 * Creates a channel. A push subscription that the user has already is that channel, with the keys of the request.
 * @throws AppError VALIDATION_ERROR, LIMIT_EXCEEDED, FEATURE_DISABLED
 */
export async function createChannel(
  db: Db,
  userId: string,
  context: WriteContext,
  config: ChannelConfig,
  input: NewChannel,
): Promise<WriteResult<ChannelWithSecret>> {
  checkReadOnlyFields({ user_id: userId }, { user_id: input.user_id });
  const receiver = receiverOf(input, config.senders);
  if (receiver.type === 'push') requireFeature(config.flags, 'web_push', userId);
  const { secrets } = config.auth;
  const place = { userId, channelId: randomUUID() };
  const secret = secretOf(receiver);
  const sealed = secret === null ? null : sealSecret(secrets, place, secret);
  const { name = null, enabled = true } = input;
  const result = await write(db, userId, context, {
    read: channelRoomQuery(userId),
    decide(room, stamp) {
      const known = room.channels.find((channel) => isSubscription(config, channel, receiver));
      if (known !== undefined && secret !== null)
        return renewSubscription(config, userId, known, secret, stamp);
      checkChannelRoom(receiver.type, room);
      const { now } = stamp;
      const channel: StoredChannel = {
        ...{ id: place.channelId, user_id: userId, type: receiver.type, name, enabled },
        ...{ url: shownUrlOf(receiver), version: 1, created_at: now, updated_at: now, secret: sealed },
      };
      return decision(userId, channel, 'create', true);
    },
  });
  return withOpenSecret(config, result);
}

const secretOf = (receiver: Receiver): string | null => {
  if (receiver.type === 'email') return null;
  return receiver.type === 'webhook' ? createWebhookSecret() : subscriptionText(receiver);
};

/** An endpoint of push is a secret of the browser, except for its origin. */
const shownUrlOf = (receiver: Receiver): string | null => {
  if (receiver.type === 'email') return null;
  return receiver.type === 'webhook' ? receiver.url : new URL(receiver.endpoint).origin;
};

function isSubscription({ auth }: ChannelConfig, channel: StoredChannel, receiver: Receiver): boolean {
  if (receiver.type !== 'push' || channel.type !== 'push') return false;
  const place = { userId: channel.user_id, channelId: channel.id };
  const text = openSecret(auth.secrets, place, channel.secret);
  return text !== null && parseSubscription(text)?.endpoint === receiver.endpoint;
}

function renewSubscription(
  { auth: { secrets } }: ChannelConfig,
  userId: string,
  known: StoredChannel,
  subscription: string,
  stamp: WriteStamp,
): Decision<StoredChannel> {
  const place = { userId, channelId: known.id };
  if (openSecret(secrets, place, known.secret) === subscription) return unchanged({ ...known, secret: null });
  const channel = changedChannel(known, { secret: sealSecret(secrets, place, subscription) }, stamp);
  return decision(userId, channel, 'update', false);
}

/** @param showsSecret whether the value has the sealed secret, for `withOpenSecret` */
const decision = (
  userId: string,
  channel: StoredChannel,
  verb: string,
  showsSecret: boolean,
): Decision<StoredChannel> => ({
  value: showsSecret ? channel : { ...channel, secret: null },
  changes: [storeChannelCte(userId, channel)],
  auditActions: [{ action: `channel.${verb}`, subject: channel.id }],
});

/**
 * The value of a write has the sealed secret, so that no stored response has it in clear. It is opened for the
 * response, also for that of a replay.
 */
function withOpenSecret(
  { auth: { secrets } }: ChannelConfig,
  { value, isReplayed }: WriteResult<StoredChannel>,
): WriteResult<ChannelWithSecret> {
  const place = { userId: value.user_id, channelId: value.id };
  const secret = value.type === 'webhook' ? openSecret(secrets, place, value.secret) : null;
  return { value: { ...value, secret }, isReplayed };
}

/** A channel that a request names. */
export interface NamedChannel {
  id: string;
  condition: WriteCondition;
}

const requireStored = (found: StoredChannel | undefined): StoredChannel => {
  if (found === undefined) throw notFound('Channel');
  return found;
};

/**
 * Merge patch (RFC 7396). A patch that changes nothing leaves version and times as they are.
 * @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function patchChannel(
  db: Db,
  userId: string,
  context: WriteContext,
  { id, condition }: NamedChannel,
  { name, enabled, version: _, updated_at: updatedAt, ...readOnly }: ChannelPatch,
): Promise<WriteResult<Channel>> {
  return write(db, userId, context, {
    read: storedChannelQuery(userId, id),
    decide(found, stamp): Decision<Channel> {
      const before = requireStored(found);
      checkReadOnlyFields(showChannel(before), readOnly);
      checkCondition('channel', showChannel(before), { updatedAt, ...condition });
      const fields = { name: name === undefined ? before.name : name, enabled: enabled ?? before.enabled };
      if (fields.name === before.name && fields.enabled === before.enabled)
        return unchanged(showChannel(before));
      const after = changedChannel(before, fields, stamp);
      return { ...decision(userId, after, 'update', false), value: showChannel(after) };
    },
  });
}

/**
 * Deletes a channel for good.
 * @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function deleteChannel(
  db: Db,
  userId: string,
  context: WriteContext,
  { id, condition }: NamedChannel,
): Promise<WriteResult<null>> {
  return write(db, userId, context, {
    read: storedChannelQuery(userId, id),
    decide(found) {
      checkCondition('channel', showChannel(requireStored(found)), condition);
      return {
        value: null,
        changes: [deleteChannelCte(userId, id)],
        auditActions: [{ action: 'channel.delete', subject: id }],
      };
    },
  });
}

/**
 * Gives a webhook another key. The one of before signs no more.
 * @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export async function rotateChannelSecret(
  db: Db,
  userId: string,
  context: WriteContext,
  config: ChannelConfig,
  { id, condition }: NamedChannel,
): Promise<WriteResult<ChannelWithSecret>> {
  const secret = sealSecret(config.auth.secrets, { userId, channelId: id }, createWebhookSecret());
  const result = await write(db, userId, context, {
    read: storedChannelQuery(userId, id),
    decide(found, stamp) {
      const before = requireStored(found);
      checkCondition('channel', showChannel(before), condition);
      if (before.type !== 'webhook') throw notAWebhook();
      return decision(userId, changedChannel(before, { secret }, stamp), 'rotate_secret', true);
    },
  });
  return withOpenSecret(config, result);
}

const notAWebhook = () =>
  validationError([{ loc: ['path', 'channel_id'], msg: 'is not a webhook', type: 'webhook' }]);
