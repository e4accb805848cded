import { sql } from 'kysely';
import { foldVersion } from '../platform/folding.ts';

/**
 * Rows without a folding, or with an older version's. Rows of a newer version stay, so that two versions of Duly may
 * run side by side.
 */
export const needsRefold = sql`search_version is distinct from ${sql.lit(foldVersion)}
  and (search_version is null or search_version < ${sql.lit(foldVersion)})`;
