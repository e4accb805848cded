import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { type DumpEnd, type DumpedTable, type TableDigest, tableName } from './format.ts';

/** A table as it is in the database now. */
export interface FoundTable extends DumpedTable {
  /** The SELECT of its rows, in the order of its primary key. */
  query: string;
}

/**
 * Their rows are not dumped: running instances poll access events for an hour at most, by transaction ids of the one
 * server.
 */
const omittedTables = ['duly.access_events'];

/** Every text of a row is the same on every server and for every role. */
const textSettings = [
  "datestyle = 'ISO, YMD'",
  "intervalstyle = 'postgres'",
  "timezone = 'UTC'",
  'extra_float_digits = 1',
  "bytea_output = 'hex'",
  "search_path = ''",
];
const noLimits = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'].map(
  (name) => `${name} = 0`,
);
/** Sorts of large tables would go to the disk earlier. */
const sortMemory = "work_mem = '32MB'";

/** Prepares a transaction for COPY. The settings end with it. */
export const setForCopy = (client: Client) =>
  client.query(
    [...textSettings, ...noLimits, sortMemory].map((setting) => `set local ${setting}`).join('; '),
  );

/** The tables of the service, in a stable order. @throws Error if one has no primary key */
export async function listTables(client: Client): Promise<FoundTable[]> {
  const { rows } = await client.query<DumpedTable & { key: string[] }>(`
    select n.nspname as schema, c.relname as name,
      array(select a.attname::text from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum
      ) as columns,
      array(select quote_ident(a.attname) || case when a.attcollation = 0 then '' else ' collate pg_catalog."C"' end
        from pg_index i cross join unnest(i.indkey) with ordinality as k (attnum, ordinal)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
        where i.indrelid = c.oid and i.indisprimary order by k.ordinal
      ) as key
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('duly', 'better_auth')
    order by n.nspname collate "C", c.relname collate "C"`);
  return rows
    .filter((table) => !omittedTables.includes(tableName(table)))
    .map(({ key, ...table }) => {
      if (key.length === 0) throw new Error(`${tableName(table)} has no primary key`);
      const columns = table.columns.map((column) => client.escapeIdentifier(column)).join(', ');
      return {
        ...table,
        query: `select ${columns} from ${quotedName(client, table)} order by ${key.join(', ')}`,
      };
    });
}

export const quotedName = (client: Client, { schema, name }: Pick<DumpedTable, 'schema' | 'name'>) =>
  `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;

/** What was read of a table so far. */
export function createDigest() {
  const hash = createHash('sha256');
  let [rows, sizeBytes] = [0, 0];
  return {
    add(chunk: Buffer): void {
      hash.update(chunk);
      sizeBytes += chunk.length;
      // COPY ends each row with a line feed, and escapes those within values.
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) rows += 1;
    },
    end: (): TableDigest => ({ rows, sizeBytes, sha256: hash.digest('hex') }),
  };
}

/** The text of COPY, in chunks of any size. */
export const copyRows = (client: Client, { query }: FoundTable): AsyncIterable<Buffer> =>
  client.query(copyTo(`copy (${query}) to stdout (format text, encoding 'UTF8')`));

export async function digestTable(client: Client, table: FoundTable): Promise<TableDigest> {
  const digest = createDigest();
  for await (const chunk of copyRows(client, table)) digest.add(chunk);
  return digest.end();
}

/** Sequences have no snapshot: a running service may have raised them since that of the rows, which does no harm. */
export async function readSequences(client: Client): Promise<DumpEnd['sequences']> {
  const { rows } = await client.query<{ schema: string; name: string }>(`
    select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'S' and n.nspname in ('duly', 'better_auth') order by 1, 2`);
  const sequences: DumpEnd['sequences'] = {};
  for (const sequence of rows) {
    const { rows: found } = await client.query<{ last: string; called: boolean }>(
      `select last_value::text as last, is_called as called from ${quotedName(client, sequence)}`,
    );
    if (found[0] !== undefined) sequences[tableName(sequence)] = [found[0].last, found[0].called];
  }
  return sequences;
}
