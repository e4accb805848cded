import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { currentVersion, listMigrations, migrateDown, migrateUp } from '../../src/db/migrator.ts';
import type { Db } from '../../src/db/schema.ts';
import { findSchemaFit, requireUsableSchema, statusOf } from '../../src/db/schema-fit.ts';
import { startApp, type TestApp } from '../support/app.ts';

const newest = listMigrations().length;
/** Those that the newest code needs, counted from the first. */
const needed = listMigrations().findLastIndex(({ isOptional }) => !isOptional) + 1;
let app: TestApp;
let db: Db;

beforeAll(async () => {
  app = await startApp();
  db = app.ctx.db;
});
afterAll(() => app.close());
beforeEach(async () => {
  await sql`delete from duly.schema_migrations where version > ${newest}`.execute(db);
  await migrateUp(db);
});

/** As `migrate up` of a newer Duly records its migration. */
const applyNewer = (compatibleFrom: number | null) =>
  sql`insert into duly.schema_migrations (version, name, compatible_from)
    values (${newest + 1}, 'from_the_future', ${compatibleFrom})`.execute(db);

async function readiness(): Promise<unknown[]> {
  const { status, body } = await app.request('GET', '/health/ready');
  return [status, body.status, body.schema];
}

test('an instance stays ready beside a newer migration that it fits, and says so', async () => {
  expect(await readiness()).toEqual([200, 'ok', 'current']);
  await applyNewer(newest);
  expect(await readiness()).toEqual([200, 'ok', 'newer']);
  expect(await requireUsableSchema(db)).toEqual({ status: 'newer', version: newest + 1, newest });
  const user = await app.newUser();
  const { status } = await app.request('POST', `${user.bare}/tasks`, {
    token: user.token,
    body: { title: 'x' },
  });
  expect(status).toBe(201);
});

test.each([
  ['drops what this code needs', newest + 1],
  ['does not say what it fits', null],
])('a newer migration that %s makes an instance unready, with the command to run', async (_what, from) => {
  await applyNewer(from);
  expect(await readiness()).toEqual([503, 'unavailable', 'too-new']);
  const ahead = `the schema is at version ${newest + 1}, this Duly knows ${newest}`;
  await expect(requireUsableSchema(db)).rejects.toThrow(ahead);
  await expect(migrateDown(db)).rejects.toThrow(ahead);
});

test('a contracting migration shuts out what an earlier one admitted', async () => {
  await applyNewer(1);
  await sql`insert into duly.schema_migrations (version, name, compatible_from)
    values (${newest + 2}, 'contracting', ${newest + 1})`.execute(db);
  expect((await findSchemaFit(db)).status).toBe('too-new');
});

test('an optional migration may be pending; a needed one makes an instance unready, with the command to run', async () => {
  while ((await currentVersion(db)) > needed) {
    await migrateDown(db);
    expect(await readiness()).toEqual([200, 'ok', 'pending']);
    expect((await requireUsableSchema(db)).status).toBe('pending');
  }
  await migrateDown(db);
  expect(await readiness()).toEqual([503, 'unavailable', 'too-old']);
  await expect(requireUsableSchema(db)).rejects.toThrow(
    `the schema is at version ${needed - 1}, this Duly wants ${newest}; run: npm run migrate -- up`,
  );
});

test('nothing is optional without a schema, nor before a migration that is needed', () => {
  const migrations = [{ isOptional: true }, { isOptional: false }, { isOptional: true }];
  const statuses = [0, 1, 2, 3].map((version) => statusOf({ version, compatibleFrom: version }, migrations));
  expect(statuses).toEqual(['too-old', 'too-old', 'pending', 'current']);
  expect(statusOf({ version: 0, compatibleFrom: 0 }, [{ isOptional: true }])).toBe('too-old');
});

test('every migration since that of compatible_from says which code fits it, and the database knows', async () => {
  const first = listMigrations().findIndex(({ name }) => name === 'compatible_from');
  const since = listMigrations().slice(first);
  const silent = since.filter(({ up }) => !/^-- compatible-from: \d+\n/.test(up)).map(({ name }) => name);
  expect(silent).toEqual([]);
  const { rows } = await sql<{ version: number; compatibleFrom: number }>`
    select version, compatible_from as "compatibleFrom" from duly.schema_migrations
    where compatible_from is not null order by version`.execute(db);
  expect(rows).toEqual(since.map(({ version, compatibleFrom }) => ({ version, compatibleFrom })));
});
