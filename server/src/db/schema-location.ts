import { sql } from 'kysely';
import { StartError } from '../platform/errors.ts';
import type { Db, Tx } from './schema.ts';

/** The schema of every table but Better Auth's, which are in `better_auth`. */
export const ownSchema = 'duly';

/** The migration that moves an older Duly into it. */
export const schemaMoveVersion = 7;

/** What versions before the move call their connections; the pool of this one has another name. */
const oldApplicationNames = ['duly', 'duly listener'];

/** `schema_migrations` as older versions made it, in the schema that their search path names first. */
const olderTable = sql<{ schema: string | null }>`
  select (select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = to_regclass('schema_migrations') and has_table_privilege(c.oid, 'select')
      and (select array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0)
        = array['version integer', 'name text', 'applied_at timestamp(3) with time zone']
      and exists (select from pg_class o where o.relnamespace = n.oid and o.relname = 'owners')
  ) as schema`;

/**
 * The schema that holds Duly's tables: `duly`, or where an older version made them. A `schema_migrations` elsewhere is
 * ours only if its versions and names are: another application's is looked at in the catalog and not read.
 * @param names of all migrations, in order
 * @returns null when there are none yet
 */
export async function findOwnSchema(db: Db, names: readonly string[]): Promise<string | null> {
  const { rows } = await sql<{ is_here: boolean }>`
    select to_regclass('duly.schema_migrations') is not null as is_here`.execute(db);
  if (rows[0]?.is_here === true) return ownSchema;
  const older = (await olderTable.execute(db)).rows[0]?.schema ?? null;
  if (older === null) return null;
  const applied = await sql<{ version: number; name: string }>`
    select version, name from ${sql.id(older, 'schema_migrations')} order by version limit ${schemaMoveVersion}`.execute(
    db,
  );
  const isOurs =
    applied.rows.length > 0 &&
    applied.rows.length < schemaMoveVersion &&
    applied.rows.every(({ version, name }, index) => version === index + 1 && name === names[index]);
  return isOurs ? older : null;
}

/**
 * Old instances name no schema in their statements, so they would fail after the move.
 * @throws StartError while one is connected to this database.
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
