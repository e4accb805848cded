import { execFileSync } from 'node:child_process';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkEpoch } from '../../src/db/epoch.ts';
import { connectionFromUrl, createDb } from '../../src/db/pool.ts';
import { mintToken, startApp, type TestApp } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { urlOf } from '../support/database.ts';
import { openEventStream, sentIdOf } from '../support/events.ts';
import { silentLog } from '../support/log.ts';
import { isLong } from '../support/long-tests.ts';
import { patience } from '../support/patience.ts';
import { waitForReplay } from '../support/postgres15.ts';
import { startProcess } from '../support/process.ts';
import { database as pairDatabase, startReplicatedPair } from '../support/replica.ts';
import { newDataDirectory, startTestServer } from '../support/servers.ts';
import { newClient } from '../support/tasks.ts';

/** The version floor of a later epoch: the seconds from 2020 to its start. */
const floor = Date.UTC(2026, 0) / 1000 - Date.UTC(2020, 0) / 1000;

type Client = Awaited<ReturnType<typeof newClient>>;

/** What a client stores: cursors of feed and lists, an open stream, and a task of version 2. */
async function heldBy(client: Client, app: TestApp) {
  const { user, v1 } = client;
  const since = (await v1('GET', '/changes')).body.next_cursor;
  for (const title of ['one', 'two', 'three']) await client.create({ title });
  const { id } = await client.create({ title: 'four' });
  const { version } = (await v1('PATCH', `/tasks/${id}`, { title: 'of the lost history' })).body.data;
  const stream = await openEventStream(app.url, `${user.v1}/events?since=${since}`, user.token);
  const events = await stream.take(3);
  const cursorOf = async (path: string) => (await v1('GET', path)).body.pagination.next_cursor;
  return {
    id,
    version,
    stream,
    cursors: {
      '/changes?since=': (await v1('GET', '/changes')).body.next_cursor,
      '/changes?wait=1&since=': (await v1('GET', '/changes')).body.next_cursor,
      '/events?since=': events[0]?.data.next_cursor,
      '/events?lastEventId=': encodeURIComponent(sentIdOf(events[2])),
      '/tasks?limit=1&cursor=': await cursorOf('/tasks?limit=1'),
      '/tasks?limit=1&sort_by=title&cursor=': await cursorOf('/tasks?limit=1&sort_by=title'),
      '/audit?limit=1&cursor=': await cursorOf('/audit?limit=1'),
    },
  };
}

/** The status of a request with each cursor. */
async function statusesOf(
  app: TestApp,
  { user }: Client,
  cursors: Record<string, string>,
): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [path, cursor] of Object.entries(cursors)) {
    const headers = { authorization: `Bearer ${user.token}` };
    const response = await fetch(`${app.url}${user.v1}${path}${cursor}`, { headers });
    found[path] = response.status;
    await response.body?.cancel();
  }
  return found;
}

const each = (cursors: Record<string, string>, status: number) =>
  Object.fromEntries(Object.keys(cursors).map((path) => [path, status]));

/** Restores the task and the revision as in a backup from before the newest change. */
async function setBack({ ctx: { db } }: TestApp, userId: string, id: string): Promise<void> {
  await sql`update duly.tasks set version = 1, title = 'of the backup', revision = revision - 1
    where user_id = ${userId} and id = ${id}`.execute(db);
  await sql`update duly.owners set revision = revision - 1 where user_id = ${userId}`.execute(db);
}

/** The ways in which an epoch begins while instances run. */
const ways: [string, (app: TestApp) => Promise<unknown>][] = [
  [
    'the command new-epoch',
    async ({ database }) => {
      const { code, stdout } = await startProcess(['admin', 'new-epoch'], {
        DATABASE_URL: urlOf(database.connection),
      }).ended;
      expect([code, stdout]).toEqual([0, expect.stringContaining('a new epoch')]);
    },
  ],
  [
    'another system identifier',
    ({ ctx }) => sql`update duly.epoch set system_identifier = '1'`.execute(ctx.db),
  ],
  ['another timeline', ({ ctx }) => sql`update duly.epoch set timeline = '000000FF'`.execute(ctx.db)],
  ['tables made anew', ({ ctx }) => sql`update duly.epoch set relation = '1/1'`.execute(ctx.db)],
];

