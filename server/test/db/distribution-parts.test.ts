import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listMigrations } from '../../src/db/migrator.ts';
import { createDb } from '../../src/db/pool.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { fireReminders } from '../../src/deliveries/firing.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { findInconsistencies } from '../support/cache-observations.ts';
import { createTestClient, createWorkload, newMarker, type Observation } from '../support/cache-workload.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { partitionCount, partitionedSchema, readPlacement } from '../support/distribution.ts';
import { silentLog } from '../support/log.ts';
import { waitUntil } from '../support/process.ts';
import { seeded } from '../support/random.ts';
import { newClient } from '../support/tasks.ts';

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

/**
 * Runs every kind of request once. The user's id is given, because it decides the partition: several random ids may
 * share one.
 */
async function useAll(app: TestApp, userId: string) {
  const client = await newClient(app, userId);
  const { v1, bare } = client;
  const good = async (reply: ReturnType<typeof v1>) => {
    const { status, text, body } = await reply;
    if (status >= 300) throw new Error(`${status} ${text}`);
    return body;
  };
  const key = { 'idempotency-key': 'once' };
  const { data: task } = await good(v1('POST', '/tasks', { title: 'milk', tags: ['home', 'shop'] }, key));
  await good(v1('POST', '/tasks', { title: 'milk', tags: ['home', 'shop'] }, key));
  const since = (await good(v1('GET', '/changes'))).next_cursor;
  await good(v1('PATCH', `/tasks/${task.id}`, { title: 'oat milk', tags: ['shop', 'oat'] }));
  await good(bare('PATCH', `/tasks/${task.id}/complete`));
  const operations = [
    { op: 'create', title: 'bread', tags: ['shop'] },
    { op: 'update', id: task.id, priority: 'High' },
    { op: 'delete', id: task.id },
  ];
  const bulk = await good(v1('POST', '/tasks/bulk', { operations }));
  expect(bulk.data.map(({ status }: { status: number }) => status)).toEqual([201, 200, 200]);
  const repeating = { title: 'water', due_date: '2026-12-24', recurrence: 'FREQ=DAILY' };
  const { data: daily } = await good(v1('POST', '/tasks', repeating));
  for (const write of ['skip', 'skip', 'undo'])
    await good(v1('POST', `/tasks/${daily.id}/occurrences/${write}`));
  await good(v1('PATCH', `/tasks/${daily.id}/following`, { due_time: '09:00' }));
  await good(v1('GET', `/tasks/${daily.id}/occurrences`));
  await good(v1('PATCH', '', { default_reminder_minutes: 5 }));
  const { data: timed } = await good(
    v1('POST', '/tasks', { title: 'call', due_date: '2030-01-01', due_time: '09:00' }),
  );
  const rule = { relative_to: 'start', minutes_before: 0 };
  const { data: reminder } = await good(v1('POST', `/tasks/${timed.id}/reminders`, rule));
  await good(v1('PATCH', `/tasks/${timed.id}/reminders/${reminder.id}`, { minutes_before: 5 }));
  await good(v1('POST', `/tasks/${timed.id}/reminders/${reminder.id}/snooze`, { minutes: 5 }));
  await good(v1('PATCH', `/tasks/${timed.id}`, { start_date: '2029-12-24' }));
  await good(v1('PATCH', '', { time_zone: 'Asia/Tokyo' }));
  for (const path of ['/reminders?pending=true', `/tasks/${timed.id}/reminders`, '/tasks?has_reminder=true'])
    await good(v1('GET', path));
  await good(v1('DELETE', `/tasks/${timed.id}/reminders/${reminder.id}`));
  await good(v1('DELETE', `/tasks/${timed.id}`));
  await good(v1('DELETE', `/trash/${timed.id}`));
  await good(v1('GET', '/trash'));
  await good(v1('POST', `/trash/${task.id}/restore`));
  await good(v1('PATCH', '/tags/shop', { name: 'market' }));
  await good(v1('DELETE', '/tags/oat'));
  await good(v1('PATCH', '', { first_name: 'Ada' }));
  for (const path of ['/tasks', `/tasks/${task.id}`, '/tags', '', '/audit', `/changes?since=${since}`])
    await good(v1('GET', path));
  await good(v1('GET', '/tasks?search=MILK&tags=market&sort_by=due_date&limit=1'));
  await good(v1('DELETE', `/tasks/${task.id}`));
  await good(v1('DELETE', `/trash/${task.id}`));
  await good(v1('DELETE', '/trash'));
  const { data: project } = await good(v1('POST', '/projects', { name: 'house' }));
  const { data: section } = await good(v1('POST', `/projects/${project.id}/sections`, { name: 'roof' }));
  await good(v1('POST', '/views', { name: 'soon', parameters: { project_id: project.id } }));
  const { data: channel } = await good(
    v1('POST', '/channels', { type: 'webhook', url: 'https://hooks.example/duly' }),
  );
  await good(v1('PATCH', `/channels/${channel.id}`, { name: 'hook' }));
  await good(v1('POST', `/channels/${channel.id}/rotate-secret`));
  const { data: gone } = await good(v1('POST', '/channels', { type: 'webhook', url: channel.url }));
  await good(v1('DELETE', `/channels/${gone.id}`));
  await good(v1('GET', '/channels'));
  const { data: parent } = await good(
    v1('POST', '/tasks', {
      title: 'tiles',
      section_id: section.id,
      due_date: '2030-01-01',
      reminders: [rule],
    }),
  );
  const { data: child } = await good(v1('POST', '/tasks', { title: 'nails', parent_id: parent.id }));
  await good(v1('POST', `/tasks/${child.id}/move`, { after: null, parent_id: null }));
  await good(v1('DELETE', `/projects/${project.id}?tasks=trash`));
  await good(v1('POST', `/trash/projects/${project.id}/restore`));
  return client;
}

test(`cut by the hash of user_id, seed ${seed}: everything works, and reads say what was written`, async () => {
  const app = await startApp({}, { database });
  const random = seeded(seed);
  const players = await Promise.all(
    [0, 1, 2, 3, 4].map((index) => createTestClient(app, newMarker(index), index < 2)),
  );
  const stage = createWorkload([app], random);
  const sights: Observation[] = [];
  await Promise.all(
    players.map(async (player) => {
      const [history] = player.histories;
      const trash: Parameters<typeof stage.act>[2] = [];
      if (history === undefined) throw new Error('no history');
      for (let write = 0; write < 25; write += 1) {
        await stage.act(player, history, trash);
        sights.push(await stage.see(player), await stage.see(random.pick(players)));
      }
    }),
  );
  stage.close();
  expect(findInconsistencies(sights, players), `seed ${seed}`).toEqual([]);
  await Promise.all(players.map((_player, index) => useAll(app, `cut_${index}`)));
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
