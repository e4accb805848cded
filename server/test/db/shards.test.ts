import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { startApp } from '../support/app.ts';
import { imitateCitus } from '../support/citus-stand-in.ts';
import { afterTest } from '../support/clean-up.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { sent, startTestWorker, timedOut } from '../support/delivery-worker.ts';
import { silentLog } from '../support/log.ts';
import { patience } from '../support/patience.ts';
import { deliveryCounts, insertReminders, queryAsAdmin } from '../support/reminder-rows.ts';
import { statementsOf } from '../support/sql/count.ts';
import { newClient } from '../support/tasks.ts';
import { useAll } from '../support/use-all.ts';

const isCluster = inject('workers').length > 0;

async function createCluster(): Promise<TestDatabase> {
  const created = await createDatabase();
  const db = createDb({ connection: created.connection, max: 1, log: silentLog });
  if (!isCluster) await imitateCitus(db);
  await db.destroy();
  return created;
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createCluster();
});
afterAll(() => database.drop());

test('on a cluster, every write of a user is executed by duly.on_shard, with the same results', async () => {
  const app = await startApp({}, { database });
  // So often that its statements are prepared, and that there are more than one session keeps.
  for (const userId of ['ada', 'bob']) await useAll(app, userId);
  await app.ctx.jobs.runAll();
  const client = await useAll(app, 'carol');
  const odd = `"quoted" {braces} \\ ' $1 \u00e9`;
  const task = await client.create({ title: odd, tags: [odd, 'a,b'] });
  expect(await client.get(task.id)).toMatchObject({ title: odd, tags: ['a,b', odd].sort() });
  await app.close();
});

test('on a cluster, a worker locks the rows of one user at a time, and sends what is due of all', async () => {
  const database = await createCluster();
  const app = await startApp({}, { database });
  afterTest.push(
    () => database.drop(),
    () => app.close(),
  );
  await insertReminders(database, { users: 3, perUser: 2 });
  let isUp = false;
  const send = vi.fn(async () => (isUp ? sent : timedOut));
  const statements = await statementsOf(async () => {
    startTestWorker(app, send);
    const tried = async () =>
      (await queryAsAdmin<{ id: string }>(database, 'select id from duly.deliveries where attempts = 1'))
        .length;
    await vi.waitFor(async () => expect(await tried()).toBe(6), patience);
    isUp = true;
    await queryAsAdmin(database, 'update duly.deliveries set next_try_at = now()');
    await sql`select pg_notify('duly_changes', '["test","reminded-0"]')`.execute(app.ctx.db);
    await vi.waitFor(async () => expect(await deliveryCounts(database)).toEqual({ sent: 6 }), patience);
  });
  expect(send).toHaveBeenCalledTimes(12);
  const locks = statements.filter((text) => /duly\.(owners|deliveries).*skip locked/s.test(text));
  expect(locks.length).toBeGreaterThanOrEqual(6);
  for (const text of locks) expect(text).toMatch(/user_id = \$\d/);
});

test('on a cluster, statements that a session had to forget are prepared again, also after a rollback', async () => {
  const db = createDb({ connection: database.connection, max: 1, log: silentLog });
  afterTest.push(() => db.destroy());
  const call = async (on: Db, n: number) => {
    const { rows } = await sql<{
      n: number;
    }>`select * from duly.on_shard('ada', ${`select ${n} + $1::integer as n`}, '{0}') as r (n integer)`.execute(
      on,
    );
    return rows[0]?.n;
  };
  const numbers = Array.from({ length: 200 }, (_, index) => index);
  for (const n of numbers) expect(await call(db, n)).toBe(n);
  // One more than a session keeps.
  await expect(
    db.transaction().execute(async (tx) => {
      expect(await call(tx, 200)).toBe(200);
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  for (const n of [0, 200, 1, 199, 0]) expect(await call(db, n)).toBe(n);
});

test('what is purged leaves no reference, although no foreign key clears it', async () => {
  const app = await startApp({}, { database });
  const { v1, create, user } = await newClient(app);
  const send = async (method: string, path: string, sent?: object) => {
    const { status, text, body } = await v1(method, path, sent);
    expect(status, text).toBeLessThan(300);
    return body?.data;
  };
  const project = await send('POST', '/projects', { name: 'house' });
  const roof = await send('POST', `/projects/${project.id}/sections`, { name: 'roof' });
  const cellar = await send('POST', `/projects/${project.id}/sections`, { name: 'cellar' });
  const parent = await create({ title: 'parent', section_id: roof.id });
  const child = await create({ title: 'child', parent_id: parent.id });
  const beside = await create({ title: 'beside', section_id: cellar.id });
  for (const { id } of [child, beside]) await send('DELETE', `/tasks/${id}`);
  for (const path of [
    ...[`/sections/${cellar.id}`, `/trash/sections/${cellar.id}`],
    ...[`/tasks/${parent.id}`, `/trash/${parent.id}`],
    ...[`/projects/${project.id}?tasks=trash`, `/trash/projects/${project.id}`],
  ])
    await send('DELETE', path);
  const { rows } = await sql`
    select title, project_id, section_id, parent_id from duly.tasks where user_id = ${user.id} order by title`.execute(
    app.ctx.db,
  );
  const nowhere = { project_id: null, section_id: null, parent_id: null };
  expect(rows).toEqual(['beside', 'child'].map((title) => ({ title, ...nowhere })));
  await app.close();
});

test.skipIf(isCluster)(
  'a shard that has moved away is asked for again, and then the service is unavailable',
  async () => {
    const app = await startApp({}, { database });
    await sql`update pg_dist_placement set groupid = 8`.execute(app.ctx.db);
    const user = await app.newUser();
    const path = `${user.v1}/tasks`;
    const refused = await app.request('POST', path, { token: user.token, body: { title: 'milk' } });
    expect([refused.status, refused.body.error_code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    await sql`update pg_dist_placement set groupid = 7`.execute(app.ctx.db);
    expect((await app.request('POST', path, { token: user.token, body: { title: 'milk' } })).status).toBe(
      201,
    );
    await app.close();
  },
);
