import { sql } from 'kysely';
import { foldVersion } from '../platform/folding.ts';

/** A batch of rows that were folded again. */
export interface RefoldBatch {
  count: number;
  /** Whose row was the last; null: there was none. */
  userId: string | null;
}

/** Few enough that a user who writes to one of them hardly waits. */
export const refoldBatchSize = 500;

/**
 * Rows that are not folded, or by an older version; those of a newer one stay, so that two versions may run side by
 * side.
 */
export const needsRefold = sql`search_version is distinct from ${sql.lit(foldVersion)}
  and (search_version is null or search_version < ${sql.lit(foldVersion)})`;
