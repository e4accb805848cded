import { checkLimit } from '../platform/data-limits.ts';
import { type ValidationIssue, validationError } from '../platform/errors.ts';
import type { ChannelType } from '../senders/model.ts';
import { areSubscriptionKeys } from '../senders/push-encryption.ts';
import { faultOfReceiverUrl, type ReceiverRules } from '../senders/receiver-url.ts';
import type { NewChannel } from './model.ts';
import type { ChannelRoom, StoredChannel } from './queries.ts';
import type { PushSubscription } from './secrets.ts';

/** Pure rules of channels. */

/** A new channel's receiver, by its type. */
export type Receiver =
  | { type: 'email' }
  | { type: 'webhook'; url: string }
  | ({ type: 'push' } & PushSubscription);

/** What each type has besides `name` and `enabled`; each field is needed. */
const receiverFields = { email: [], webhook: ['url'], push: ['endpoint', 'keys'] } as const;

/**
 * Checks what a request alone shows.
 * @throws AppError VALIDATION_ERROR
 */
export function receiverOf(input: NewChannel, rules: ReceiverRules): Receiver {
  const issues = fieldIssues(input);
  if (issues.length > 0) throw validationError(issues);
  const { type, url = '', endpoint = '', keys } = input;
  if (type === 'webhook') {
    checkUrl('url', url, rules);
    return { type, url };
  }
  if (type !== 'push' || keys === undefined) return { type: 'email' };
  checkUrl('endpoint', endpoint, rules);
  if (!areSubscriptionKeys(keys))
    throw refusal('keys', 'are not a P-256 point of 65 bytes and 16 bytes, in base64url');
  return { type, endpoint, keys };
}

function fieldIssues(input: NewChannel): ValidationIssue[] {
  const own: readonly string[] = receiverFields[input.type];
  return Object.values(receiverFields)
    .flat()
    .flatMap((field) => {
      const isSent = input[field] !== undefined;
      if (isSent === own.includes(field)) return [];
      const msg = isSent ? `is not a field of ${input.type}` : 'is missing';
      return [{ loc: ['body', field], msg, type: isSent ? 'additionalProperties' : 'required' }];
    });
}

function checkUrl(field: string, text: string, rules: ReceiverRules): void {
  const fault = faultOfReceiverUrl(text, rules);
  if (fault !== null) throw refusal(field, fault);
}

const refusal = (field: string, msg: string) =>
  validationError([{ loc: ['body', field], msg, type: 'receiver' }]);

const limits = { email: 'emailChannels', webhook: 'webhookChannels', push: 'pushChannels' } as const;

/** @throws AppError VALIDATION_ERROR, LIMIT_EXCEEDED */
export function checkChannelRoom(type: ChannelType, { channels, hasVerifiedAddress }: ChannelRoom): void {
  if (type === 'email' && !hasVerifiedAddress)
    throw refusal('type', 'needs an account with a confirmed email address');
  checkLimit(limits[type], 1 + channels.filter((channel) => channel.type === type).length);
}

export const changedChannel = (
  channel: StoredChannel,
  fields: Partial<Pick<StoredChannel, 'name' | 'enabled' | 'secret'>>,
  { now, versionFloor }: { now: string; versionFloor: number },
): StoredChannel => ({
  ...channel,
  ...fields,
  version: Math.max(channel.version + 1, versionFloor),
  updated_at: now,
});