describe('two instances over a database that is set back', () => {
  let [app, other]: TestApp[] = [];
  beforeAll(async () => {
    app = await startApp();
    other = await startApp({}, app);
  });
  afterAll(async () => {
    await other?.close();
    await app?.close();
  });

  test.each(ways)('%s expires every cursor, and no old version stands for anything', async (_way, begin) => {
    if (app === undefined || other === undefined) throw new Error('not started');
    const instances = [app, other];
    const client = await newClient(app);
    const { id, version, stream, cursors } = await heldBy(client, app);
    const { token } = client.user;
    const path = `${client.user.v1}/tasks/${id}`;
    const list = `${client.user.v1}/tasks`;
    for (const instance of instances) {
      // Caches the response.
      await instance.request('GET', list, { token });
      expect(await statusesOf(instance, client, cursors)).toEqual(each(cursors, 200));
    }
    const lost = await app.request('GET', list, { token });

    await setBack(app, client.user.id, id);
    await begin(app);
    await vi.waitFor(async () => {
      for (const instance of instances)
        expect(await statusesOf(instance, client, cursors)).toEqual(each(cursors, 410));
    }, patience);
    // Streams of the epoch before end.
    await stream.ended;
    for (const instance of instances) {
      const held = await instance.request('GET', list, {
        token,
        headers: { 'if-none-match': lost.headers.get('etag') ?? '' },
      });
      expect([held.status, held.text]).toEqual([200, expect.stringContaining('of the backup')]);
      const { headers } = await instance.request('GET', path, { token });
      expect(headers.get('etag')).toBe('"1"');
    }
    const old = { token, headers: { 'if-match': `"${version}"` }, body: { priority: 'High' } };
    expect((await other.request('PATCH', path, old)).status).toBe(412);
    const body = { priority: 'High', version };
    expect((await other.request('PATCH', path, { token, body })).status).toBe(409);
    // A different change takes the revision of the lost one.
    const changed = await app.request('PATCH', path, { token, body: { priority: 'High' } });
    expect(changed.body.data.version).toBeGreaterThan(Math.max(floor, version));
    for (const instance of instances) {
      const again = await instance.request('GET', path, {
        token,
        headers: { 'if-none-match': `"${version}"` },
      });
      expect([again.status, again.body.data.priority]).toEqual([200, 'High']);
      const listed = await instance.request('GET', list, { token });
      expect(listed.text).not.toContain('of the lost history');
      expect(listed.text).toContain('"High"');
    }
    const next = await app.request('PATCH', path, { token, body: { priority: 'Low' } });
    expect(next.body.data.version).toBe(changed.body.data.version + 1);
    // Cursors of the new epoch are valid.
    const { cursors: fresh } = await heldBy(await newClient(app), app);
    expect(new Set(Object.values(fresh)).size).toBe(Object.keys(fresh).length - 1);
  });

  test('bulk, restore, complete, delete and a tag that is renamed raise versions too, each once', async () => {
    if (app === undefined) throw new Error('not started');
    const client = await newClient(app);
    const tasks = [];
    for (const title of ['a', 'b', 'c', 'd', 'e'])
      tasks.push(await client.create({ title, tags: [`tag ${title}`] }));
    const [a, b, c, d, e] = tasks.map(({ id }) => id);
    await client.v1('DELETE', `/tasks/${d}`);
    await sql`select duly.begin_epoch()`.execute(app.ctx.db);
    const { body: bulk } = await client.v1('POST', '/tasks/bulk', {
      operations: [{ op: 'update', id: a, title: 'A' }],
    });
    const versions = [
      bulk.data[0].task.version,
      (await client.v1('PATCH', `/tasks/${b}/complete`, { completed: true })).body.data.version,
      (await client.v1('POST', `/trash/${d}/restore`)).body.data.version,
    ];
    await client.v1('PATCH', '/tags/tag%20c', { name: 'tag C' });
    versions.push((await client.get(c ?? '')).version);
    await client.v1('DELETE', `/tasks/${e}`);
    versions.push((await client.v1('GET', '/trash')).body.data[0].version);
    for (const version of versions) expect(version).toBeGreaterThan(floor);
    expect((await client.v1('PATCH', `/tasks/${a}`, { title: 'AA' })).body.data.version).toBe(
      (versions[0] ?? 0) + 1,
    );
  });
});

