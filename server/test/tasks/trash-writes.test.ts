import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { purgeBatchSize } from '../../src/tasks/trash.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { auditActionsOf, auditEntriesOf } from '../support/audit.ts';
import { locsOf, newClient } from '../support/tasks.ts';
import {
  comparableResult,
  createTrashedTasks,
  fillTrash,
  listTrashed,
  tombstones,
} from '../support/trash.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const ids = (tasks: readonly { id: string }[]) => tasks.map(({ id }) => id);

describe.each([
  ['restore', 'POST', '/restore'],
  ['purge', 'DELETE', ''],
] as const)('%s', (_, method, suffix) => {
  test('applies to the version that is named, or answers with the task as it is', async () => {
    const client = await newClient(app);
    const [task] = await createTrashedTasks(client, { tags: ['a'] });
    const path = `/trash/${task?.id}${suffix}`;
    const before = await client.stored();
    const stale = await client.v1(method, path, { version: 1 });
    const current = { ...task, version: 2, updated_at: expect.any(String) };
    expect([stale.status, stale.body.error_code]).toEqual([409, 'VERSION_CONFLICT']);
    expect(stale.body.current).toEqual(current);
    const failed = await client.v1(method, path, undefined, { 'if-match': '"1"' });
    expect([failed.status, failed.body.error_code]).toEqual([412, 'PRECONDITION_FAILED']);
    expect(failed.body.current).toEqual(current);
    for (const [body, name] of [
      [{ version: '2' }, 'body.version'],
      [{ title: 'new' }, 'body.title'],
      [[], 'body'],
    ] as const) {
      const reply = await client.v1(method, path, body);
      expect([reply.status, locsOf(reply.body.errors)]).toEqual([422, [name]]);
    }
    expect(await client.stored()).toEqual(before);
    expect((await client.v1(method, path, { version: 2 }, { 'if-match': '"2"' })).status).toBe(200);
  });

  test('of what is not in the trash is a 404, the same for live, purged, foreign and unknown tasks', async () => {
    const [client, other] = [await newClient(app), await newClient(app)];
    const live = await client.create();
    const [gone] = await createTrashedTasks(client, {});
    await client.v1('DELETE', `/trash/${gone?.id}`);
    const [theirs] = await createTrashedTasks(other, {});
    const before = [await client.stored(), await other.stored()];
    const never = await client.v1(method, `/trash/${randomUUID()}${suffix}`);
    expect([never.status, never.body.error_code]).toEqual([404, 'NOT_FOUND']);
    for (const task of [live, gone, theirs])
      expect(comparableResult(await client.v1(method, `/trash/${task?.id}${suffix}`))).toEqual(
        comparableResult(never),
      );
    expect([await client.stored(), await other.stored()]).toEqual(before);
  });

  test('sent again under one Idempotency-Key happens once and gets the first answer', async () => {
    const client = await newClient(app);
    const [task] = await createTrashedTasks(client, {});
    const headers = { 'idempotency-key': randomUUID() };
    const send = () => client.v1(method, `/trash/${task?.id}${suffix}`, undefined, headers);
    const [first, second] = [await send(), await send()];
    expect(first.status).toBe(200);
    expect([second.status, second.text]).toEqual([200, first.text]);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await client.revision()).toBe(3);
  });

  test('by several at once happens once', async () => {
    const client = await newClient(app);
    const [task] = await createTrashedTasks(client, {});
    const sent = Array.from({ length: 10 }, () => client.v1(method, `/trash/${task?.id}${suffix}`));
    const statuses = (await Promise.all(sent)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array(9).fill(404)]);
    expect(await client.revision()).toBe(3);
  });
});

test('a purged task is gone with everything that was of it, but for a tombstone', async () => {
  const client = await newClient(app);
  const [task, other] = await createTrashedTasks(client, { tags: ['a', 'b'] }, { tags: ['a'] });
  const reply = await client.v1('DELETE', `/trash/${task?.id}`);
  expect([reply.status, reply.body]).toEqual([
    200,
    { data: null, message: 'Task purged successfully', status_code: 200 },
  ]);
  expect(ids(await listTrashed(client))).toEqual([other?.id]);
  const stored = await client.stored();
  expect(ids(stored.tasks)).toEqual([other?.id]);
  expect(stored.taskTags.map(({ name }) => name)).toEqual(['a']);
  expect(await tombstones(app, client)).toEqual([{ type: 'task', id: task?.id, revision: 5 }]);
  expect((await auditEntriesOf(app.ctx.db, client.user.id)).at(-1)).toMatchObject({
    action: 'task.purge',
    subject: task?.id,
    count: 1,
  });
});

describe('emptying the trash', () => {
  test('purges all of it, however much, in one revision, and leaves live tasks and other users alone', async () => {
    const [client, other] = [await newClient(app), await newClient(app)];
    const count = 2 * purgeBatchSize + 1;
    await fillTrash(app, client, count);
    const live = await client.create({ tags: ['a'] });
    await createTrashedTasks(other, {});
    const reply = await client.v1('DELETE', '/trash');
    expect([reply.status, reply.body]).toEqual([
      200,
      { data: { purged: count }, message: 'Trash emptied successfully', status_code: 200 },
    ]);
    expect(await listTrashed(client)).toEqual([]);
    expect(ids((await client.stored()).tasks)).toEqual([live.id]);
    const left = await tombstones(app, client);
    expect(new Set(left.map(({ id }) => id)).size).toBe(count);
    expect(left.every(({ type, revision }) => type === 'task' && revision === 4)).toBe(true);
    expect(await client.revision()).toBe(4);
    expect((await auditEntriesOf(app.ctx.db, client.user.id)).at(-1)).toMatchObject({
      action: 'task.purge',
      subject: null,
      count,
    });
    expect(await listTrashed(other)).toHaveLength(1);
  });

  test('that is empty changes nothing', async () => {
    const client = await newClient(app);
    await client.create();
    const reply = await client.v1('DELETE', '/trash');
    expect([reply.status, reply.body.data]).toEqual([200, { purged: 0 }]);
    expect(await client.revision()).toBe(1);
    expect(await auditActionsOf(app.ctx.db, client.user.id)).toEqual(['task.create success']);
  });

  test('sent again under one Idempotency-Key purges nothing that was deleted since', async () => {
    const client = await newClient(app);
    await createTrashedTasks(client, {}, {});
    const headers = { 'idempotency-key': randomUUID() };
    const first = await client.v1('DELETE', '/trash', undefined, headers);
    await createTrashedTasks(client, {});
    const second = await client.v1('DELETE', '/trash', undefined, headers);
    expect(second.text).toBe(first.text);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await listTrashed(client)).toHaveLength(1);
  });
});

test('a restore racing a purge is made before it or finds nothing; it never brings half a task back', async () => {
  const client = await newClient(app);
  for (let round = 0; round < 10; round += 1) {
    const [task] = await createTrashedTasks(client, { tags: ['t'] });
    const path = `/trash/${task?.id}`;
    const calls = [() => client.v1('POST', `${path}/restore`), () => client.v1('DELETE', '/trash')];
    const replies = await Promise.all((round % 2 ? calls : calls.toReversed()).map((call) => call()));
    const isLive = (await client.v1('GET', `/tasks/${task?.id}`)).status === 200;
    const restored = replies.some(({ body }) => body.message === 'Task restored successfully');
    expect(isLive).toBe(restored);
    expect((await tombstones(app, client)).some(({ id }) => id === task?.id)).toBe(!isLive);
    expect(await listTrashed(client)).toEqual([]);
  }
});
