import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Db } from '../../src/db/schema.ts';
import { startApp } from '../support/app.ts';
import { countLockWaits } from '../support/lock-waits.ts';
import { patience } from '../support/patience.ts';
import {
  createStaleSetup,
  expectAllRefused,
  expectRefused,
  expectStale,
  get,
  newUserWithTasks,
  readAll,
  type StaleSetup,
  staleWarning,
  waitUntilAccessEventsAreOld,
} from '../support/stale-setup.ts';
import { newClient } from '../support/tasks.ts';

let stage: StaleSetup;
beforeAll(async () => {
  stage = await createStaleSetup();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await stage.line.restore();
});
afterAll(() => stage.close());

describe('the last access events hold while the database is unavailable', () => {
  test('for five minutes', async () => {
    const { app, line, lenient } = stage;
    const { client, paths } = await newUserWithTasks(app);
    const kept = await readAll(lenient, client, paths);
    await line.breakLink('gone');
    await waitUntilAccessEventsAreOld(async () => expectStale(await readAll(lenient, client, paths), kept));
    passTime(290_000);
    const [late] = await readAll(lenient, client, paths);
    expect([late?.status, late?.headers.get('warning')]).toEqual([200, staleWarning]);
    expect(Number(late?.headers.get('age'))).toBeGreaterThanOrEqual(290);
    passTime(301_000);
    await expectAllRefused(paths.map((path) => get(lenient, path, client.user)));
  });

  test('for a token that ends meanwhile, which is dead once the database is back', async () => {
    const { app, line, lenient } = stage;
    const { client, paths } = await newUserWithTasks(app);
    const kept = await readAll(lenient, client, paths);
    await line.breakLink('gone');
    await app.request('POST', '/api/v1/auth/logout', client.user);
    await waitUntilAccessEventsAreOld(async () => expectStale(await readAll(lenient, client, paths), kept));
    await line.restore();
    for (const { status } of await readAll(lenient, client, paths)) expect(status).toBe(401);
    await line.breakLink('gone');
    await waitUntilAccessEventsAreOld(async () => {
      for (const { status } of await readAll(lenient, client, paths)) expect(status).toBe(401);
    });
  });

  test('of a ban, and of the service lock', async () => {
    const { app, line, lenient } = stage;
    const { client, paths } = await newUserWithTasks(app);
    const banned = await newClient(app);
    await readAll(lenient, client, paths);
    await get(lenient, banned.user.v1, banned.user);
    await sql`insert into duly.user_access (user_id, banned_at) values (${banned.user.id}, now())`.execute(
      app.ctx.db,
    );
    await vi.waitUntil(
      async () => (await get(lenient, banned.user.v1, banned.user)).status === 401,
      patience,
    );
    await sql`insert into duly.service_lock default values`.execute(app.ctx.db);
    await vi.waitUntil(
      async () => (await get(lenient, client.user.v1, client.user)).status === 503,
      patience,
    );
    await line.breakLink('gone');
    await waitUntilAccessEventsAreOld(async () =>
      expectRefused(await get(lenient, client.user.v1, client.user), 'SERVICE_LOCKED'),
    );
    await line.restore();
    await sql`delete from duly.service_lock`.execute(app.ctx.db);
    await vi.waitUntil(
      async () => (await get(lenient, client.user.v1, client.user)).status === 200,
      patience,
    );
    await line.breakLink('gone');
    await waitUntilAccessEventsAreOld(async () =>
      expect((await get(lenient, banned.user.v1, banned.user)).status).toBe(401),
    );
  });

  test('of a task that is gone: it does not come back', async () => {
    const { app, line, lenient } = stage;
    const { client, id } = await newUserWithTasks(app);
    const path = `${client.user.v1}/tasks/${id}`;
    expect((await get(lenient, path, client.user)).status).toBe(200);
    await client.v1('DELETE', `/tasks/${id}`);
    expect((await get(lenient, path, client.user)).status).toBe(404);
    await line.breakLink('gone');
    expectRefused(await get(lenient, path, client.user));
  });
});

describe('while the database is there', () => {
  test('and too busy to load data, a stale response is served', async () => {
    const { app, lenient } = stage;
    const { client, list } = await newUserWithTasks(app);
    const kept = await get(lenient, list, client.user);
    await client.create({ title: 'newer' });
    await app.ctx.db.transaction().execute(async (tx) => {
      await sql`lock table duly.tasks`.execute(tx);
      expectStale([await get(lenient, list, client.user)], [kept]);
    });
    expect((await get(lenient, list, client.user)).text).toContain('newer');
  });

  test('and has no connection left, stale responses are served and everything else is refused', async () => {
    const { app } = stage;
    const { client, list, paths } = await newUserWithTasks(app);
    const small = await startApp(
      { SERVE_STALE: '1', DATABASE_POOL_SIZE: '1', DATABASE_POOL_OVERFLOW: '1' },
      app,
    );
    const kept = await readAll(small, client, paths);
    const { db } = small.ctx;
    await db.connection().execute(() =>
      db.connection().execute(async () => {
        for (let round = 0; round < 2; round += 1) expectStale(await readAll(small, client, paths), kept);
        await expectAllRefused([get(small, `${list}?limit=3`, client.user)]);
      }),
    );
    expect((await get(small, `${list}?limit=3`, client.user)).status).toBe(200);
    await small.close();
  });
});

test('nothing is kept of a database that may have been set back meanwhile: revisions say nothing then', async () => {
  const { app, lenient } = stage;
  const { client, id, list } = await newUserWithTasks(app);
  await get(lenient, list, client.user);
  await sql`update duly.tasks set title = 'of a backup' where user_id = ${client.user.id} and id = ${id}`.execute(
    app.ctx.db,
  );
  expect((await get(lenient, list, client.user)).text).toContain('kept');
  const realNow = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + 31 * 60_000);
  passTime(31 * 60_000);
  expect((await get(lenient, list, client.user)).text).toContain('of a backup');
});

test('nothing is kept that was loading when another epoch was seen: its cursors are of the one before', async () => {
  const { app } = stage;
  const { db } = app.ctx;
  const { client, list } = await newUserWithTasks(app);
  await client.create({ title: 'another' });
  const ask = (path: string) => get(app, path, client.user);
  const first = await ask(`${list}?limit=1`);
  const cursor = first.body.pagination.next_cursor;
  const secondPage = `${list}?limit=1&cursor=${cursor}`;
  passTime(2_000);
  await ask(list);
  // The epoch was read just now, and is not read again before time passes.
  vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  const loading = await db.transaction().execute(async (tx) => {
    await sql`lock table duly.tasks`.execute(tx);
    await sql`select duly.begin_epoch()`.execute(db);
    const reply = ask(secondPage);
    await vi.waitFor(async () => expect(await countLockWaits(queryOf(tx))).toBe(1), patience);
    passTime(4_000);
    expect((await ask(`${list}?cursor=${cursor}&limit=1`)).status).toBe(410);
    return { reply };
  });
  expect((await loading.reply).status).toBe(200);
  expect((await ask(secondPage)).status).toBe(410);
});

const queryOf = (db: Db) => (text: string) => sql.raw(text).execute(db);

const now = performance.now.bind(performance);

/** Moves the process's clock forward. */
function passTime(ms: number): void {
  vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
}