test('cursors and event ids of versions without epochs are good in the first epoch, and expired in another', async () => {
  const app = await startApp();
  afterTest.push(() => app.close());
  const client = await newClient(app);
  await client.create();
  const open = async () => {
    const headers = { authorization: `Bearer ${client.user.token}`, 'last-event-id': '1' };
    const response = await fetch(`${app.url}${client.user.v1}/events`, { headers });
    await response.body?.cancel();
    return response.status;
  };
  expect(await open()).toBe(200);
  await sql`select duly.begin_epoch()`.execute(app.ctx.db);
  expect(await open()).toBe(410);
});

test('a copy that is promoted begins another epoch, and so does nothing that only reads', async () => {
  const pair = await startReplicatedPair();
  const epochAt = async (cluster: typeof pair.primary) => {
    const db = createDb({
      connection: connectionFromUrl(cluster.url('app', pairDatabase)),
      max: 1,
      log: silentLog,
    });
    const epoch = await checkEpoch(db);
    await db.destroy();
    return epoch;
  };
  const first = await epochAt(pair.primary);
  expect(first.versionFloor).toBe(0);
  await waitForReplay(pair.primary, pair.replica);
  expect(await epochAt(pair.replica)).toEqual(first);
  await pair.primary.stop();
  await pair.primary.start();
  expect(await epochAt(pair.primary)).toEqual(first);
  await pair.replica.query('select pg_promote()');
  const promoted = await epochAt(pair.replica);
  expect(promoted.id).not.toBe(first.id);
  expect(promoted.versionFloor).toBeGreaterThan(floor);
  expect(await epochAt(pair.replica)).toEqual(promoted);
  expect(await epochAt(pair.primary)).toEqual(first);
});

const restarts = isLong ? 100 : 2;
const kills = isLong ? 20 : 1;

test(`${restarts} restarts and ${kills} kill -9 expire nothing; a copy of DATA_DIR that is put back expires all`, {
  timeout: 600_000,
}, async () => {
  const dataDir = await newDataDirectory();
  const env = { DATA_DIR: dataDir, LOG_LEVEL: 'silent' };
  const token = await mintToken({ sub: 'ada' });
  let server = await startTestServer(env);
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${server.url}/api/v1/users/ada${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: JSON.parse((await response.text()) || 'null') };
  };
  const end = async (signal: NodeJS.Signals) => {
    server.child.kill(signal);
    await server.ended;
  };
  const { id } = (await ask('POST', '/tasks', { title: 'one' })).body.data;
  let version = 1;
  let cursor = (await ask('GET', '/changes')).body.next_cursor;
  const statuses = new Set<number>();
  for (let round = 0; round < restarts + kills; round += 1) {
    await end(round < restarts ? 'SIGTERM' : 'SIGKILL');
    server = await startTestServer(env);
    const changes = await ask('GET', `/changes?since=${cursor}`);
    const patch = await ask(
      'PATCH',
      `/tasks/${id}`,
      { title: `round ${round}` },
      { 'if-match': `"${version}"` },
    );
    statuses.add(changes.status).add(patch.status);
    version += 1;
    expect(patch.body.data.version).toBe(version);
    cursor = changes.body.next_cursor;
  }
  expect([...statuses]).toEqual([200]);

  await end('SIGTERM');
  const copy = await newDataDirectory();
  execFileSync('cp', ['-aL', dataDir, copy]);
  server = await startTestServer({ ...env, DATA_DIR: copy });
  expect((await ask('GET', `/changes?since=${cursor}`)).status).toBe(410);
  expect((await ask('PATCH', `/tasks/${id}`, { title: 'after' })).body.data.version).toBeGreaterThan(floor);
  await end('SIGTERM');
  server = await startTestServer({ ...env, DATA_DIR: dataDir });
  expect((await ask('GET', `/changes?since=${cursor}`)).status).toBe(200);
});
