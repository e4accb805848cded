import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Db, Tx } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { userBatchSize } from '../db/user-batches.ts';

/**
 * Puts the tasks of users with a long list into the indexes of orders, and keeps them complete. That is no change of
 * the tasks: neither version nor revision moves.
 */
export interface OrderIndexes {
  /**
   * Completes them for the user, in the background, if they lack more tasks than a page should read beside them.
   * @param gap how many tasks a page found to be lacking
   */
  completeFrom(userId: string, gap: number): void;
  /** Resolves after the current batch. */
  close(): Promise<void>;
}

/** Up to this gap, pages read the tasks that the indexes lack beside them. */
const maxGap = 100;

export function createOrderIndexes(db: Db, log: Logger): OrderIndexes {
  const stop = new AbortController();
  const running = new Map<string, Promise<void>>();
  return {
    completeFrom(userId, gap) {
      if (gap <= maxGap || running.has(userId) || stop.signal.aborted) return;
      const done = completeOrders(db, userId, stop.signal)
        .catch((error: unknown) => log.warn({ err: error }, 'the indexes of orders were not completed'))
        .finally(() => running.delete(userId));
      running.set(userId, done);
    },
    async close() {
      stop.abort();
      await Promise.all(running.values());
    },
  };
}

/**
 * Flags all tasks of the user that `orders_from` does not say are flagged. A task that is inserted meanwhile has a
 * higher revision than the one that is stored at the end.
 */
export async function completeOrders(db: Db, userId: string, stop?: AbortSignal): Promise<void> {
  const { rows } = await sql<{ revision: string; from: string | null; isFar: boolean }>`
    select o.revision::text, o.orders_from::text as from, (
      select count(*) from (
        select from duly.tasks as t where t.user_id = ${userId} and t.revision > o.orders_from
        limit ${userBatchSize + 1}
      ) as beyond
    ) > ${userBatchSize} as "isFar"
    from duly.owners as o where o.user_id = ${userId}`.execute(db);
  const [owner] = rows;
  if (owner === undefined) return;
  if (owner.from !== null && !owner.isFar) {
    await inTransaction(db, async (tx) => {
      await lockOwner(tx, userId);
      await sql`update duly.tasks set in_orders = true
        where user_id = ${userId} and revision > ${owner.from} and in_orders is not true`.execute(tx);
      await store(tx, userId, owner.revision);
    });
    return;
  }
  for (let after: string | null = null; ; ) {
    if (stop?.aborted) return;
    after = await flagBatch(db, userId, after);
    if (after === null) break;
  }
  await store(db, userId, owner.revision);
}

/**
 * @param after the last id of the batch before
 * @returns that of this one; null if there are no more tasks
 */
const flagBatch = (db: Db, userId: string, after: string | null): Promise<string | null> =>
  inTransaction(db, async (tx) => {
    await lockOwner(tx, userId);
    const { rows } = await sql<{ id: string }>`
      select id from duly.tasks where user_id = ${userId} and ${after === null ? sql`true` : sql`id > ${after}`}
      order by id limit ${userBatchSize}`.execute(tx);
    await sql`update duly.tasks set in_orders = true
      where user_id = ${userId} and id = any(${rows.map(({ id }) => id)}::uuid[]) and in_orders is not true`.execute(
      tx,
    );
    return rows.length < userBatchSize ? null : (rows.at(-1)?.id ?? null);
  });

/** As every write does, so that none waits for a task while it has another one that the batch waits for. */
const lockOwner = (tx: Tx, userId: string) =>
  sql`select from duly.owners where user_id = ${userId} for no key update`.execute(tx);

const store = (db: Db, userId: string, revision: string) =>
  sql`update duly.owners set orders_from = greatest(orders_from, ${revision}) where user_id = ${userId}`.execute(
    db,
  );
