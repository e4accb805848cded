import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { startLoadBalancer } from '../support/balancer.ts';
import { patience } from '../support/patience.ts';
import {
  createReplicaCluster,
  hasPostgres15,
  initCluster,
  type TestCluster,
  waitForReplay,
} from '../support/postgres15.ts';
import {
  database,
  type ReplicatedPair,
  recordStatementsByPort,
  startReplicatedPair,
} from '../support/replica.ts';
import { newClient } from '../support/tasks.ts';

describe.skipIf(!hasPostgres15('a replica of something else'))('a server that is not read from', () => {
  let pair: ReplicatedPair;
  beforeAll(async () => {
    pair = await startReplicatedPair();
  });

  /** The reason in the log, after reads that could have used the replica. */
  async function whyNot(url: string, port: number): Promise<string> {
    const notes = recordStatementsByPort();
    const app = await pair.startApp({ DATABASE_REPLICA_URL: url, CACHE_MAX_BYTES: '0' });
    const warned = vi.spyOn(app.ctx.log, 'warn');
    try {
      const client = await newClient(app);
      await client.create();
      const said = () =>
        warned.mock.calls.filter(([, text]) =>
          String(text).includes('DATABASE_REPLICA_URL is not read from'),
        );
      await vi.waitFor(async () => {
        expect(await client.list()).toHaveLength(1);
        expect(said()).toHaveLength(1);
      }, patience);
      expect(await client.list()).toHaveLength(1);
      const asked = notes.on(port).filter((text) => /tasks|owners/.test(text));
      if (port !== pair.primary.port) expect(asked).toEqual([]);
      return String(Reflect.get(Object(said()[0]?.[0]), 'reason'));
    } finally {
      notes.restore();
      await app.close();
    }
  }

  /** Restarts a server as a replica without a primary. */
  async function restartAsReplica(cluster: TestCluster): Promise<void> {
    await cluster.stop();
    await writeFile(join(cluster.data, 'standby.signal'), '');
    await cluster.start();
  }

  test('the primary by another name', async () => {
    const url = pair.primary.url('app', database).replace('127.0.0.1', 'localhost');
    expect(await whyNot(url, pair.primary.port)).toContain('it is no replica');
  });

  test('another database of the replica', async () => {
    await pair.primary.query('create database other owner app');
    await waitForReplay(pair.primary, pair.replica);
    expect(await whyNot(pair.replica.url('app', 'other'), pair.replica.port)).toContain(
      'a replica of another database',
    );
  });

  test('a replica of another server', async () => {
    const other = await initCluster();
    await other.start();
    await other.query('create role app login');
    await other.query(`create database ${database} owner app`);
    await restartAsReplica(other);
    expect(await whyNot(other.url('app', database), other.port)).toContain('a replica of another database');
  });

  test('one that may not say which server it is', async () => {
    await pair.primary.query('revoke execute on function pg_control_system() from public', database);
    await waitForReplay(pair.primary, pair.replica);
    expect(await whyNot(pair.replica.url('app', database), pair.replica.port)).toContain(
      'permission denied for function pg_control_system',
    );
    await pair.primary.query('grant execute on function pg_control_system() to public', database);
    await waitForReplay(pair.primary, pair.replica);
  });

  test('the second of two behind one address', async () => {
    const second = await createReplicaCluster(pair.primary);
    await second.start();
    const port = await startLoadBalancer([pair.replica.port, second.port]);
    const url = pair.replica.url('app', database).replace(String(pair.replica.port), String(port));
    const app = await pair.startApp({ DATABASE_REPLICA_URL: url, CACHE_MAX_BYTES: '0' });
    const warned = vi.spyOn(app.ctx.log, 'warn');
    const client = await newClient(app);
    await client.create();
    await vi.waitFor(async () => {
      // Concurrent reads use several connections.
      const lists = await Promise.all(Array.from({ length: 5 }, () => client.list()));
      expect(lists.map((tasks) => tasks.length)).toEqual([1, 1, 1, 1, 1]);
      const reasons = warned.mock.calls.map(([about]) => String(Reflect.get(Object(about), 'reason')));
      expect(reasons).toContainEqual(expect.stringContaining('several servers behind it'));
    }, patience);
    await app.close();
  });

  test('a replica that has become a primary, and one of a copy that was a primary for a while', async () => {
    const app = await pair.startApp({ CACHE_MAX_BYTES: '0' });
    const notes = recordStatementsByPort();
    const client = await newClient(app);
    await client.create();
    await waitForReplay(pair.primary, pair.replica);
    const read = async () => {
      notes.forget();
      expect(await client.list()).toHaveLength(1);
      return notes.on(pair.replica.port).some((text) => text.includes('tasks'));
    };
    await vi.waitFor(async () => expect(await read()).toBe(true), patience);
    await pair.replica.query('select pg_promote()');
    // Its connections stay open, and its data are up to date.
    expect(await read()).toBe(false);
    notes.restore();
    await app.close();

    const url = pair.replica.url('app', database);
    expect(await whyNot(url, pair.replica.port)).toContain('it is no replica');
    await restartAsReplica(pair.replica);
    expect(await whyNot(url, pair.replica.port)).toContain('a history of its own');
  });
});
