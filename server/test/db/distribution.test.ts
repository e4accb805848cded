import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { readPlacement } from '../support/distribution.ts';
import { silentLog } from '../support/log.ts';

const { distributed, copied, local } = readPlacement();
const tables = distributed.map(({ table }) => table);

let database: TestDatabase;
let db: Db;
beforeAll(async () => {
  database = await createDatabase();
  db = createDb({ connection: database.connection, max: 1, log: silentLog });
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const nameOf = (id: string) =>
  sql.raw(
    `(select nspname || '.' || relname from pg_class c join pg_namespace n on n.oid = relnamespace where c.oid = ${id})`,
  );
const columnsOf = (table: string, numbers: string) =>
  sql.raw(`array(select attname::text from unnest(${numbers}) with ordinality as k (number, at)
    join pg_attribute on attrelid = ${table} and attnum = k.number order by k.at)`);

test('scripts/citus.sql places every table of the migrated database, once', async () => {
  const { rows } = await sql<{ name: string }>`
    select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('duly', 'better_auth')`.execute(db);
  expect([...tables, ...copied, ...local].sort()).toEqual(rows.map(({ name }) => name).sort());
});

test('every table of user data is distributed by user_id, next to the first', async () => {
  const [first, ...others] = distributed;
  expect(first).toEqual({ table: 'duly.owners', column: 'user_id', colocatedWith: undefined });
  for (const one of others) expect(one).toMatchObject({ column: 'user_id', colocatedWith: 'duly.owners' });
  const { rows } = await sql<{ name: string; type: string }>`
    select ${nameOf('attrelid')} as name, format_type(atttypid, atttypmod) || ' collate ' ||
      (select collname from pg_collation where oid = attcollation) as type
    from pg_attribute where attname = 'user_id' and not attisdropped
      and attrelid in (select oid from pg_class where relkind = 'r')`.execute(db);
  const types = new Map(rows.map(({ name, type }) => [name, type]));
  // Equal texts hash to the same shard only under one collation.
  for (const table of tables) expect([table, types.get(table)]).toEqual([table, 'text collate C']);
});

test('user_id is first in its primary key and in all that is unique', async () => {
  const { rows } = await sql<{ name: string; columns: string[]; isPrimary: boolean }>`
    select ${nameOf('indrelid')} as name, ${columnsOf('indrelid', 'indkey')} as columns, indisprimary as "isPrimary"
    from pg_index where indisunique`.execute(db);
  for (const table of tables) {
    const unique = rows.filter(({ name }) => name === table);
    expect(unique.map(({ isPrimary }) => isPrimary)).toContain(true);
    for (const { columns } of unique) expect([table, columns[0]]).toEqual([table, 'user_id']);
  }
});

test('a foreign key ties rows of one user, or rows that stay together; what it refers to comes before', async () => {
  const { rows } = await sql<{ from: string; to: string; columns: string[]; referred: string[] }>`
    select ${nameOf('conrelid')} as from, ${nameOf('confrelid')} as to,
      ${columnsOf('conrelid', 'conkey')} as columns, ${columnsOf('confrelid', 'confkey')} as referred
    from pg_constraint where contype = 'f'`.execute(db);
  expect(rows.length).toBeGreaterThan(5);
  for (const { from, to, columns, referred } of rows) {
    expect([from, to, tables.includes(from)]).toEqual([from, to, tables.includes(to)]);
    if (!tables.includes(from)) continue;
    expect([from, columns[0], referred[0]]).toEqual([from, 'user_id', 'user_id']);
    expect([from, to, tables.indexOf(to) <= tables.indexOf(from)]).toEqual([from, to, true]);
  }
});

test('a distributed table has no trigger that reads or writes', async () => {
  const { rows } = await sql<{ name: string; function: string }>`
    select ${nameOf('tgrelid')} as name, tgfoid::regproc::text as function from pg_trigger where not tgisinternal`.execute(
    db,
  );
  const theirs = rows.filter(({ name }) => tables.includes(name));
  const functions = theirs.map(({ name, function: called }) => `${name} ${called}`);
  expect(functions.sort()).toEqual([
    'duly.audit refuse_audit_change',
    'duly.audit refuse_audit_deletion',
    'duly.audit refuse_change',
    'duly.audit_heads check_audit_pruning',
    'duly.owners write_after_erasure',
  ]);
});

test('functions of the schema name the user by a variable: a cluster plans an expression for every shard', async () => {
  const { rows } = await sql<{ name: string; condition: string }>`
    select proname as name, matched[1] as condition from pg_proc join pg_namespace n on n.oid = pronamespace,
      regexp_matches(prosrc, '\\muser_id\\s*=\\s*([\\w.$]+(?:\\s*\\()?)', 'g') as matched
    where n.nspname = 'duly'`.execute(db);
  expect(rows.map(({ name }) => name)).toContain('account_came_or_went');
  expect(rows.filter(({ condition }) => condition.endsWith('('))).toEqual([]);
});
