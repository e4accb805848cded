import { type RawBuilder, sql } from 'kysely';
import type { Db } from './schema.ts';

/** Upkeep of rows of one user. */
export interface UserBatch {
  count: number;
  /** The next batch is of the first user after this one; null if no user has rows left. */
  after: string | null;
}

/** Small, so that a user who writes to one of the locked rows hardly waits. */
export const userBatchSize = 500;

/** @returns the first user after `after` with rows that meet the condition, or null */
export async function findNextUser(
  db: Db,
  table: 'duly.tasks' | 'duly.tags' | 'duly.channels',
  condition: RawBuilder<unknown>,
  after: string,
): Promise<string | null> {
  const { rows } = await sql<{ user_id: string }>`
    select user_id from ${sql.table(table)} where ${condition} and user_id > ${after}
    order by user_id limit 1`.execute(db);
  return rows[0]?.user_id ?? null;
}

/** After a full batch the user may have more rows. */
export const toUserBatch = (count: number, after: string, userId: string): UserBatch => ({
  count,
  after: count === userBatchSize ? after : userId,
});

/**
 * Runs batches until no user has rows left. Each continues after the last user: changed rows stay in the partial index
 * until a vacuum, and slow a new scan.
 * @returns the number of rows
 */
export async function runUserBatches(
  db: Db,
  stop: AbortSignal,
  runBatch: (db: Db, after: string) => Promise<UserBatch>,
): Promise<number> {
  let total = 0;
  for (let after: string | null = ''; after !== null && !stop.aborted; ) {
    const batch = await runBatch(db, after);
    total += batch.count;
    after = batch.after;
  }
  return total;
}
