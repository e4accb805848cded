import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { currentVersion, listMigrations, migrateDown, migrateUp } from '../../src/db/migrator.ts';
import { createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { requireSupported, unsupportedReason } from '../../src/db/server-requirements.ts';
import { statementTimeoutMs } from '../../src/db/session.ts';
import { asAdmin, createDatabase, type TestDatabase } from '../support/database.ts';
import { silentLog as log } from '../support/log.ts';
import { dumpSchema } from '../support/schema-dump.ts';

const newest = listMigrations().length;
let database: TestDatabase;
let db: Db;

beforeAll(async () => {
  database = await createDatabase('empty');
  db = createDb({ connection: database.connection, max: 3, log });
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

test('up, down to nothing and up again give schema.sql; `npm test -- -u` writes it anew', async () => {
  expect(await currentVersion(db)).toBe(0);
  expect(await migrateUp(db)).toHaveLength(newest);
  const first = await dumpSchema(db);
  await expect(first).toMatchFileSnapshot('../../schema.sql');

  for (let version = newest; version > 0; version -= 1) {
    expect(await migrateDown(db)).toMatchObject({ version });
  }
  expect(await migrateDown(db)).toBeNull();
  expect(await dumpSchema(db)).not.toContain('table duly.tasks');

  await migrateUp(db);
  expect(await dumpSchema(db)).toBe(first);
});

test('schema.sql makes the schema it shows', async () => {
  const empty = await createDatabase('empty');
  const instance = createDb({ connection: empty.connection, max: 1, log });
  try {
    const script = await readFile(new URL('../../schema.sql', import.meta.url), 'utf8');
    await sql.raw(script).execute(instance);
    expect(await dumpSchema(instance)).toBe(script);
  } finally {
    await instance.destroy();
    await empty.drop();
  }
});

test('a database that is up to date is left alone', async () => {
  await migrateUp(db);
  expect(await migrateUp(db)).toEqual([]);
});

test('ten instances that start together migrate once', async () => {
  const fresh = await createDatabase('empty');
  const instances = Array.from({ length: 10 }, () => createDb({ connection: fresh.connection, max: 2, log }));
  try {
    const done = await Promise.all(instances.map((instance) => migrateUp(instance)));
    const versions = done.flat().map(({ version }) => version);
    expect(versions.sort((a, b) => a - b)).toEqual(listMigrations().map(({ version }) => version));
  } finally {
    await Promise.all(instances.map((instance) => instance.destroy()));
    await fresh.drop();
  }
});

test('a migration that fails leaves nothing of itself behind', async () => {
  const fresh = await createDatabase('empty');
  const instance = createDb({ connection: fresh.connection, max: 2, log });
  try {
    await sql`create schema duly`.execute(instance);
    await sql`create table duly.task_tags (only_in_the_way integer)`.execute(instance);
    await expect(migrateUp(instance)).rejects.toThrow(/task_tags/);
    expect(await currentVersion(instance)).toBe(0);
    const { rows } = await sql`select 1 from pg_class where relname in ('owners', 'tasks', 'tags')`.execute(
      instance,
    );
    expect(rows).toEqual([]);
  } finally {
    await instance.destroy();
    await fresh.drop();
  }
});

test('statements outside transactions get their time limit from the role, not from the session', async () => {
  const fresh = createDb({ connection: database.connection, max: 1, log });
  const { rows } = await sql<{ limit: string }>`select current_setting('statement_timeout') as limit`.execute(
    fresh,
  );
  await fresh.destroy();
  expect(rows).toEqual([{ limit: `${statementTimeoutMs / 1000}s` }]);
});

test('a server older than 15, or a database that is not in UTF-8, is refused', async () => {
  expect(unsupportedReason({ version_number: 140011, version: '14.11', encoding: 'UTF8' })).toBe(
    'DATABASE_URL: got PostgreSQL 14.11, wants 15 or newer',
  );
  await expect(requireSupported(db)).resolves.toBeUndefined();
  const name = `latin_${process.pid}`;
  await asAdmin(`create database ${name} template template0 encoding 'LATIN1' locale 'C' owner duly`);
  const latin = createDb({ connection: { ...database.connection, database: name }, max: 1, log });
  try {
    await expect(requireSupported(latin)).rejects.toThrow(
      'DATABASE_URL: got a database in LATIN1, wants one in UTF8',
    );
  } finally {
    await latin.destroy();
    await asAdmin(`drop database ${name} with (force)`);
  }
});
