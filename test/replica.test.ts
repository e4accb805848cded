import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TestApp } from './support/app.ts';
import { afterTest } from './support/clean-up.ts';
import { caughtUp, hasPostgres15, pauseReplay, resumeReplay } from './support/postgres15.ts';
import { until } from './support/process.ts';
import { noteByPort, type Pair, startPair } from './support/replica.ts';
import { type Client, newClient } from './support/tasks.ts';

/** Asking for the revision of a user, and nothing else. */
const revisions = /^select "user_id", "revision" from "owners" where "user_id" = any\(\$1\)/;

describe.skipIf(!hasPostgres15('a streaming replica'))('DATABASE_REPLICA_URL', () => {
  let pair: Pair;
  let apps: Record<string, TestApp>;
  let notes: ReturnType<typeof noteByPort>;
  beforeAll(async () => {
    pair = await startPair();
    apps = {
      keeping: await pair.startApp(),
      'keeping nothing': await pair.startApp({ CACHE_MAX_BYTES: '0' }),
    };
    notes = noteByPort();
  });
  afterAll(async () => {
    notes.restore();
    for (const app of Object.values(apps)) await app.close();
  });

  /** The replica is up to date, and read from. */
  async function ready(app: TestApp) {
    const client = await newClient(app);
    await client.create();
    await caughtUp(pair.primary, pair.replica);
    await until(async () => {
      notes.forget();
      await client.list(`?search=${Math.random()}`);
      return dataOn('replica') > 0;
    });
    notes.forget();
  }

  /** How many statements have read data there since the notes were begun. */
  const dataOn = (server: 'primary' | 'replica') =>
    notes.on(pair[server].port).filter((text) => !revisions.test(text)).length;

  describe.each(['keeping', 'keeping nothing'])('an instance %s', (kind) => {
    let app: TestApp;
    let client: Client;
    beforeEach(async () => {
      app = apps[kind] ?? (await pair.startApp());
      await ready(app);
      client = await newClient(app);
    });

    test('shows a write at once while the replica stands still', async () => {
      const other = await newClient(app);
      await other.create({ title: 'before' });
      const { id } = await client.create({ title: 'milk' });
      await caughtUp(pair.primary, pair.replica);
      await pauseReplay(pair.replica);
      afterTest.push(() => resumeReplay(pair.replica));
      for (const title of ['oat milk', 'almond milk']) {
        await client.v1('PATCH', `/tasks/${id}`, { title });
        notes.forget();
        expect((await client.list()).map((task) => task.title)).toEqual([title]);
        expect((await client.get(id)).title).toBe(title);
        expect({ primary: dataOn('primary'), replica: dataOn('replica') }).toEqual({
          primary: 2,
          replica: 0,
        });
      }
      await client.v1('DELETE', `/tasks/${id}`);
      expect((await client.v1('GET', `/tasks/${id}`)).status).toBe(404);

      notes.forget();
      expect(await other.list()).toHaveLength(1);
      expect({ primary: dataOn('primary'), replica: dataOn('replica') }).toEqual({ primary: 0, replica: 1 });

      await resumeReplay(pair.replica);
      await caughtUp(pair.primary, pair.replica);
      notes.forget();
      expect(await client.list('?limit=7')).toEqual([]);
      expect((await client.v1('GET', `/tasks/${id}`)).status).toBe(404);
      expect({ primary: dataOn('primary'), replica: dataOn('replica') }).toEqual({ primary: 0, replica: 2 });
    });

    test('asks the primary about a user of whom nothing is stored', async () => {
      expect(await client.list()).toEqual([]);
      expect(notes.on(pair.replica.port)).toEqual([]);
    });
  });

  describe('of the reads whose answers are kept', () => {
    let client: Client;
    beforeAll(async () => {
      const app = apps.keeping ?? (await pair.startApp());
      await ready(app);
      client = await newClient(app);
    });

    test.each([
      ['v1', '/tasks'],
      ['v1', '/tasks?search=milk&sort_by=title'],
      ['v1', '/tasks/ID'],
      ['v1', '/tags'],
      ['v1', '/trash'],
      ['v1', ''],
      ['bare', '/tasks'],
      ['bare', '/tasks/ID'],
      ['bare', '/tags'],
    ] as const)(
      'reads %s %s from the replica, and of the primary asks the revision alone',
      async (surface, path) => {
        const { id } = await client.create({ title: 'milk', tags: ['home'] });
        await caughtUp(pair.primary, pair.replica);
        notes.forget();
        const reply = await client[surface]('GET', path.replace('ID', id));
        expect(reply.status).toBe(200);
        expect({ replica: dataOn('replica'), primary: notes.on(pair.primary.port) }).toEqual({
          replica: 1,
          primary: [expect.stringMatching(revisions)],
        });
      },
    );
  });

  /** Reads by many, while `disturb` takes the replica away: each of them is answered. */
  async function readsGoOn(app: TestApp, disturb: () => unknown) {
    const client = await newClient(app);
    await client.create();
    const warned = vi.spyOn(app.ctx.log, 'warn');
    await ready(app);
    let count = 0;
    const read = async () => {
      for (; count < 200; count += 1)
        expect(await client.list(`?search=task&limit=${1 + (count % 100)}`)).toHaveLength(1);
    };
    const reading = Promise.all(Array.from({ length: 8 }, read));
    await disturb();
    await reading;
    notes.forget();
    expect(await client.list('?status=pending')).toHaveLength(1);
    expect({ primary: dataOn('primary'), replica: dataOn('replica') }).toEqual({ primary: 1, replica: 0 });
    const said = warned.mock.calls.filter(([, text]) => String(text).includes('DATABASE_REPLICA_URL'));
    expect(said).toHaveLength(1);
    warned.mockRestore();
  }

  test('a replica that is killed is missed by nobody, said once, and read from when it is back', async () => {
    const app = await pair.startApp({ CACHE_MAX_BYTES: '0' });
    await readsGoOn(app, () => pair.replica.kill());
    await pair.replica.start();
    await ready(app);
    await app.close();
  });

  test('a replica that hangs holds up nobody but those who asked it at that moment', async () => {
    const app = await pair.startApp({ CACHE_MAX_BYTES: '0' });
    const client = await newClient(app);
    await client.create();
    await ready(app);
    pair.replica.signal('SIGSTOP');
    for (let count = 1; count <= 20; count += 1) expect(await client.list(`?limit=${count}`)).toHaveLength(1);
    expect({ primary: dataOn('primary'), replica: notes.on(pair.replica.port) }).toEqual({
      primary: 20,
      replica: [expect.stringMatching(revisions)],
    });
    pair.replica.signal('SIGCONT');
    await ready(app);
    await app.close();
  });
});
