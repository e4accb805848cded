import { sql } from 'kysely';
import { foldVersion } from '../platform/folding.ts';

export interface RefoldBatch {
  count: number;
  /** User of the last row; null if there was none. */
  userId: string | null;
}

/** Small, so that a user who writes to one of the locked rows hardly waits. */
export const refoldBatchSize = 500;

/**
 * Rows without a folding, or with an older version's. Rows of a newer version stay, so that two versions of Duly may
 * run side by side.
 */
export const needsRefold = sql`search_version is distinct from ${sql.lit(foldVersion)}
  and (search_version is null or search_version < ${sql.lit(foldVersion)})`;
