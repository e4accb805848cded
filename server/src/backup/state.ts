import type { Client } from 'pg';
import type { DatabaseState } from './manifest.ts';

/** Reads the state of the transaction's snapshot. The role has to see every row. */
export async function readState(client: Client): Promise<DatabaseState> {
  const { rows: tables } = await client.query<{ schema: string; name: string }>(`
    select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('duly', 'better_auth') order by 1, 2`);
  const counts: Record<string, number> = {};
  for (const { schema, name } of tables) {
    const table = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
    const { rows } = await client.query<{ count: number }>(`select count(*)::float8 as count from ${table}`);
    counts[`${schema}.${name}`] = rows[0]?.count ?? 0;
  }
  const { rows } = await client.query<Omit<DatabaseState, 'rows'>>(`
    select (select max(version) from duly.schema_migrations) as "schemaVersion",
      (select id from duly.epoch) as epoch,
      (select coalesce(sum(hashtextextended(user_id || ' ' || revision, 0)::numeric), 0)::text from duly.owners)
        as "feedHeads",
      (select coalesce(sum(hashtextextended(user_id || ' ' || seq || ' ' || encode(hash, 'hex'), 0)::numeric), 0)::text
        from duly.audit_heads) as "auditHeads"`);
  if (rows[0] === undefined) throw new Error('the query of the state returned no row');
  return { ...rows[0], rows: counts };
}

/** What two states differ in, one line each. */
export function compareStates(expected: DatabaseState, found: DatabaseState): string[] {
  const differences: string[] = [];
  const compare = (what: string, wanted: unknown, got: unknown) => {
    if (wanted !== got) differences.push(`${what}: recorded ${wanted ?? 'none'}, found ${got ?? 'none'}`);
  };
  for (const table of new Set([...Object.keys(expected.rows), ...Object.keys(found.rows)]))
    compare(`rows of ${table}`, expected.rows[table], found.rows[table]);
  compare('the newest migration', expected.schemaVersion, found.schemaVersion);
  compare('the epoch', expected.epoch, found.epoch);
  compare('the revisions of all users', expected.feedHeads, found.feedHeads);
  compare('the heads of the audit chains', expected.auditHeads, found.auditHeads);
  return differences;
}
