import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deleteStoredResponses } from '../../src/jobs/delete-stored-responses.ts';
import { purgeTrash } from '../../src/jobs/purge-trash.ts';
import type { Job } from '../../src/jobs/runner.ts';
import { purgeBatchSize } from '../../src/tasks/trash.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { auditEntriesOf } from '../support/audit.ts';
import { afterTest } from '../support/clean-up.ts';
import { urlOf } from '../support/database.ts';
import { startServer, waitUntil } from '../support/process.ts';
import { newDataDirectory } from '../support/servers.ts';
import { type Client, newClient } from '../support/tasks.ts';
import { createTrashedTasks, fillTrash, listTrashed, tombstones } from '../support/trash.ts';

const trashDays = 7;

let app: TestApp;
let second: TestApp;
beforeAll(async () => {
  const env = { TRASH_RETENTION_DAYS: String(trashDays) };
  app = await startApp(env);
  second = await startApp(env, app);
});
afterAll(async () => {
  await second.close();
  await app.close();
});

const run = (job: Job, on = app, stop = new AbortController().signal) => job.run(on.ctx, stop);

/** Moves each deletion of the user into the past, by `hours` and some minutes. */
const ageTrash = ({ user }: Client, hours: number, ids?: (string | undefined)[]) =>
  sql`
  update duly.tasks set deleted_at = now() - make_interval(hours => ${hours}, mins => 5)
  where user_id = ${user.id} and deleted_at is not null ${ids ? sql`and id = any(${ids}::uuid[])` : sql``}`.execute(
    app.ctx.db,
  );

describe('the trash', () => {
  test('is purged of what has been in it for long, user by user; what is younger or live stays', async () => {
    const [client, other] = [await newClient(app), await newClient(app)];
    const live = await client.create({ tags: ['a'] });
    const [old, young] = await createTrashedTasks(client, { tags: ['a'] }, { tags: ['a'] });
    await ageTrash(client, 24 * trashDays, [old?.id]);
    await ageTrash(client, 24 * trashDays - 1, [young?.id]);
    const [theirs] = await createTrashedTasks(other, {});
    await ageTrash(other, 24 * trashDays);
    expect(await run(purgeTrash)).toBe(2);
    expect(await listTrashed(client)).toMatchObject([{ id: young?.id }]);
    expect(await client.get(live.id)).toEqual(live);
    expect(await tombstones(app, client)).toEqual([{ type: 'task', id: old?.id, revision: 6 }]);
    expect(await tombstones(app, other)).toEqual([{ type: 'task', id: theirs?.id, revision: 3 }]);
    expect([await client.revision(), await other.revision()]).toEqual([6, 3]);
    expect((await auditEntriesOf(app.ctx.db, client.user.id)).at(-1)).toMatchObject({
      action: 'task.purge',
      actor: null,
      subject: null,
      count: 1,
      request_id: null,
      address: null,
    });
  });

  test('that is purged notifies the subscribers of its user', async () => {
    const [client, other] = [await newClient(app), await newClient(app)];
    await createTrashedTasks(client, {});
    await createTrashedTasks(other, {});
    await ageTrash(client, 24 * trashDays);
    const told: string[] = [];
    const changeNotifier = { publish: (userId: string) => told.push(userId) };
    await purgeTrash.run({ ...app.ctx, changeNotifier }, new AbortController().signal);
    expect(told).toEqual([client.user.id]);
  });

  test('with nothing old in it is left alone', async () => {
    const client = await newClient(app);
    await createTrashedTasks(client, {});
    expect(await run(purgeTrash)).toBe(0);
    expect(await client.revision()).toBe(2);
  });

  test('is purged in batches, and ends between them when the server stops', async () => {
    const client = await newClient(app);
    const count = purgeBatchSize + 2;
    await fillTrash(app, client, count);
    await ageTrash(client, 24 * trashDays);
    expect(await run(purgeTrash, app, AbortSignal.abort())).toBe(0);
    expect(await listTrashed(client)).not.toEqual([]);
    expect(await run(purgeTrash)).toBe(count);
    expect(await client.revision()).toBe(4);
    expect(await tombstones(app, client)).toHaveLength(count);
  });

  test('is purged once by several instances at a time, and beside writes of the user', async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => newClient(app)));
    for (const client of clients) {
      await createTrashedTasks(client, {}, {}, {});
      await ageTrash(client, 24 * trashDays);
    }
    const [a, b] = await Promise.all([
      run(purgeTrash),
      run(purgeTrash, second),
      ...clients.map(({ create }) => create({ title: 'meanwhile' })),
    ]);
    expect(a + b).toBe(12);
    for (const client of clients) {
      expect(await listTrashed(client)).toEqual([]);
      expect(await tombstones(app, client)).toHaveLength(3);
      expect(await client.list()).toMatchObject([{ title: 'meanwhile' }]);
      expect(await client.revision()).toBe(8);
    }
  });
});

test('an answer under an Idempotency-Key is given again for 24 hours, then the key is a new one', async () => {
  const client = await newClient(app);
  const keys = [randomUUID(), randomUUID()];
  const send = (key: string | undefined) =>
    client.v1('POST', '/tasks', { title: 'once' }, { 'idempotency-key': key ?? '' });
  const first = await Promise.all(keys.map(send));
  const age = (key: string | undefined, minutes: number) =>
    sql`
    update duly.idempotency_keys set created_at = now() - make_interval(mins => ${minutes})
    where user_id = ${client.user.id} and key = ${key}`.execute(app.ctx.db);
  await age(keys[0], 24 * 60 + 1);
  await age(keys[1], 24 * 60 - 1);
  const [a, b] = await Promise.all([run(deleteStoredResponses), run(deleteStoredResponses, second)]);
  expect(a + b).toBe(1);
  expect(await run(deleteStoredResponses)).toBe(0);
  const again = await Promise.all(keys.map(send));
  expect(again[0]?.body.data.id).not.toBe(first[0]?.body.data.id);
  expect(again[1]?.text).toBe(first[1]?.text);
  expect(await client.list()).toHaveLength(3);
});

test('a server does its upkeep once it serves, says so in one line, and stops as ever', async () => {
  const client = await newClient(app);
  await createTrashedTasks(client, {});
  await ageTrash(client, 24 * trashDays);
  const server = await startServer({
    DATABASE_URL: urlOf(app.database.connection),
    DATA_DIR: await newDataDirectory(),
    TRASH_RETENTION_DAYS: String(trashDays),
  });
  afterTest.push(() => server.child.kill('SIGKILL'));
  await waitUntil(async () => (await listTrashed(client)).length === 0);
  server.child.kill('SIGTERM');
  const { code, stdout } = await server.ended;
  expect(code).toBe(0);
  const lines = stdout.split('\n').filter((line) => line.includes('"job"'));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'info', job: 'purge trash', count: 1, msg: 'upkeep done' },
  ]);
});
