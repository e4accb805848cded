import { sql } from 'kysely';
import type { TestApp } from './app.ts';
import { asAdmin } from './database.ts';
import type { PlanNode } from './plans.ts';
import { waitUntil } from './waiting.ts';

const settings = [
  "session_preload_libraries = 'auto_explain'",
  'auto_explain.log_min_duration = 0',
  "auto_explain.log_format = 'json'",
  'auto_explain.log_analyze = on',
  'auto_explain.log_timing = off',
  'auto_explain.log_nested_statements = on',
];

interface Plan extends PlanNode {
  'Rows Removed by Join Filter'?: number;
  Plans?: Plan[];
}

const rowsOf = (node: Plan): number =>
  (node['Actual Rows'] +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Join Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0)) *
    node['Actual Loops'] +
  (node.Plans ?? []).map(rowsOf).reduce((sum, rows) => sum + rows, 0);

/**
 * Makes the server log the plan of each statement of the database.
 * @returns what gives the most rows that the nodes of one plan have handled since its last call, of the statements
 * whose plans name the user
 */
export async function watchWork({ ctx, database }: TestApp, userId: string): Promise<() => Promise<number>> {
  const { database: name } = database.connection;
  for (const setting of settings) await asAdmin(`alter database "${name}" set ${setting}`);
  await asAdmin(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
  const ask = () => sql`select 1`.execute(ctx.db);
  await waitUntil(() =>
    ask().then(
      () => true,
      () => false,
    ),
  );
  let read = await sizeOfLog();
  return async () => {
    const size = await sizeOfLog();
    const [{ text } = { text: '' }] = await asAdmin<{ text: string }>(
      `select pg_read_file(pg_current_logfile(), ${read}, ${size - read}) as text`,
    );
    read = size;
    const plans = text
      .split(/^(?=\d{4}-\d\d-\d\d )/m)
      .filter((entry) => entry.includes('plan:') && entry.includes(userId))
      .map((entry): { Plan: Plan } => JSON.parse(entry.slice(entry.indexOf('{'))));
    return Math.max(0, ...plans.map(({ Plan: plan }) => rowsOf(plan)));
  };
}

async function sizeOfLog(): Promise<number> {
  const [row] = await asAdmin<{ size: number }>('select size::int from pg_stat_file(pg_current_logfile())');
  return row?.size ?? 0;
}
