import { readdirSync, readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { StartError } from '../platform/errors.ts';
import { errorCodeOf, isPermissionDenied, isUnavailableError } from './failures.ts';
import type { Db, Tx } from './schema.ts';
import { findOwnSchema, ownSchema, requireNoOldInstance, schemaMoveVersion } from './schema-location.ts';
import { statementTimeoutMs } from './session.ts';
import { inTransaction } from './transaction.ts';

export interface Migration {
  version: number;
  name: string;
  up: string;
  down: string;
  /** The oldest code that runs on the schema which this migration makes, by its newest migration. */
  compatibleFrom: number;
  /** Whether the code of this version also runs without this migration. */
  isOptional: boolean;
}

const migrationsDirectory = new URL('../../migrations/', import.meta.url);
const migrationFileName = /^(\d{4})_([a-z0-9_]+)\.up\.sql$/;
/** Lines of an up file. Without the first one, no older code runs on the schema. */
const compatibleFromLine = /^-- compatible-from: (\d+)$/m;
const optionalLine = /^-- optional$/m;
/** The migration that makes the column of the same name. */
const compatibilityName = 'compatible_from';
/** Key of the advisory lock that serializes migrations: "migr" in ASCII. */
const migrationLockKey = 0x6d696772;

const lockTimedOut = '55P03';
/**
 * The move takes an exclusive lock on every table. Without this time-out, one session that holds a table would block
 * all later readers.
 */
const moveLockTimeout = '3s';

let cachedMigrations: readonly Migration[] | undefined;

/**
 * The numbered pairs in `migrations/`, oldest first: 1, 2, 3, … without gaps. The files are read once.
 * @throws StartError if a number is missing or doubled
 */
export function listMigrations(): readonly Migration[] {
  cachedMigrations ??= readMigrations();
  return cachedMigrations;
}

function readMigrations(): Migration[] {
  const migrations = readdirSync(migrationsDirectory)
    .map((file) => migrationFileName.exec(file))
    .filter((match) => match !== null)
    .map(([file, number = '', name = '']) => {
      const up = readFileSync(new URL(file, migrationsDirectory), 'utf8');
      return {
        version: Number(number),
        name,
        up,
        down: readFileSync(new URL(file.replace('.up.', '.down.'), migrationsDirectory), 'utf8'),
        compatibleFrom: Number(compatibleFromLine.exec(up)?.[1] ?? number),
        isOptional: optionalLine.test(up),
      };
    })
    .sort((a, b) => a.version - b.version);
  const gap = migrations.findIndex((migration, index) => migration.version !== index + 1);
  if (gap >= 0) throw new StartError(`migrations: number ${gap + 1} is missing or doubled`);
  return migrations;
}

/** What was applied to a database. */
export interface AppliedSchema {
  /** The number of the newest applied migration; 0 for none. */
  version: number;
  /** The oldest code that runs on it, by its newest migration. */
  compatibleFrom: number;
}

/** The number of the newest applied migration; 0 for none. */
export const currentVersion = async (db: Db): Promise<number> => (await findApplied(db)).version;

/** Also reads schemas of before the column `compatible_from`: rows without a value fit their own version only. */
export async function findApplied(db: Db): Promise<AppliedSchema> {
  const schema = await findSchema(db);
  if (schema === null) return { version: 0, compatibleFrom: 0 };
  const { rows } = await sql<AppliedSchema>`
    select coalesce(max(version), 0) as version,
      coalesce(max(coalesce((to_jsonb(m) ->> 'compatible_from')::integer, version)), 0) as "compatibleFrom"
    from ${migrationsIn(schema)} m`.execute(db);
  return rows[0] ?? { version: 0, compatibleFrom: 0 };
}

const findSchema = (db: Db) =>
  findOwnSchema(
    db,
    listMigrations().map(({ name }) => name),
  );

const migrationsIn = (schema: string) => sql.id(schema, 'schema_migrations');

/**
 * Brings the database to the newest version. Each migration is one transaction under an advisory lock, and reads the
 * current version after it has the lock. So instances may start together.
 * @returns the migrations that this call applied, in order
 */
export async function migrateUp(db: Db): Promise<Migration[]> {
  const migrations = listMigrations();
  const applied: Migration[] = [];
  for (const migration of migrations) {
    if (await withMigrationLock(db, (tx, version) => applyUp(tx, version, migration)))
      applied.push(migration);
  }
  await withMigrationLock(db, setRoleDefaults);
  return applied;
}

/**
 * Reverts the newest migration. Reverting the first one also drops the schema `duly`.
 * @returns the reverted migration, or null if there was none
 */
export const migrateDown = (db: Db): Promise<Migration | null> =>
  withMigrationLock(db, async (tx, version) => (version === 0 ? null : applyDown(tx, version)));

async function applyDown(tx: Tx, version: number): Promise<Migration> {
  const migrations = listMigrations();
  const migration = migrations[version - 1];
  if (migration === undefined) throw new StartError(`migrate: ${aheadMessage(version, migrations.length)}`);
  const schema = (await findSchema(tx)) ?? ownSchema;
  const applied = migrationsIn(schema);
  await sql`delete from ${applied} where version = ${version}`.execute(tx);
  await runScript(tx, schema, migration, 'down');
  if (version === 1) {
    await sql`drop table ${applied}`.execute(tx);
    await dropSchema(tx);
  }
  return migration;
}

/** Brings the schema to this version, up or down, in the caller's transaction. Other migrations wait for its end. */
export async function migrateTo(tx: Tx, target: number): Promise<void> {
  await lockMigrations(tx);
  let version = await currentVersion(tx);
  for (; version > target; version -= 1) await applyDown(tx, version);
  for (const migration of listMigrations().slice(version, target)) await applyUp(tx, version++, migration);
}

export function aheadMessage(version: number, newest: number): string {
  return `the schema is at version ${version}, this Duly knows ${newest}; run the newer Duly, or with it: npm run migrate -- down`;
}

async function withMigrationLock<T>(db: Db, work: (tx: Tx, version: number) => Promise<T>): Promise<T> {
  return inTransaction(db, async (tx) => {
    await sql`select set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true)`.execute(
      tx,
    );
    await lockMigrations(tx);
    return work(tx, await currentVersion(tx));
  });
}

const lockMigrations = (tx: Tx) => sql`select pg_advisory_xact_lock(${migrationLockKey})`.execute(tx);

async function applyUp(tx: Tx, version: number, migration: Migration): Promise<boolean> {
  if (migration.version <= version) return false;
  if (version === 0) await createSchema(tx);
  if (migration.version === schemaMoveVersion) {
    await requireNoOldInstance(tx);
    await sql`select set_config('lock_timeout', ${moveLockTimeout}, true)`.execute(tx);
  }
  await runScript(tx, (await findSchema(tx)) ?? ownSchema, migration, 'up');
  // The migration may have moved the tables.
  const schema = (await findSchema(tx)) ?? ownSchema;
  await recordApplied(tx, schema, migration);
  return true;
}

async function recordApplied(tx: Tx, schema: string, migration: Migration): Promise<void> {
  const { version, name, compatibleFrom } = migration;
  await sql`insert into ${migrationsIn(schema)} (version, name) values (${version}, ${name})`.execute(tx);
  const hasColumn = listMigrations().findIndex((one) => one.name === compatibilityName) < version;
  if (!hasColumn) return;
  await sql`update ${migrationsIn(schema)} set compatible_from = ${compatibleFrom}
    where version = ${version}`.execute(tx);
}

/** An operator may have created the schema for a role without the right to create one. */
async function createSchema(tx: Tx): Promise<void> {
  const { rows } = await sql<{ found: boolean }>`
    select to_regnamespace('duly') is not null as found`.execute(tx);
  if (rows[0]?.found !== true) await sql`create schema duly`.execute(tx);
  await sql`create table duly.schema_migrations (
    version integer primary key, name text not null, applied_at timestamptz(3) not null default now())`.execute(
    tx,
  );
}

/** Keeps the schema if it holds other objects. */
const dropSchema = (tx: Tx) =>
  sql`do $$ begin drop schema if exists duly; exception when dependent_objects_still_exist then null; end $$`.execute(
    tx,
  );

/**
 * Runs a migration's SQL text as it is, which nothing else does: the files are our own. The search path leads names
 * without a schema to Duly's tables, for this script only.
 * @throws StartError with the database's error in one line
 */
async function runScript(
  tx: Tx,
  schema: string,
  { version, name, ...scripts }: Migration,
  direction: 'up' | 'down',
): Promise<void> {
  await sql`select set_config('search_path', format('%I, pg_temp', ${schema}::text), true)`.execute(tx);
  try {
    await sql.raw(scripts[direction]).execute(tx);
  } catch (error) {
    if (errorCodeOf(error) === lockTimedOut)
      throw new StartError(
        'migrate: the tables are in use by another session, which has to end its transaction first; nothing was changed',
      );
    if (isUnavailableError(error) || isPermissionDenied(error) || errorCodeOf(error) === '') throw error;
    throw new StartError(
      `migrate ${direction} ${version} ${name}: ${String(error)} (SQLSTATE ${errorCodeOf(error)}); nothing was changed`,
    );
  }
  await sql`set local search_path to default`.execute(tx);
}

/**
 * Sets `statement_timeout` as a default of this role in this database, for statements outside transactions. Unlike a
 * start-up parameter or `set`, that also holds through a pooler in transaction mode.
 */
async function setRoleDefaults(tx: Tx): Promise<void> {
  const wanted = `${statementTimeoutMs / 1000}s`;
  await sql
    .raw(
      `do $$ begin
        if not exists (
          select 1 from pg_db_role_setting s
          join pg_roles r on r.oid = s.setrole and r.rolname = current_user
          join pg_database d on d.oid = s.setdatabase and d.datname = current_database()
          where 'statement_timeout=${wanted}' = any (s.setconfig)
        ) then
          execute format('alter role %I in database %I set statement_timeout = %L', current_user, current_database(), '${wanted}');
        end if;
      end $$`,
    )
    .execute(tx);
}
