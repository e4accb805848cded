import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createDb } from '../../src/db/pool.ts';
import { startApp } from '../support/app.ts';
import { imitateCitus } from '../support/citus-stand-in.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { silentLog } from '../support/log.ts';
import { useAll } from '../support/use-all.ts';

const isCluster = inject('workers').length > 0;

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  const db = createDb({ connection: database.connection, max: 1, log: silentLog });
  if (!isCluster) await imitateCitus(db);
  await db.destroy();
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
