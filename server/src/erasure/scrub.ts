import { sql } from 'kysely';
import { Client } from 'pg';
import type { ConnectionSettings } from '../db/postgres/embedded.ts';
import type { Db } from '../db/schema.ts';
import { queueSchema } from '../db/schema-location.ts';

/** Called with each table before it is rewritten: meanwhile every read and write of it waits. */
export type ReportTable = (name: string) => void;

/** How long the rewrite of a catalog waits for transactions that use it. */
const lockTimeoutMs = 30_000;

const schemas = ['duly', 'better_auth', queueSchema];

/** The tables of the service, the largest last. */
async function findTables(db: Db): Promise<{ name: string; quoted: string }[]> {
  const { rows } = await sql<{ name: string; quoted: string }>`
    select n.nspname || '.' || c.relname as name, format('%I.%I', n.nspname, c.relname) as quoted
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname = any(${schemas}) order by pg_total_relation_size(c.oid), 1`.execute(
    db,
  );
  return rows;
}

/**
 * Rewrites every table with its indexes, without the rows that were deleted, and makes its statistics anew.
 * @param db without a time limit
 */
export async function rewriteTables(db: Db, report: ReportTable): Promise<void> {
  for (const { name, quoted } of await findTables(db)) {
    report(name);
    await sql`vacuum (full, analyze) ${sql.raw(quoted)}`.execute(db);
  }
}

export interface ScrubbedCluster {
  /** WAL segments of before, which an archive, a backup or a replica still needs. */
  keptWal: number;
}

/** Bounds the loop: WAL that something keeps does not go. */
const maxSwitches = 300;

/**
 * Removes what the files of an embedded database have besides its tables: statistics, and WAL, also in segments that
 * wait to be used again.
 */
export async function scrubCluster(admin: ConnectionSettings): Promise<ScrubbedCluster> {
  const client = new Client({ ...admin, database: 'duly', ssl: false, application_name: 'duly scrub' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('set statement_timeout = 0');
    await client.query(`set lock_timeout = ${lockTimeoutMs}`);
    // For an empty table `analyze` leaves what was known of its rows.
    await client.query(
      `delete from pg_catalog.pg_statistic where starelid in (
        select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.reltuples <= 0 and n.nspname = any($1)
      )`,
      [schemas],
    );
    for (const name of ['pg_statistic', 'pg_statistic_ext_data'])
      await client.query(`vacuum (full) pg_catalog.${name}`);
    // Old segments would be renamed with what they hold.
    await client.query('alter system set wal_recycle = off');
    await client.query('select pg_reload_conf()');
    try {
      return { keptWal: await replaceWal(client) };
    } finally {
      await client.query('alter system reset wal_recycle');
      await client.query('select pg_reload_conf()');
    }
  } finally {
    await client.end();
  }
}

/** @returns how many segments of before are left */
async function replaceWal(client: Client): Promise<number> {
  const walFiles = async () => {
    const { rows } = await client.query<{ name: string }>(
      `select name from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$'`,
    );
    return rows.map(({ name }) => name);
  };
  const before = new Set(await walFiles());
  const remaining = async () => (await walFiles()).filter((name) => before.has(name));
  let left = [...before];
  for (let count = 0; left.length > 0 && count < maxSwitches; count += 1) {
    // A switch fills the rest of a segment with zeros; without a record before it, it does nothing.
    await client.query(`select pg_logical_emit_message(false, 'duly', 'scrub')`);
    const { rows } = await client.query<{ current: string }>(
      'select pg_walfile_name(pg_switch_wal()) as current',
    );
    await client.query('checkpoint');
    const current = rows[0]?.current ?? '';
    left = await remaining();
    // All that were there have been used up: who keeps them decides when they go.
    if (left.every((name) => name <= current) && count > before.size) break;
  }
  return left.length;
}
