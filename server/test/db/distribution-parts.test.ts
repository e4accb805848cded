import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listMigrations } from '../../src/db/migrator.ts';
import { createDb } from '../../src/db/pool.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { fireReminders } from '../../src/deliveries/firing.ts';
import { startApp } from '../support/app.ts';
import { findInconsistencies } from '../support/cache-observations.ts';
import { createTestClient, createWorkload, newMarker, type Observation } from '../support/cache-workload.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { partitionCount, partitionedSchema, readPlacement } from '../support/distribution.ts';
import { silentLog } from '../support/log.ts';
import { waitUntil } from '../support/process.ts';
import { seeded } from '../support/random.ts';
import { useAll } from '../support/use-all.ts';

const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_124);
const tables = readPlacement().distributed.map(({ table }) => table);

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase('empty');
  const db = createDb({ connection: database.connection, max: 1, log: silentLog });
  await sql.raw(partitionedSchema()).execute(db);
  await sql`insert into duly.epoch (id, version_floor) values ('0123456789ab', 0)`.execute(db);
  for (const { version, name } of listMigrations())
    await sql`insert into duly.schema_migrations (version, name) values (${version}, ${name})`.execute(db);
  await db.destroy();
});
afterAll(() => database.drop());

test(`cut by the hash of user_id, seed ${seed}: everything works, and each response shows what was written`, async () => {
  const app = await startApp({}, { database });
  const random = seeded(seed);
  const clients = await Promise.all(
    [0, 1, 2, 3, 4].map((index) => createTestClient(app, newMarker(index), index < 2)),
  );
  const workload = createWorkload([app], random);
  const observations: Observation[] = [];
  await Promise.all(
    clients.map(async (client) => {
      const [history] = client.histories;
      const trash: Parameters<typeof workload.writeOnce>[2] = [];
      if (history === undefined) throw new Error('no history');
      for (let write = 0; write < 25; write += 1) {
        await workload.writeOnce(client, history, trash);
        observations.push(await workload.readOnce(client), await workload.readOnce(random.pick(clients)));
      }
    }),
  );
  workload.close();
  expect(findInconsistencies(observations, clients), `seed ${seed}`).toEqual([]);
  await Promise.all(clients.map((_client, index) => useAll(app, `cut_${index}`)));
  await sql`update duly.reminders set next_at = now() - interval '1 second'`.execute(app.ctx.db);
  await inTransaction(app.ctx.db, fireReminders);
  await app.ctx.jobs.runAll();
  for (const table of tables.filter((name) => !['tombstones', 'task_tags'].includes(name))) {
    const { rows } = await sql`select distinct tableoid from ${sql.table(table)}`.execute(app.ctx.db);
    expect([table, rows.length > 1]).toEqual([table, true]);
  }
  await app.close();
});

test('what a user asks for is done in one part of each table', async () => {
  const reader = createDb({ connection: database.connection, max: 1, log: silentLog });
  const scans = async () => {
    const { rows } = await sql<{ name: string; scans: number }>`
      select relname as name, (coalesce(seq_scan, 0) + coalesce(idx_scan, 0))::int as scans from pg_stat_user_tables
      where relname ~ '_part_[0-9]$'`.execute(reader);
    return new Map(rows.map(({ name, scans }) => [name, scans]));
  };
  // A server process reports its statistics when it ends.
  const idle = () =>
    waitUntil(async () => {
      const { rows } = await sql`select from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`.execute(
        reader,
      );
      return rows.length === 0;
    });
  await idle();
  const before = await scans();
  const app = await startApp({}, { database });
  // So often that PostgreSQL considers generic plans.
  const client = await useAll(app, 'one_part');
  for (let count = 0; count < 20; count += 1) {
    const { id } = await client.create({ tags: ['home'] });
    await client.list(`?limit=${1 + count}`);
    await client.get(id);
  }
  const [home] = (
    await sql<{
      part: string;
    }>`select right(tableoid::regclass::text, 1) as part from duly.owners where user_id = ${client.user.id}`.execute(
      app.ctx.db,
    )
  ).rows;
  await app.close();
  await idle();
  const after = await scans();
  expect(after.size).toBe(tables.length * partitionCount);
  const touched = [...after].filter(([name, count]) => count > (before.get(name) ?? 0)).map(([name]) => name);
  expect(touched.filter((name) => !name.endsWith(`_part_${home?.part}`))).toEqual([]);
  // Deleting tasks cascades to their tags by `user_id` too. Only tables without any scan are missing.
  expect(touched.length).toBeGreaterThan(tables.length - 3);
  await reader.destroy();
});
