import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';

/**
 * Tells PostgreSQL how many tasks there are, whenever an import has doubled them. It plans by what it knew before until
 * autovacuum comes by, up to a minute later, and would read all of the user's tasks for each one.
 */
export function createStatisticsUpkeep(db: Db) {
  let added = 0;
  return async (created: number): Promise<void> => {
    added += created;
    const { rows } = await sql<{ known: number }>`
      select reltuples as known from pg_class where oid = 'duly.tasks'::regclass`.execute(db);
    if (added <= (rows[0]?.known ?? Number.POSITIVE_INFINITY)) return;
    added = 0;
    await sql`analyze duly.tasks, duly.task_tags`.execute(db);
  };
}
