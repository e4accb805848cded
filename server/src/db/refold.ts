import { sql } from 'kysely';
import { foldVersion } from '../platform/folding.ts';
import type { Db } from './schema.ts';

/** A batch of rows of one user that were folded again. */
export interface RefoldBatch {
  count: number;
  /** The user after whom the next batch is looked for; null: there was none. */
  after: string | null;
}

/** Few enough that a user who writes to one of them hardly waits. */
export const refoldBatchSize = 500;

/**
 * Rows that are not folded, or by an older version; those of a newer one stay, so that two versions may run side by
 * side.
 */
export const needsRefold = sql`search_version is distinct from ${sql.lit(foldVersion)}
  and (search_version is null or search_version < ${sql.lit(foldVersion)})`;

/** @returns the first user after `after` with rows to fold, or null. */
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

/** A full batch may not have been all of the user's. */
export const toRefoldBatch = (count: number, after: string, userId: string): RefoldBatch => ({
  count,
  after: count === refoldBatchSize ? after : userId,
});
