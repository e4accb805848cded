import type { SendResult } from '../senders/model.ts';
import type { CancelReason } from './model.ts';
import type { DeliveryResult, DeliveryState } from './queries.ts';
import { nextTryMs } from './retry-schedule.ts';

/** A delivery is late if its first attempt is later than this after its scheduled time. */
export const lateAfterMs = 60_000;

/** @returns why nothing is to be sent; null: it is to be sent */
export function cancelReasonOf(delivery: DeliveryState): CancelReason | null {
  if (delivery.isBanned) return 'user_banned';
  if (delivery.kind === 'reminder') {
    if (delivery.title === null) return 'task_gone';
    if (delivery.isInTrash) return 'task_in_trash';
    if (delivery.isCompleted) return 'task_completed';
    if (!delivery.hasReminder) return 'reminder_gone';
    if (delivery.isChannelEnabled === null) return 'channel_gone';
    if (!delivery.isChannelEnabled) return 'channel_disabled';
  }
  if (delivery.channelType === 'email' && (delivery.email === null || delivery.isEmailVerified !== true))
    return 'address_not_verified';
  return null;
}

/** Whether the message comes late because nothing ran at its time, and not because of failed attempts. */
export const isLate = ({ late, attempts, scheduledAt }: DeliveryState, nowMs: number): boolean =>
  late || (attempts === 0 && nowMs - scheduledAt.getTime() > lateAfterMs);

export const cancelledResult = (delivery: DeliveryState, reason: CancelReason): DeliveryResult => ({
  ...keyOf(delivery),
  status: 'cancelled',
  tried: 0,
  late: delivery.late,
  nextTryAt: null,
  error: reason,
  errorStatus: null,
});

/**
 * @param late as it was when the attempt began
 * @param random from 0 to 1, for the pause before the next attempt
 */
export function resultOf(
  delivery: DeliveryState,
  sent: SendResult,
  late: boolean,
  nowMs: number,
  random: number,
): DeliveryResult {
  const base = { ...keyOf(delivery), tried: 1, late };
  if (sent.outcome === 'sent')
    return { ...base, status: 'sent', nextTryAt: null, error: null, errorStatus: null };
  const failure = { error: sent.error, errorStatus: sent.status };
  const nextMs = sent.isPermanent
    ? null
    : nextTryMs(delivery.attempts + 1, delivery.createdAt.getTime(), nowMs, random);
  return nextMs === null
    ? { ...base, ...failure, status: 'failed', nextTryAt: null }
    : { ...base, ...failure, status: 'queued', nextTryAt: new Date(nextMs) };
}

const keyOf = ({ userId, deliveryId }: DeliveryState) => ({ userId, deliveryId });

/** The result of an attempt that the worker's end interrupted: another worker makes the attempt. */
export const releasedResult = (delivery: DeliveryState): DeliveryResult => ({
  ...keyOf(delivery),
  status: 'queued',
  tried: 0,
  late: delivery.late,
  nextTryAt: new Date(),
  error: null,
  errorStatus: null,
});
