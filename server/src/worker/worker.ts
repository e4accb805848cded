import { setTimeout as sleep } from 'node:timers/promises';
import type { Tx } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { type Fired, fireReminders, takeDueDeliveries } from '../deliveries/firing.ts';
import { countQueuedDeliveries } from '../deliveries/operator-queries.ts';
import { workTraces } from '../platform/traces.ts';
import { channelTypes } from '../senders/model.ts';
import { createAlarm } from './alarm.ts';
import { createChannelSender } from './channel-sender.ts';
import type { WorkerContext } from './context.ts';
import { createQueue, type DueTimes, findDueTimes } from './queue.ts';
import type { WorkerStats } from './stats.ts';

/** After a change the worker looks for work again, but not sooner than this after it last looked. */
const minPauseMs = 1_000;
/** It looks this often in any case; more often while no notifications of other instances arrive. */
const maxPauseMs = { listening: 15 * 60_000, notListening: 30_000 };
const countIntervalMs = 2_000;
const superviseIntervalMs = 15 * 60_000;
const maxFailurePauseMs = 30_000;
const sendGraceMs = 3_000;

/** Fires reminders at their time, and sends deliveries. Several workers on one database share the work. */
export interface DeliveryWorker {
  start(): void;
  /** How many deliveries of each type of channel this worker is sending. */
  heldCounts(): Readonly<Record<string, number>>;
  stats: WorkerStats;
  /** Fires no more, and gives running sends 3 s. */
  close(): Promise<void>;
}

export function createDeliveryWorker(ctx: WorkerContext): DeliveryWorker {
  const stopping = new AbortController();
  const stop = stopping.signal;
  const alarm = createAlarm(stop, minPauseMs);
  const queue = createQueue(ctx.db, ctx.log);
  const channels = channelTypes.map((type) => createChannelSender(ctx, queue, type));
  let running: Promise<void> | undefined;
  let supervisedAt = performance.now();
  const countQueue = createQueueCounter(ctx);

  async function run(): Promise<void> {
    const unwatch = ctx.changeNotifier.watchAll(alarm.ring);
    for (let failures = 0; !stop.aborted; ) {
      try {
        await alarm.wait(await work());
        failures = 0;
      } catch (error) {
        ctx.log.warn({ reason: String(error) }, 'the worker failed, to be tried again');
        const pauseMs = Math.min(maxFailurePauseMs, minPauseMs * 2 ** failures);
        failures += 1;
        await sleep(pauseMs, undefined, { signal: stop }).catch(() => undefined);
      }
    }
    unwatch();
  }

  /** Does what is due. @returns for how many ms nothing is due, as far as is known */
  async function work(): Promise<number> {
    const times = await findDueTimes(ctx.db);
    const isSuperviseDue = times.isQueueUsed && performance.now() - supervisedAt > superviseIntervalMs;
    if (isPast(times.claimsMs) || isSuperviseDue) {
      supervisedAt = performance.now();
      await queue.supervise();
    }
    if (times.hasJobs || isPast(times.claimsMs)) poke();
    if (isPast(times.remindersMs)) await fireAll(fireReminders);
    if (isPast(times.deliveriesMs)) await fireAll(takeDue);
    if (isPast(times.digestsMs)) await fireAll(ctx.fireDigests);
    const untilCountMs = await countQueue(times);
    return Math.min(untilCountMs, pauseOf(times, ctx.changeNotifier.isListening()));
  }

  async function fireAll(fire: (tx: Tx) => Promise<Fired>): Promise<void> {
    await queue.open();
    while (!stop.aborted) {
      const startedAt = performance.now();
      const fireBatch = async (tx: Tx) => {
        const batch = await fire(tx);
        await queue.add(tx, batch.deliveries);
        return batch;
      };
      const fired = await workTraces.tracePromise(() => inTransaction(ctx.db, fireBatch), { name: 'fire' });
      for (const userId of fired.userIds) ctx.changeNotifier.publish(userId);
      if (fired.count === 0) return;
      poke();
      // Requests are answered meanwhile; sending takes longer than this in any case.
      await sleep(performance.now() - startedAt, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  function poke(): void {
    for (const channel of channels) channel.poke();
  }

  return {
    start() {
      running ??= run();
    },
    heldCounts: () => Object.fromEntries(channels.map((channel) => [channel.type, channel.heldCount()])),
    stats: ctx.stats,
    async close() {
      stopping.abort();
      await running;
      await Promise.all(channels.map((channel) => channel.close(sendGraceMs)));
      await queue.close();
    },
  };
}

/** For how many ms there is nothing to do. */
function pauseOf({ hasJobs, isQueueUsed: _, ...times }: DueTimes, isListening: boolean): number {
  const known = Object.values(times).filter((ms) => ms !== null);
  const nextMs = Math.min(isListening ? maxPauseMs.listening : maxPauseMs.notListening, ...known);
  // What is past may be locked by a write or another worker.
  return hasJobs || nextMs <= 0 ? minPauseMs : Math.ceil(nextMs);
}

/**
 * Counts what is queued, for the metrics, at most every 2 s and only when the worker looks.
 * @returns after how many ms to look once more, so that the last figures are not of a time with more to do
 */
function createQueueCounter({ db, stats }: WorkerContext) {
  let countedAt = Number.NEGATIVE_INFINITY;
  return async ({ remindersMs, deliveriesMs }: DueTimes): Promise<number> => {
    const untilNextMs = countedAt + countIntervalMs - performance.now();
    if (untilNextMs > 0) return Math.ceil(untilNextMs);
    countedAt = performance.now();
    const oldestDueMs = -Math.min(0, remindersMs ?? 0, deliveriesMs ?? 0);
    stats.setQueue({ queued: await countQueuedDeliveries(db), oldestDueSeconds: oldestDueMs / 1_000 });
    return oldestDueMs > 0 ? countIntervalMs : Number.POSITIVE_INFINITY;
  };
}

const isPast = (ms: number | null): boolean => ms !== null && ms <= 0;

async function takeDue(tx: Tx): Promise<Fired> {
  const deliveries = await takeDueDeliveries(tx);
  return { userIds: [], count: deliveries.length, deliveries };
}
