import { type Expression, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import openapi from '../../openapi.json' with { type: 'json' };
import { createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { type TableEntry, tables } from '../../src/user-data.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { silentLog } from '../support/log.ts';

let database: TestDatabase;
let db: Db;
/** The columns of each table; `requiredOf` has only those that cannot be null. */
let columnsOf: Map<string, string[]>;
let requiredOf: Map<string, string[]>;
beforeAll(async () => {
  database = await createDatabase();
  db = createDb({ connection: database.connection, max: 1, log: silentLog });
  columnsOf = await readColumns(sql`true`);
  requiredOf = await readColumns(sql`a.attnotnull`);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

/**
 * Reads the columns of every table in any schema of the migrated database, except the queue's: its jobs hold ids, and
 * are deleted after a day.
 */
async function readColumns(which: Expression<boolean>): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ name: string; columns: string[] }>`
    select n.nspname || '.' || c.relname as name, array(
      select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and ${which}
    ) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'duly_jobs')`.execute(
    db,
  );
  return new Map(rows.map(({ name, columns }) => [name, columns]));
}

const entries = Object.entries<TableEntry>(tables);
/** Our tables have `user_id`, Better Auth's have `userId`. */
const namesUser = (name: string) =>
  (columnsOf.get(name) ?? []).some((column) => ['user_id', 'userid'].includes(column.toLowerCase()));

test('every table of the database is listed in src/user-data.ts, and no other', () => {
  expect(Object.keys(tables).sort()).toEqual([...columnsOf.keys()].sort());
});

test('a table that names a user is of a noun, or says what an export and an erasure do to it', () => {
  const wrong = entries.filter(([name, entry]) => 'notOfUsers' in entry && namesUser(name));
  expect(wrong).toEqual([]);
  expect([...columnsOf.keys()].filter(namesUser).length).toBeGreaterThan(10);
});

test('every noun of the change feed has a table', () => {
  const nouns = entries.flatMap(([, entry]) => ('noun' in entry ? [entry.noun] : []));
  const inFeed = Object.keys(openapi.components.schemas.Change.discriminator.mapping);
  expect([...new Set(nouns)].sort()).toEqual(inFeed.sort());
});

/** The columns that an export leaves out. */
function omittedOf(entry: Exclude<TableEntry, { notOfUsers: string }>): readonly string[] {
  const secrets = typeof entry.export === 'object' && 'without' in entry.export ? entry.export.without : [];
  return 'derived' in entry ? [...secrets, ...entry.derived] : secrets;
}

test('the columns that are left out or cleared exist; those that are cleared can be null', () => {
  for (const [name, entry] of entries) {
    if ('notOfUsers' in entry) continue;
    const omitted = omittedOf(entry);
    const cleared = 'reason' in entry && typeof entry.erasure === 'object' ? entry.erasure.clear : [];
    expect(columnsOf.get(name), name).toEqual(expect.arrayContaining([...omitted, ...cleared]));
    const required = requiredOf.get(name) ?? [];
    expect(
      cleared.filter((column) => required.includes(column)),
      name,
    ).toEqual([]);
  }
});

/** Columns with names of secrets. Hashes of the audit chain are not secret. */
const isSecret = (column: string) => /token$|password|secret|backupcodes|privatekey/i.test(column);

test('no export has a secret', () => {
  for (const [name, entry] of entries) {
    if ('notOfUsers' in entry || (typeof entry.export === 'object' && 'omit' in entry.export)) continue;
    const omitted = omittedOf(entry);
    const exported = (columnsOf.get(name) ?? []).filter((column) => !omitted.includes(column));
    expect(exported.filter(isSecret), name).toEqual([]);
  }
});
