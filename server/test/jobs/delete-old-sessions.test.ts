import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ SESSION_RETENTION_DAYS: '2' });
});
afterAll(() => app.close());

test('sessions go when they have been expired for SESSION_RETENTION_DAYS, and no others', async () => {
  const ada = await registerAccount(app);
  const { db, jobs } = app.ctx;
  await sql`
    insert into better_auth.session (id, "expiresAt", token, "updatedAt", "userId")
    select 'old-' || days, now() - make_interval(days => days, mins => 1), 'token-' || days, now(), ${ada.id}
    from generate_series(1, 1200) as days`.execute(db);
  await jobs.runAll();
  const { rows } = await sql<{ id: string }>`
    select id from better_auth.session where "userId" = ${ada.id} and id like 'old-%'`.execute(db);
  expect(rows).toEqual([{ id: 'old-1' }]);
  expect(await ada.statusOf(ada.token)).toBe(200);
});
