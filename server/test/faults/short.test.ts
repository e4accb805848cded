import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { breakerStats } from '../../src/db/pool.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { newDatabase, othersThan } from '../support/faults.ts';
import { type Forwarder, startForwarder } from '../support/forwarder.ts';
import { patience } from '../support/patience.ts';
import { hasPostgres15, initCluster, type TestCluster } from '../support/postgres15.ts';
import { waitUntil } from '../support/process.ts';
import { type Recorder, startRecorder } from '../support/recorder.ts';

/** Nobody waits longer, and some time for a busy machine. */
const promisedMs = 3_000 + 7_000;

describe.skipIf(!hasPostgres15('faults of the database'))('under writes and reads', () => {
  let cluster: TestCluster;
  let forwarder: Forwarder;
  let app: TestApp;
  let load: Recorder;
  beforeAll(async () => {
    cluster = await initCluster();
    await cluster.start();
    forwarder = await startForwarder();
    forwarder.setTarget(cluster.port);
    app = await startApp(...(await newDatabase(cluster, forwarder.port)));
  });
  afterAll(async () => {
    cluster.signal('SIGCONT');
    await app.close();
  });

  async function startLoad(): Promise<void> {
    load = await startRecorder(app, 4);
    await load.makeProgress(10);
    load.forget();
  }
  async function expectNothingLost(): Promise<void> {
    await load.makeProgress(10);
    expect(await load.stop()).toMatchObject({ lost: [], doubled: [] });
    for (const { statuses } of [load.writes, load.reads])
      expect(othersThan(statuses, 200, 201, 503)).toEqual([]);
  }

  test('a frozen database costs nobody more than 3 s, and one connection at a time asks whether it is back', async () => {
    await startLoad();
    const { openings } = breakerStats(app.ctx.db);
    cluster.signal('SIGSTOP');
    await waitUntil(() => breakerStats(app.ctx.db).openings > openings);
    await waitUntil(() => (load.writes.statuses[503] ?? 0) > 50 && (load.reads.statuses[503] ?? 0) > 50);
    expect((await app.request('GET', '/health/live')).status).toBe(200);
    expect((await app.request('GET', '/health/ready')).status).toBe(503);
    for (const { slowestMs } of [load.writes, load.reads]) expect(slowestMs).toBeLessThan(promisedMs);
    const { ctx } = app;
    cluster.signal('SIGCONT');
    await expectNothingLost();
    expect(breakerStats(ctx.db)).toEqual({ isOpen: false, openings: openings + 1 });
    const [{ count } = { count: 0 }] = await cluster.query<{ count: number }>(
      `select count(*)::int from pg_stat_activity where application_name = 'duly pool'`,
    );
    expect(count).toBeLessThanOrEqual(ctx.config.database.poolMax);
  });

  test('connections that are dead without a sign cost nobody more than 3 s; others go on', async () => {
    await startLoad();
    const { openings } = breakerStats(app.ctx.db);
    forwarder.freezeOpen();
    await expectNothingLost();
    for (const { slowestMs } of [load.writes, load.reads]) expect(slowestMs).toBeLessThan(promisedMs);
    expect(breakerStats(app.ctx.db).openings).toBe(openings);
  });

  test('reads survive that all connections are ended, and so do writes under a key', async () => {
    await startLoad();
    for (let round = 0; round < 3; round += 1) {
      await cluster.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'duly pool'`,
      );
      await load.makeProgress(10);
    }
    await expectNothingLost();
    expect(load.reads.codes).toEqual({});
  });

  test('a slow statement is no silence', async () => {
    const { openings } = breakerStats(app.ctx.db);
    await sql`select pg_sleep(4)`.execute(app.ctx.db);
    expect(breakerStats(app.ctx.db)).toEqual({ isOpen: false, openings });
  });

  test('a write that was committing when its connection was lost says that its outcome is unknown', async () => {
    const user = await app.newUser();
    await cluster.query(
      `create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(20); return null; end $$`,
      'duly',
    );
    await cluster.query(
      `create constraint trigger wait after insert on duly.tasks deferrable initially deferred
        for each row when (new.title = 'wait') execute function wait()`,
      'duly',
    );
    const create = (headers = {}) =>
      app.request('POST', `${user.bare}/tasks`, { token: user.token, body: { title: 'wait' }, headers });
    const answers = Promise.all([create(), create({ 'idempotency-key': 'k' })]);
    const terminate = async () =>
      (
        await cluster.query<{ ended: boolean }>(
          `select pg_terminate_backend(pid) as ended from pg_stat_activity where wait_event = 'PgSleep'`,
        )
      ).length;
    // Under a key it is tried once more.
    let ended = 0;
    await vi.waitFor(async () => {
      ended += await terminate();
      expect(ended).toBeGreaterThanOrEqual(3);
    }, patience);
    expect((await answers).map(({ status, body }) => [status, body.error_code])).toEqual([
      [503, 'OUTCOME_UNKNOWN'],
      [503, 'SERVICE_UNAVAILABLE'],
    ]);
  });
});
