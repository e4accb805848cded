import { isUnavailableError } from '../db/failures.ts';
import { inTransaction } from '../db/transaction.ts';
import { type DeliveryResult, storeResults } from '../deliveries/queries.ts';
import type { ChannelType } from '../senders/model.ts';
import type { WorkerContext } from './context.ts';
import type { DeliveryJob, DeliveryQueue } from './queue.ts';

/** Results are stored together: so many, or those of this time. */
const resultBatchSize = 48;
const collectMs = 15;
export const storeRetryMs = 1_000;

interface Finished {
  job: DeliveryJob;
  /** Null: there is nothing to store. */
  result: DeliveryResult | null;
}

/** Stores results in batches, each with the end of its jobs in one transaction, until it succeeds. */
export function createResultStore(
  ctx: WorkerContext,
  queue: DeliveryQueue,
  type: ChannelType,
  onStored: (jobs: readonly DeliveryJob[]) => void,
) {
  let finished: Finished[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isStoring = false;
  let onChange = () => {};

  function storeAfter(ms: number): void {
    timer ??= setTimeout(() => void store(), ms);
  }

  async function store(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (isStoring || finished.length === 0) return;
    isStoring = true;
    const batch = finished;
    finished = [];
    const jobs = batch.map(({ job }) => job);
    const results = batch.flatMap(({ result }) => result ?? []);
    let pauseMs = collectMs;
    try {
      await inTransaction(ctx.db, async (tx) => {
        if (results.length > 0) await storeResults(tx, results);
        await queue.complete(tx, type, jobs);
      });
      for (const result of results) ctx.stats.addResult(type, result);
      onStored(jobs);
    } catch (error) {
      finished = [...batch, ...finished];
      pauseMs = storeRetryMs;
      const level = isUnavailableError(error) ? 'warn' : 'error';
      ctx.log[level](
        { reason: String(error) },
        'results of deliveries could not be stored, to be tried again',
      );
    }
    isStoring = false;
    if (finished.length > 0) storeAfter(pauseMs);
    onChange();
  }

  return {
    add(one: Finished): void {
      finished.push(one);
      if (finished.length >= resultBatchSize && timer !== undefined && !isStoring) void store();
      else storeAfter(collectMs);
    },
    /** Resolves when `isEmpty` holds after a batch, or after so many ms. */
    async whenEmpty(isEmpty: () => boolean, timeoutMs: number): Promise<void> {
      if (isEmpty()) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      onChange = () => isEmpty() && resolve();
      const limit = setTimeout(resolve, timeoutMs);
      await promise;
      clearTimeout(limit);
      clearTimeout(timer);
    },
  };
}
