import { inject } from 'vitest';

/** How many connections to this database wait for a lock. On Citus, where rows are on the workers, on any node. */
export async function countLockWaits(query: (text: string) => Promise<{ rows: unknown[] }>): Promise<number> {
  const activity = inject('workers').length > 0 ? 'citus_stat_activity' : 'pg_stat_activity';
  // In a transaction, the view is a snapshot.
  await query('select pg_stat_clear_snapshot()');
  const { rows } = await query(
    `select from ${activity} where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length;
}
