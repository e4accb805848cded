import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { secret, withoutLimits } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { databaseName, injectUnderLoad, newDatabase } from '../support/faults.ts';
import { type Forwarder, startForwarder } from '../support/forwarder.ts';
import { fillable } from '../support/full-disk.ts';
import { hasPostgres15, initCluster, type TestCluster } from '../support/postgres15.ts';
import { freePort, responseStatus, type Server, startProcess, waitUntil } from '../support/process.ts';
import { startTestServer } from '../support/servers.ts';

/** Nobody waits longer for a database that is silent. */
const promisedMs = 3_000;
const frozenMs = 10_000;

describe.skipIf(!hasPostgres15('faults of the database'))('of the database', () => {
  let cluster: TestCluster;
  let forwarder: Forwarder;
  let env: Record<string, string>;
  let server: Server;

  beforeAll(async () => {
    cluster = await initCluster();
    await cluster.start();
    forwarder = await startForwarder();
    forwarder.setTarget(cluster.port);
    [env] = await newDatabase(cluster, forwarder.port);
  });
  const start = async () => {
    server = await startTestServer({ ...env, DATA_DIR: '/nonexistent' });
  };
  const ready = () => responseStatus(`${server.url}/health/ready`);
  const live = () => responseStatus(`${server.url}/health/live`);

  test('restarted', async () => {
    await start();
    await injectUnderLoad({
      fault: 'PostgreSQL restarted, and killed, three times each',
      asked: 'nothing lost; only 503',
      server,
      async inject(load) {
        for (const end of [
          cluster.stop,
          cluster.kill,
          cluster.stop,
          cluster.kill,
          cluster.stop,
          cluster.kill,
        ]) {
          await end();
          await cluster.start();
          await load.makeProgress(5);
        }
        return undefined;
      },
    });
  });

  test('frozen', async () => {
    await start();
    const { writes, reads } = await injectUnderLoad({
      fault: 'frozen for 10 s (SIGSTOP)',
      asked: 'each answer within 3 s, alive, not ready; back within 2 s',
      server,
      async inject() {
        cluster.signal('SIGSTOP');
        await sleep(frozenMs);
        expect([await live(), await ready()]).toEqual([200, 503]);
        cluster.signal('SIGCONT');
        return undefined;
      },
    });
    for (const { slowestMs } of [writes, reads]) expect(slowestMs).toBeLessThan(promisedMs);
  });

  test('connections ended', async () => {
    await start();
    const { reads } = await injectUnderLoad({
      fault: 'all connections ended every 2 s, for 20 s',
      asked: 'reads 200; writes 503 at most, never under a key',
      server,
      async inject() {
        for (let round = 0; round < 10; round += 1) {
          await cluster.query(
            `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'duly pool'`,
          );
          await sleep(2_000);
        }
        return undefined;
      },
    });
    expect(reads.codes).toEqual({});
  });

  test('half-open connections', async () => {
    await start();
    const { writes, reads } = await injectUnderLoad({
      fault: 'open connections dead without a sign, three times',
      asked: 'each answer within 5 s',
      server,
      async inject(load) {
        for (let round = 0; round < 3; round += 1) {
          forwarder.freezeOpen();
          await load.makeProgress(10);
        }
        return undefined;
      },
    });
    for (const { slowestMs } of [writes, reads]) expect(slowestMs).toBeLessThan(5_000);
  });

  test.each([
    ['absent', () => cluster.stop(), () => cluster.start()],
    [
      'of another role',
      () => cluster.query('alter role app rename to other'),
      () => cluster.query('alter role other rename to app'),
    ],
  ])('%s when the service starts', async (what, away, back) => {
    await away();
    const PORT = String(await freePort());
    const url = `http://127.0.0.1:${PORT}`;
    const settings = { ...env, PORT, DATA_DIR: '/nonexistent', BETTER_AUTH_SECRET: secret, ...withoutLimits };
    const { child } = startProcess(['serve'], settings);
    afterTest.push(() => void child.kill('SIGTERM'));
    await waitUntil(async () => (await responseStatus(`${url}/health/live`)) === 200);
    expect(await responseStatus(`${url}/health/ready`)).toBe(503);
    await back();
    const backAt = performance.now();
    await waitUntil(async () => (await responseStatus(`${url}/health/ready`)) === 200);
    const backMs = performance.now() - backAt;
    await injectUnderLoad({
      fault: `${what} when the service starts`,
      asked: 'it stays, alive and not ready; ready within 2 s',
      server: { url },
      inject: async () => `ready after ${(backMs / 1000).toFixed(1)} s`,
    });
  });

  test('demoted', async () => {
    await start();
    const setReadOnly = async (value: string) => {
      await cluster.query(`alter database ${databaseName} set default_transaction_read_only = ${value}`);
      await cluster.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'duly pool'`,
      );
    };
    const { reads } = await injectUnderLoad({
      fault: 'read-only for 5 s (demoted)',
      asked: 'writes 503, reads 200',
      server,
      async inject() {
        await setReadOnly('on');
        await sleep(5_000);
        await setReadOnly('off');
        return undefined;
      },
    });
    expect(reads.codes).toEqual({});
  });

  test('out of connections', async () => {
    await start();
    await injectUnderLoad({
      fault: 'no connection left for 5 s (max_connections)',
      asked: 'only 503, within 3 s; back',
      server,
      async inject() {
        await cluster.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'duly pool'`,
        );
        const clients = Array.from({ length: 60 }, () => new pg.Client(cluster.url('app', databaseName)));
        for (const client of clients) client.on('error', () => undefined);
        await Promise.allSettled(clients.map((client) => client.connect()));
        await sleep(5_000);
        await Promise.allSettled(clients.map((client) => client.end()));
        return undefined;
      },
    });
  });

  test.each(['base', 'pg_wal'])('%s on a full disk', async (folder) => {
    await cluster.stop();
    const disk = await fillable(`${cluster.data}/${folder}`);
    await cluster.start();
    if (disk === null) return;
    afterTest.push(disk.unmount);
    afterTest.push(() => cluster.stop());
    await start();
    await injectUnderLoad({
      fault: folder === 'base' ? 'the disk of the data full' : 'the disk of the WAL full',
      asked:
        folder === 'base' ? 'writes 503, reads 200; back by itself' : 'nothing lost; back with the database',
      server,
      async inject(load) {
        disk.fill();
        await waitUntil(async () => {
          // Without it, much could still be written to the segment that is there.
          if (folder === 'pg_wal') await cluster.query('select pg_switch_wal()').catch(() => undefined);
          return (load.writes.statuses[503] ?? 0) > 20;
        });
        disk.empty();
        // Without room for WAL, PostgreSQL stops.
        if (folder === 'pg_wal') {
          await cluster.kill();
          await cluster.start();
        }
        return undefined;
      },
    });
  });
});
