import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Db } from '../db/schema.ts';

/**
 * Tells PostgreSQL how many tasks its users have, whenever many are new. Until autovacuum comes by it plans by what it
 * knew before: a minute after a start, or without end where a tenth of all tasks are not new. If it knows all users by
 * name, it expects no tasks of another one, and reads all of theirs for each one.
 */
export interface Statistics {
  /** Renews what PostgreSQL knows, in the background, if it is time. @param count how many tasks were created */
  noteCreated(count: number): void;
  /** Resolves once nothing is under way. */
  close(): Promise<void>;
}

export function createStatistics(db: Db, log: Logger): Statistics {
  const keep = createStatisticsUpkeep(db);
  let running: Promise<void> | undefined;
  let waiting = 0;
  return {
    noteCreated(count) {
      waiting += count;
      if (running !== undefined || waiting < minCreated) return;
      running = keep(waiting)
        .catch((error: unknown) => log.warn({ err: error }, 'the statistics were not renewed'))
        .finally(() => {
          running = undefined;
        });
      waiting = 0;
    },
    close: async () => running,
  };
}

/** With so few tasks no plan takes long. */
const minCreated = 500;
/** If PostgreSQL expects no tasks of unknown users: the statistics are renewed when this share of all tasks is new. */
const maxUnknown = 0.02;

/** @returns what to call after so many more tasks were created; it resolves once PostgreSQL knows */
export function createStatisticsUpkeep(db: Db): (created: number) => Promise<void> {
  /** `before` were created up to the last time, `created` since. */
  let [before, created] = [0, 0];
  return async (more) => {
    created += more;
    if (created < minCreated) return;
    const { rows } = await sql<{ tasks: number; knowsAllUsers: boolean }>`
      select greatest(c.reltuples, 0) as tasks, coalesce((
        select s.n_distinct between 0 and cardinality(s.most_common_freqs) from pg_stats as s
        where s.schemaname = 'duly' and s.tablename = 'tasks' and s.attname = 'user_id'
      ), false) as "knowsAllUsers"
      from pg_class as c where c.oid = 'duly.tasks'::regclass`.execute(db);
    const [known = { tasks: 0, knowsAllUsers: false }] = rows;
    // Citus does not say how many there are.
    const tasks = Math.max(known.tasks, before);
    if (created < (known.knowsAllUsers ? tasks * maxUnknown : tasks)) return;
    [before, created] = [before + created, 0];
    await sql`analyze duly.tasks, duly.task_tags, duly.reminders`.execute(db);
  };
}
