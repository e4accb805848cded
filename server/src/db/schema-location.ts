import { sql } from 'kysely';
import { StartError } from '../platform/errors.ts';
import type { Db, Tx } from './schema.ts';

/** The schema of every table except Better Auth's, which are in `better_auth`. */
export const ownSchema = 'duly';

/** The schema of the job queue: the database may hold another application's pg-boss. */
export const queueSchema = 'duly_jobs';

/** The migration that moves an older version's tables into this schema. */
export const schemaMoveVersion = 7;

/** `application_name` of connections of versions before the move. This version uses another name. */
const oldApplicationNames = ['duly', 'duly listener'];

/** `schema_migrations` as older versions made it, in the first schema of the search path. */
const olderMigrationsTable = sql<{ schema: string | null }>`
  select (select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = to_regclass('schema_migrations') and has_table_privilege(c.oid, 'select')
      and (select array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
        = array['version integer', 'name text', 'applied_at timestamp(3) with time zone']
      and exists (select from pg_class o where o.relnamespace = n.oid and o.relname = 'owners')
  ) as schema`;

/**
 * Finds the schema of Duly's tables: `duly`, or the schema in which an older version made them. A `schema_migrations`
 * elsewhere must have our versions and names. Another application's is looked up in the catalog and not read.
 * @param names of all migrations, in order
 * @returns null if there are no tables yet
 */
export async function findOwnSchema(db: Db, names: readonly string[]): Promise<string | null> {
  const { rows } = await sql<{ is_here: boolean }>`
    select to_regclass('duly.schema_migrations') is not null as is_here`.execute(db);
  if (rows[0]?.is_here === true) return ownSchema;
  const olderSchema = (await olderMigrationsTable.execute(db)).rows[0]?.schema ?? null;
  if (olderSchema === null) return null;
  const applied = await sql<{ version: number; name: string }>`
    select version, name from ${sql.id(olderSchema, 'schema_migrations')} order by version limit ${schemaMoveVersion}`.execute(
    db,
  );
  const isOurs =
    applied.rows.length > 0 &&
    applied.rows.length < schemaMoveVersion &&
    applied.rows.every(({ version, name }, index) => version === index + 1 && name === names[index]);
  return isOurs ? olderSchema : null;
}

/**
 * Statements of old instances name no schema, so they would fail after the move.
 * @throws StartError while an old instance is connected to this database
 */
export async function requireNoOldInstance(tx: Tx): Promise<void> {
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
      and application_name = any(${oldApplicationNames}) order by pid`.execute(tx);
  if (rows.length === 0) return;
  throw new StartError(
    'migrate: this version moves the tables into the schema duly. Stop every instance of the old version first ' +
      `(${rows.length} connected, process ids ${rows.map(({ pid }) => pid).join(', ')}), and copy DATA_DIR first, or back up the database`,
  );
}
