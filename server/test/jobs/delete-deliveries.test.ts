import { afterAll, beforeAll, expect, test } from 'vitest';
import { deleteDeliveries } from '../../src/jobs/delete-deliveries.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { queryAsAdmin } from '../support/reminder-rows.ts';

const env = { DELIVERY_RETENTION_DAYS: '7' };

let app: TestApp;
let second: TestApp;
beforeAll(async () => {
  app = await startApp(env);
  second = await startApp(env, app);
});
afterAll(async () => {
  await second.close();
  await app.close();
});

const run = (on = app, stop = new AbortController().signal) => deleteDeliveries.run(on.ctx, stop);

/** @param finished SQL of an interval since the end; null: it is queued */
const insertDeliveries = (userId: string, status: string, finished: string | null, count = 1) =>
  queryAsAdmin(
    app.database,
    `insert into duly.deliveries
       (user_id, id, kind, channel_type, scheduled_at, status, created_at, finished_at, next_try_at)
     select '${userId}', gen_random_uuid(), 'reminder', 'email', now() - interval '90 days', '${status}',
       now() - interval '90 days', ${finished === null ? 'null, now()' : `now() - interval '${finished}', null`}
     from generate_series(1, ${count})`,
  );

const kept = () =>
  queryAsAdmin(
    app.database,
    'select user_id, status, count(*)::int from duly.deliveries group by user_id, status order by user_id, status',
  );

test('finished deliveries are deleted after DELIVERY_RETENTION_DAYS, and never those that are queued', async () => {
  for (const status of ['sent', 'failed', 'cancelled']) {
    await insertDeliveries('ada', status, '7 days 1 minute');
    await insertDeliveries('ada', status, '6 days 23 hours 59 minutes');
  }
  await insertDeliveries('ada', 'queued', null);
  await insertDeliveries('bob', 'sent', '8 days', 2_500);
  expect(await run(app, AbortSignal.abort())).toBe(0);
  const [one, other] = await Promise.all([run(), run(second)]);
  expect(one + other + (await run())).toBe(2_503);
  expect(await kept()).toEqual(
    ['cancelled', 'failed', 'queued', 'sent'].map((status) => ({ user_id: 'ada', status, count: 1 })),
  );
});
