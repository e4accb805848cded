import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Db } from '../db/schema.ts';

/**
 * Runs `analyze` after many tasks were created. Autovacuum does so within a minute, but not before a tenth of all tasks
 * are new. Until then, if the statistics list every user (most common values), PostgreSQL expects no tasks of a new
 * user. It then chooses plans that read all tasks of that user once for each of them.
 */
export interface Statistics {
  /** Renews the statistics in the background, if enough tasks are new. @param count how many tasks were created */
  noteCreated(count: number): void;
  /** Resolves when no renewal is running. */
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

/** With fewer new tasks, no plan takes long. */
const minCreated = 500;
/** If PostgreSQL expects no tasks of unknown users: the statistics are renewed when this share of all tasks is new. */
const maxUnknown = 0.02;

/** @returns a function to call with the number of new tasks; it resolves after `analyze`, if that is needed */
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
    // On Citus `reltuples` does not have the number of tasks.
    const tasks = Math.max(known.tasks, before);
    if (created < (known.knowsAllUsers ? tasks * maxUnknown : tasks)) return;
    [before, created] = [before + created, 0];
    await sql`analyze duly.tasks, duly.task_tags, duly.reminders`.execute(db);
  };
}
