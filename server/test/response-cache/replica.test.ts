import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TestApp } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { metricsToken, sampleValue, scrape } from '../support/metrics.ts';
import { hasPostgres15, pauseReplay, resumeReplay, waitForReplay } from '../support/postgres15.ts';
import { waitUntil } from '../support/process.ts';
import { type ReplicatedPair, recordStatementsByPort, startReplicatedPair } from '../support/replica.ts';
import { type Client, newClient } from '../support/tasks.ts';

/** The statement that reads a user's revision. */
const revisions = /^select e.id as epoch, o.user_id, o.revision\s+from duly.epoch/;

describe.skipIf(!hasPostgres15('a streaming replica'))('DATABASE_REPLICA_URL', () => {
  let pair: ReplicatedPair;
  let apps: Record<string, TestApp>;
  let notes: ReturnType<typeof recordStatementsByPort>;
  beforeAll(async () => {
    pair = await startReplicatedPair();
    apps = {
      keeping: await pair.startApp(),
      'keeping nothing': await pair.startApp({ CACHE_MAX_BYTES: '0' }),
    };
    notes = recordStatementsByPort();
  });
  afterAll(async () => {
    notes.restore();
    for (const app of Object.values(apps)) await app.close();
  });

  /** The number of statements that read data from a server since the recording began. */
  const dataOn = (server: 'primary' | 'replica') =>
    notes.on(pair[server].port).filter((text) => !revisions.test(text)).length;

  /**
   * Repeats the read until it used the replica, and the primary for the revision alone. On a busy machine, reads may
   * fall back to the primary.
   */
  async function expectReadThere(read: (count: number) => Promise<unknown>) {
    let count = 0;
    await waitUntil(async () => {
      notes.forget();
      count += 1;
      await read(count);
      const asked = notes.on(pair.primary.port);
      return dataOn('replica') === 1 && asked.length === 1 && asked.every((text) => revisions.test(text));
    });
  }

  /** Waits until the replica is up to date, and reads use it. */
  async function ready(app: TestApp) {
    const client = await newClient(app);
    await client.create();
    await waitForReplay(pair.primary, pair.replica);
    await expectReadThere((count) => client.list(`?search=${count}`));
    notes.forget();
  }

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
      await waitForReplay(pair.primary, pair.replica);
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

      await expectReadThere(async (count) => expect(await other.list(`?limit=${count}`)).toHaveLength(1));

      await resumeReplay(pair.replica);
      await waitForReplay(pair.primary, pair.replica);
      await expectReadThere(async (count) => expect(await client.list(`?limit=${count}`)).toEqual([]));
      await expectReadThere(async () => expect((await client.v1('GET', `/tasks/${id}`)).status).toBe(404));
    });

    test('reads from the primary for a user without rows', async () => {
      expect(await client.list()).toEqual([]);
      expect(notes.on(pair.replica.port)).toEqual([]);
    });
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
    '%s %s is read there, and of the primary the revision alone is asked',
    async (surface, path) => {
      const client = await newClient(apps['keeping nothing'] ?? (await pair.startApp()));
      const { id } = await client.create({ title: 'milk', tags: ['home'] });
      await waitForReplay(pair.primary, pair.replica);
      await expectReadThere(async () =>
        expect((await client[surface]('GET', path.replace('ID', id))).status).toBe(200),
      );
    },
  );

  test('what each server was read for is counted', async () => {
    const app = await pair.startApp({ METRICS_TOKEN: metricsToken });
    await ready(app);
    const client = await newClient(app);
    await client.create();
    await waitForReplay(pair.primary, pair.replica);
    const counts = async () => {
      const samples = await scrape(app.url);
      return ['replica', 'primary'].map((server) =>
        sampleValue(samples, 'duly_answers_read_total', { server }),
      );
    };
    const [replica = 0] = await counts();
    await expectReadThere((count) => client.list(`?limit=${count}`));
    const [more = 0, primary = 0] = await counts();
    expect(more).toBeGreaterThan(replica);
    await pauseReplay(pair.replica);
    afterTest.push(() => resumeReplay(pair.replica));
    await client.create();
    await client.list();
    await client.list();
    expect(await counts()).toEqual([more, primary + 1]);
    await app.close();
  });

  /** Reads by several users while `disturb` stops the replica: each read must succeed. */
  async function readsGoOn(app: TestApp, disturb: () => unknown) {
    const client = await newClient(app);
    await client.create();
    const said: string[] = [];
    const note = (_about: unknown, text?: string) => void said.push(String(text ?? _about));
    for (const level of ['warn', 'info'] as const) vi.spyOn(app.ctx.log, level).mockImplementation(note);
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
    const changes = said.filter((text) => text.startsWith('DATABASE_REPLICA_URL'));
    expect(changes.at(-1)).toBe('DATABASE_REPLICA_URL is not read from; the primary is');
    expect(changes.filter((text, index) => text === changes[index - 1])).toEqual([]);
    vi.restoreAllMocks();
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
    expect(dataOn('primary')).toBe(20);
    expect(notes.on(pair.replica.port).length).toBeLessThan(2);
    pair.replica.signal('SIGCONT');
    await ready(app);
    await app.close();
  });
});
