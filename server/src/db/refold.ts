import { sql } from 'kysely';
import { foldVersion } from '../platform/folding.ts';
import type { Db } from './schema.ts';

/** One user's rows that were refolded. */
export interface RefoldBatch {
  count: number;
  /** The next batch is of the first user after this one; null if no user has rows left. */
  after: string | null;
}

/** Small, so that a user who writes to one of the locked rows hardly waits. */
export const refoldBatchSize = 500;

/**
 * Rows without a folding, or with an older version's. Rows of a newer version stay, so that two versions of Duly may
 * run side by side.
 */
export const needsRefold = sql`search_version is distinct from ${sql.lit(foldVersion)}
  and (search_version is null or search_version < ${sql.lit(foldVersion)})`;

/** @returns the first user after `after` with rows to refold, or null */
export async function findNextUserToRefold(
  db: Db,
  table: 'duly.tasks' | 'duly.tags',
  after: string,
): Promise<string | null> {
  const { rows } = await sql<{ user_id: string }>`
    select user_id from ${sql.table(table)} where ${needsRefold} and user_id > ${after}
    order by user_id limit 1`.execute(db);
  return rows[0]?.user_id ?? null;
}

/** After a full batch the user may have more rows. */
export const toRefoldBatch = (count: number, after: string, userId: string): RefoldBatch => ({
  count,
  after: count === refoldBatchSize ? after : userId,
});
