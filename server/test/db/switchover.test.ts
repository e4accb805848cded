import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectionFromUrl, createDb } from '../../src/db/pool.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { afterFile, afterTest } from '../support/clean-up.ts';
import { openEventStream } from '../support/events.ts';
import { type Forwarder, startForwarder } from '../support/forwarder.ts';
import { type RunningLoad, startLoad } from '../support/load.ts';
import { silentLog } from '../support/log.ts';
import { isLong } from '../support/long-tests.ts';
import { patience } from '../support/patience.ts';
import {
  createReplicaCluster,
  hasPostgres15,
  type TestCluster,
  waitForReplay,
} from '../support/postgres15.ts';
import {
  responseStatus,
  type Server,
  startProcess,
  startServer,
  temporaryDirectory,
  waitUntil,
} from '../support/process.ts';
import { database, type ReplicatedPair, startReplicatedPair } from '../support/replica.ts';
import { newClient } from '../support/tasks.ts';

/** The duration of each part of the load. */
const partMs = isLong ? 15_000 : 1_000;
const writers = isLong ? 8 : 2;

describe.skipIf(!hasPostgres15('a switchover'))('a switchover of two servers under writes and reads', () => {
  let pair: ReplicatedPair;
  let name: Forwarder;
  /** Forwards to the standby of the new primary, once there is one. */
  let nextStandby: Forwarder;
  let standby: TestCluster;
  let hosts: string;
  /**
   * `named` has one host name that moves to the new primary, `listed` has both hosts; `workers` is a service of two
   * processes.
   */
  let named: TestApp;
  let listed: TestApp;
  let workers: Server;
  let directory: { path: string; remove(): Promise<void> };
  let loads: Record<string, RunningLoad>;

  const hostList = (...ports: number[]) =>
    `postgresql://app@${ports.map((port) => `127.0.0.1:${port}`).join()}/${database}`;
  const readyOf = async ({ url }: { url: string }) => {
    const response = await fetch(`${url}/health/ready`);
    const { database }: { database: string } = JSON.parse(await response.text());
    return { status: response.status, database };
  };

  beforeAll(async () => {
    pair = await startReplicatedPair();
    [name, nextStandby] = [await startForwarder(), await startForwarder()];
    name.setTarget(pair.primary.port);
    const [a, b] = [pair.primary.port, pair.replica.port];
    hosts = `${hostList(a, b)}?target_session_attrs=read-write`;
    const connection = { host: '127.0.0.1', port: a, user: 'app', password: '', database };
    const beside = { database: { connection, drop: async () => {} } };
    named = await startApp({ DATABASE_URL: hostList(name.port) }, beside);
    listed = await startApp(
      { DATABASE_URL: hosts, DATABASE_REPLICA_URL: hostList(b, nextStandby.port), CACHE_MAX_BYTES: '0' },
      beside,
    );
    directory = await temporaryDirectory();
    workers = await startServer({ DATABASE_URL: hosts, DATA_DIR: directory.path, WEB_CONCURRENCY: '2' });
    afterFile.push(async () => {
      workers.child.kill('SIGTERM');
      await workers.ended;
      await directory.remove();
    });
  });
  afterAll(async () => {
    await named.close();
    await listed.close();
  });

  const each = () => Object.entries({ named, listed, workers });
  const readsOf = (all: typeof loads) => Object.values(all).map(({ reads }) => reads.statuses[200] ?? 0);

  /** The first requests of a process take long: they compile schemas. */
  async function warmUp({ url }: { url: string }): Promise<void> {
    const load = startLoad(url, 2, 2);
    await waitUntil(() => (load.reads.statuses[200] ?? 0) >= 20 && load.acknowledged.length >= 20);
    await load.stop();
  }

  test('loses nothing that was acknowledged, answers no 500, reads throughout, and goes on by itself', async () => {
    const { primary, replica } = pair;
    const client = await newClient(named);
    const stream = await openEventStream(named.url, `${client.user.v1}/events`, client.user.token);
    await vi.waitFor(() => expect(named.ctx.changeNotifier.isListening()).toBe(true), patience);
    for (const [, app] of each()) await warmUp(app);
    loads = Object.fromEntries(each().map(([key, { url }]) => [key, startLoad(url, writers, 2)]));
    await sleep(partMs);
    await primary.query('alter system set default_transaction_read_only = on');
    await primary.query('select pg_reload_conf()');
    for (const [key, app] of each())
      await vi.waitFor(
        async () => expect([key, await readyOf(app)]).toEqual([key, { status: 503, database: 'read-only' }]),
        patience,
      );
    const readsBefore = readsOf(loads);
    await sleep(partMs);
    // Meanwhile they are answered, by each instance.
    await waitUntil(() => readsOf(loads).every((count, index) => count >= (readsBefore[index] ?? 0) + 5));
    await waitForReplay(primary, replica);
    await replica.query('select pg_promote()');
    name.setTarget(replica.port);
    const promotedAt = performance.now();

    for (const [key, app] of each())
      await vi.waitFor(
        async () => expect([key, await readyOf(app)]).toEqual([key, { status: 200, database: 'ok' }]),
        patience,
      );
    const backAfterMs = performance.now() - promotedAt;
    await sleep(partMs);
    await Promise.all(Object.values(loads).map((load) => load.stop()));

    const rows = await replica.query<{ id: string }>('select id::text from duly.tasks', database);
    const stored = new Set(rows.map(({ id }) => id));
    for (const [key, { reads, writes, acknowledged }] of Object.entries(loads)) {
      console.log(`switchover, ${key}: writes`, writes, 'reads', reads);
      expect([key, Object.keys(writes.statuses)]).toEqual([key, ['201', '503']]);
      expect([key, Object.keys(reads.statuses)]).toEqual([key, ['200']]);
      expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
      expect(acknowledged.length).toBe(writes.statuses[201]);
    }
    console.log(`switchover: every instance takes writes ${Math.round(backAfterMs)} ms after the promotion`);
    expect(backAfterMs).toBeLessThan(10_000);

    // A promoted standby begins a new epoch: streams of the epoch before end, and their clients start anew.
    await stream.ended;
    const again = await openEventStream(named.url, `${client.user.v1}/events`, client.user.token);
    // Another instance writes to the new primary, and this one is notified.
    await vi.waitFor(() => expect(named.ctx.changeNotifier.isListening()).toBe(true), patience);
    const other = await newClient(listed, client.user.id);
    const { id } = await other.create();
    await vi.waitFor(() => expect(again.events.map(({ data }) => data.id)).toContain(id), patience);
    again.close();
  });

  test('leaves nobody on the server before', async () => {
    await waitUntil(async () => {
      // The pool closes an old connection at its next checkout, or after ten seconds idle.
      await Promise.all(each().map(([, { url }]) => responseStatus(`${url}/health/ready`)));
      const [row] = await pair.primary.query<{ count: number }>(
        `select count(*)::int as count from pg_stat_activity where datname = '${database}'`,
      );
      return row?.count === 0;
    });
  });

  test('has the replica followed too', async () => {
    const { replica: primary } = pair;
    standby = await createReplicaCluster(primary);
    await standby.start();
    nextStandby.setTarget(standby.port);
    const client = await newClient(listed);
    await client.create();
    await waitForReplay(primary, standby);
    const before = listed.ctx.readRouter.stats().replica;
    await waitUntil(async () => {
      await client.list();
      return listed.ctx.readRouter.stats().replica > before;
    });
  });

  /** The former primary is read-only, but not a standby. */
  const [old, now, copy] = ['the one before', 'the primary', 'its standby'];
  test.each([
    ['any', [old, now, copy], old],
    ['any', [copy, now], copy],
    ['read-write', [old, copy, now], now],
    ['read-only', [now, copy, old], copy],
    ['primary', [copy, now, old], now],
    ['standby', [old, now, copy], copy],
    ['prefer-standby', [now, copy], copy],
    ['prefer-standby', [now, old], now],
    ['read-write', [old, copy], null],
    ['standby', [old, now], null],
  ])('target_session_attrs=%s among %j is %s', async (target, among, expected) => {
    const ports = { [old]: pair.primary.port, [now]: pair.replica.port, [copy]: standby.port };
    const url = `${hostList(...among.map((one) => ports[one] ?? 0))}?target_session_attrs=${target}`;
    const db = createDb({ connection: connectionFromUrl(url), max: 1, log: silentLog });
    afterTest.push(() => db.destroy());
    const asked = sql<{ port: number }>`select inet_server_port() as port`.execute(db);
    if (expected === null) await expect(asked).rejects.toThrow(`no host is ${target}: `);
    else expect((await asked).rows).toEqual([{ port: ports[expected] }]);
  });

  test.each([
    ['migrate', 'status'],
    ['admin', 'lock'],
    ['admin', 'unlock'],
    ['audit', 'heads'],
  ])('%s %s finds the new primary among the hosts', async (...args) => {
    const { code, stderr } = await startProcess(args, { DATABASE_URL: hosts, DATA_DIR: directory.path })
      .ended;
    expect([code, stderr]).toEqual([0, '']);
  });

  test('a command that meets a server without writes says so in one line', async () => {
    const DATABASE_URL = hostList(pair.primary.port);
    const { code, stderr } = await startProcess(['admin', 'lock'], { DATABASE_URL, DATA_DIR: directory.path })
      .ended;
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^DATABASE_URL: got a server that takes no writes now [^\n]*\n$/),
    ]);
  });
});
