import { isFeatureOn } from '../config/flags.ts';
import { cancelledResult, cancelReasonOf, isLate, releasedResult, resultOf } from '../deliveries/attempt.ts';
import type { CancelReason } from '../deliveries/model.ts';
import type { DeliveryResult, DeliveryState } from '../deliveries/queries.ts';
import { workTraces } from '../platform/traces.ts';
import type { SendResult } from '../senders/model.ts';
import type { WorkerContext } from './context.ts';

/**
 * Sends a delivery, or cancels it if there is nothing to send any more.
 * @param stop ends the attempt, which then does not count
 */
export async function attemptDelivery(
  ctx: WorkerContext,
  delivery: DeliveryState,
  stop: AbortSignal,
): Promise<DeliveryResult> {
  const late = isLate(delivery, Date.now());
  const sent =
    cancelReasonOf(delivery) ??
    (await workTraces.tracePromise(() => send(ctx, delivery, late, stop), {
      name: `send ${delivery.channelType}`,
    }));
  if (typeof sent === 'string') return cancelledResult(delivery, sent);
  if (sent.outcome === 'failed' && stop.aborted) return releasedResult(delivery);
  if (sent.outcome === 'failed' && sent.error === 'gone') await disableChannel(ctx, delivery);
  return resultOf(delivery, sent, late, Date.now(), Math.random());
}

async function send(
  ctx: WorkerContext,
  delivery: DeliveryState,
  late: boolean,
  stop: AbortSignal,
): Promise<SendResult | CancelReason> {
  // It is tried again, as if the push service were down: a flag that is off for an hour loses nothing.
  if (delivery.channelType === 'push' && !isFeatureOn(ctx.flags, 'web_push', delivery.userId))
    return { outcome: 'failed', error: 'not_configured', status: null, isPermanent: false };
  const startedAt = performance.now();
  try {
    const composed = await ctx.compose(delivery, late);
    if (typeof composed === 'string') return composed;
    return await ctx.senders.send(composed.target, composed.message, stop);
  } catch (error) {
    ctx.log.error({ reason: String(error) }, 'a message could not be made');
    return { outcome: 'failed', error: 'not_configured', status: null, isPermanent: false };
  } finally {
    ctx.stats.addDuration(delivery.channelType, (performance.now() - startedAt) / 1000);
  }
}

/** The receiver is gone for good: nothing more is sent to it. */
async function disableChannel(ctx: WorkerContext, { userId, channelId }: DeliveryState): Promise<void> {
  if (channelId === null) return;
  await ctx.disableChannel(userId, channelId).catch((error: unknown) => {
    ctx.log.warn({ reason: String(error) }, 'a channel whose receiver is gone could not be disabled');
  });
}
