import { type DeliveryState, findDeliveries } from '../deliveries/queries.ts';
import type { ChannelType } from '../senders/model.ts';
import { attemptDelivery } from './attempt-delivery.ts';
import type { WorkerContext } from './context.ts';
import type { DeliveryJob, DeliveryQueue } from './queue.ts';
import { createResultStore, storeRetryMs } from './result-store.ts';

/** How many jobs of one type of channel a worker holds: a killed worker's are sent again. */
export const maxHeldJobs = 64;
/** Claims are made for so many free places at least, so that each takes several jobs. */
const minFree = 16;
const touchIntervalMs = 10_000;

/** Sends the deliveries of one type of channel, many at a time. */
export interface ChannelSender {
  type: ChannelType;
  /** There may be jobs: claims them as long as there are any. */
  poke(): void;
  heldCount(): number;
  /** Claims no more, gives running sends so long, and stores their results. */
  close(graceMs: number): Promise<void>;
}

export function createChannelSender(
  ctx: WorkerContext,
  queue: DeliveryQueue,
  type: ChannelType,
): ChannelSender {
  const held = new Map<string, DeliveryJob>();
  const [closing, aborting] = [new AbortController(), new AbortController()];
  let pokes = 0;
  let isClaiming = false;
  const results = createResultStore(ctx, queue, type, (jobs) => {
    for (const { id } of jobs) held.delete(id);
    void claim();
  });
  const touchTimer = setInterval(() => void touch(), touchIntervalMs).unref();

  async function claim(): Promise<void> {
    if (isClaiming) return;
    isClaiming = true;
    try {
      while (pokes > 0 && maxHeldJobs - held.size >= minFree && !closing.signal.aborted) {
        const pokesBefore = pokes;
        const jobs = await queue.claim(type, maxHeldJobs - held.size);
        for (const job of jobs) held.set(job.id, job);
        if (jobs.length > 0) void begin(jobs);
        else if (pokes === pokesBefore) pokes = 0;
      }
    } catch (error) {
      // The worker looks again later.
      pokes = 0;
      ctx.log.warn({ reason: String(error) }, 'jobs could not be claimed');
    } finally {
      isClaiming = false;
    }
  }

  async function begin(jobs: readonly DeliveryJob[]): Promise<void> {
    try {
      const states = new Map((await findDeliveries(ctx.db, jobs)).map((state) => [state.deliveryId, state]));
      for (const job of jobs) void attempt(job, states.get(job.deliveryId));
    } catch (error) {
      // Without a sign of life they return to the queue.
      for (const { id } of jobs) held.delete(id);
      ctx.log.warn({ reason: String(error) }, 'deliveries could not be read');
    }
  }

  async function attempt(job: DeliveryJob, delivery: DeliveryState | undefined): Promise<void> {
    const isQueued = delivery?.status === 'queued';
    results.add({ job, result: isQueued ? await attemptDelivery(ctx, delivery, aborting.signal) : null });
  }

  async function touch(): Promise<void> {
    if (held.size === 0) return;
    await queue.touch(type, [...held.values()]).catch((error: unknown) => {
      ctx.log.warn({ reason: String(error) }, 'the sign of life of the worker could not be stored');
    });
  }

  return {
    type,
    poke() {
      pokes += 1;
      void claim();
    },
    heldCount: () => held.size,
    async close(graceMs) {
      closing.abort();
      const timer = setTimeout(() => aborting.abort(), graceMs);
      await results.whenEmpty(() => held.size === 0, graceMs + storeRetryMs);
      clearTimeout(timer);
      clearInterval(touchTimer);
    },
  };
}
