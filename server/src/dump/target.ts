import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { listMigrations, migrateTo } from '../db/migrator.ts';
import type { Tx } from '../db/schema.ts';
import { findOwnSchema, ownSchema } from '../db/schema-location.ts';
import { StartError } from '../platform/errors.ts';
import { hasCode } from '../platform/files.ts';
import { type DumpEnd, type DumpManifest, tableName } from './format.ts';
import { type FoundTable, listTables, quotedName, setForCopy } from './tables.ts';

/** An empty database of a dump's schema version, within a transaction. */
export interface LoadTarget {
  client: Client;
  /** By `schema.table`. */
  tables: ReadonlyMap<string, FoundTable>;
  /** The foreign keys that were dropped, and come back after the rows. */
  foreignKeys: readonly ForeignKey[];
}

interface ForeignKey {
  table: string;
  name: string;
  definition: string;
}

/** Tables with rows that migrations make. */
const seededTables = ['duly.schema_migrations', 'duly.epoch'];
const instanceNames = ['duly pool', 'duly listener'];

/**
 * Makes the tables of a dump: its schema version, no rows, no foreign keys, and no triggers that fire.
 * @throws StartError if the database is in use, or holds a row of the service
 */
export async function prepareTables(tx: Tx, client: Client, manifest: DumpManifest): Promise<LoadTarget> {
  const names = listMigrations().map(({ name }) => name);
  const schema = await findOwnSchema(tx, names);
  if (schema !== null && schema !== ownSchema)
    throw new StartError(
      `load: the database holds an older Duly in the schema ${schema}, an empty one is wanted`,
    );
  await requireUnused(client);
  await requireEmpty(client, await listTables(client));
  await migrateTo(tx, manifest.schemaVersion);
  await setForCopy(client);
  const tables = await listTables(client);
  requireColumns(manifest, tables);
  for (const table of tables) {
    const quoted = quotedName(client, table);
    await client.query(`alter table ${quoted} disable trigger user`);
    if (seededTables.includes(tableName(table))) await client.query(`delete from ${quoted}`);
  }
  const foreignKeys = await dropForeignKeys(client);
  return { client, tables: new Map(tables.map((table) => [tableName(table), table])), foreignKeys };
}

/** An instance of this database would go on with what it remembers. */
async function requireUnused(client: Client): Promise<void> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name = any($1)`,
    [instanceNames],
  );
  if ((rows[0]?.count ?? 0) > 0)
    throw new StartError('load: an instance of Duly is connected to the database: stop it, then load');
}

async function requireEmpty(client: Client, tables: readonly FoundTable[]): Promise<void> {
  if (tables.length === 0) return;
  const quoted = tables.map((table) => quotedName(client, table));
  try {
    await client.query(`set local lock_timeout = '5s'; lock table ${quoted.join(', ')}`);
  } catch (error) {
    if (!hasCode(error, '55P03')) throw error;
    throw new StartError('load: another session uses the tables of the database: end it, then load');
  }
  const filled: string[] = [];
  for (const table of tables) {
    if (seededTables.includes(tableName(table))) continue;
    const { rows } = await client.query<{ found: boolean }>(
      `select exists (select from ${quotedName(client, table)}) as found`,
    );
    if (rows[0]?.found === true) filled.push(tableName(table));
  }
  if (filled.length > 0)
    throw new StartError(
      `load: the database is not empty, there are rows in ${filled.join(', ')}: an empty one is wanted`,
    );
}

/** The schema version says which columns there are: a difference is a schema that was changed by hand. */
function requireColumns({ tables: dumped, schemaVersion }: DumpManifest, found: readonly FoundTable[]): void {
  const describe = (tables: readonly Pick<FoundTable, 'schema' | 'name' | 'columns'>[]) =>
    new Map(tables.map((table) => [tableName(table), table.columns.toSorted().join(', ')]));
  const [wanted, existing] = [describe(dumped), describe(found)];
  for (const name of new Set([...wanted.keys(), ...existing.keys()]))
    if (wanted.get(name) !== existing.get(name))
      throw new StartError(
        `load: of ${name}, the dump has ${wanted.get(name) ?? 'nothing'}, and the schema of version ${schemaVersion} has ${existing.get(name) ?? 'nothing'}`,
      );
}

/** Checked for all rows at once, they cost less than for each, and tables can come in any order. */
async function dropForeignKeys(client: Client): Promise<ForeignKey[]> {
  const { rows } = await client.query<ForeignKey>(`
    select format('%I.%I', n.nspname, c.relname) as table, quote_ident(k.conname) as name,
      pg_get_constraintdef(k.oid) as definition
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
    where k.contype = 'f' and k.conparentid = 0 and n.nspname in ('duly', 'better_auth') order by 1, 2`);
  for (const { table, name } of rows) await client.query(`alter table ${table} drop constraint ${name}`);
  return rows;
}

/** The input of COPY for one table. */
export function startCopy(client: Client, table: FoundTable) {
  const columns = table.columns.map((column) => client.escapeIdentifier(column)).join(', ');
  const stream = client.query(
    copyFrom(`copy ${quotedName(client, table)} (${columns}) from stdin (format text, encoding 'UTF8')`),
  );
  const finished = new Promise<void>((settle, fail) => stream.once('finish', settle).once('error', fail));
  let isOver = false;
  finished
    .catch(() => undefined)
    .then(() => {
      isOver = true;
    });
  return {
    write(chunk: Buffer): Promise<void> {
      const written = new Promise<void>((settle, fail) => {
        stream.write(chunk, (error) => (error ? fail(error) : settle()));
      });
      return Promise.race([written, finished]);
    },
    async end(): Promise<void> {
      stream.end();
      await finished;
    },
    /** The connection takes no other statement before COPY has ended. */
    async abort(): Promise<void> {
      if (isOver) return;
      stream.destroy(new Error('the rest is missing'));
      await finished.catch(() => undefined);
    },
  };
}

/** Brings back what `prepareTables` took away, and sets the sequences. */
export async function finishTables(
  { client, tables, foreignKeys }: LoadTarget,
  sequences: DumpEnd['sequences'],
): Promise<void> {
  for (const { table, name, definition } of foreignKeys)
    await client.query(`alter table ${table} add constraint ${name} ${definition}`);
  for (const table of tables.values()) {
    await client.query(`alter table ${quotedName(client, table)} enable trigger user`);
    await client.query(`analyze ${quotedName(client, table)}`);
  }
  for (const [name, [last, isCalled]] of Object.entries(sequences)) {
    const [schema = '', sequence = ''] = name.split('.');
    const quoted = quotedName(client, { schema, name: sequence });
    await client.query('select pg_catalog.setval($1::regclass, $2::bigint, $3)', [quoted, last, isCalled]);
  }
}
