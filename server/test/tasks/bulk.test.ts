import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { auditActionsOf, auditEntriesOf } from '../support/audit.ts';
import { bulkResultsOf, repeat, sendBulk } from '../support/bulk.ts';
import { statementsOf } from '../support/sql/count.ts';
import { newClient } from '../support/tasks.ts';
import { createTrashedTasks, listTrashed } from '../support/trash.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

test('every kind of operation does what a request of its own does; results are in the order of the request', async () => {
  const client = await newClient(app);
  const [one, two, three] = [await client.create(), await client.create(), await client.create()];
  const [gone] = await createTrashedTasks(client, { title: 'gone', tags: ['b'] });
  const reply = await sendBulk(client, [
    { op: 'create', temp_id: 'new', title: ' Buy milk ', priority: 'hIgH', tags: ['b', 'a', 'b'] },
    { op: 'update', id: one.id, version: 1, title: 'changed', due_date: '2030-01-01' },
    { op: 'complete', id: two.id },
    { op: 'delete', id: three.id, version: 1 },
    { op: 'restore', id: gone?.id, version: 2 },
  ]);
  expect(reply.status).toBe(200);
  const [created, updated, completed, deleted, restored] = reply.body.data;
  expect(reply.body).toEqual({ data: expect.any(Array), message: 'Bulk operations done', status_code: 200 });
  expect(created).toEqual({
    op: 'create',
    status: 201,
    id: created.task.id,
    temp_id: 'new',
    task: await client.get(created.id),
  });
  expect(created.task).toMatchObject({
    user_id: client.user.id,
    title: 'Buy milk',
    priority: 'High',
    tags: ['a', 'b'],
    version: 1,
  });
  expect(updated).toEqual({ op: 'update', status: 200, id: one.id, task: await client.get(one.id) });
  expect(updated.task).toMatchObject({ title: 'changed', due_date: '2030-01-01', version: 2 });
  expect(completed).toEqual({ op: 'complete', status: 200, id: two.id, task: await client.get(two.id) });
  expect(completed.task).toMatchObject({ completed: true, completed_at: completed.task.updated_at });
  expect(deleted).toEqual({ op: 'delete', status: 200, id: three.id });
  expect((await listTrashed(client)).map(({ id }: { id: string }) => id)).toEqual([three.id]);
  expect(restored).toEqual({ op: 'restore', status: 200, id: gone?.id, task: await client.get(restored.id) });
  expect(restored.task).toMatchObject({ title: 'gone', tags: ['b'], version: 3 });
  expect(await client.tags()).toEqual([
    { name: 'a', usage_count: 1 },
    { name: 'b', usage_count: 2 },
  ]);
});

test('later operations see what earlier ones left, and name new tasks by their temp_id', async () => {
  const client = await newClient(app);
  const task = await client.create();
  const id = 'a new one';
  const results = await bulkResultsOf(client, [
    { op: 'create', temp_id: id, title: 'one' },
    { op: 'update', id, version: 1, title: 'two', tags: ['t'] },
    { op: 'complete', id, version: 2 },
    { op: 'complete', id, completed: false },
    { op: 'delete', id },
    { op: 'update', id, title: 'three' },
    { op: 'restore', id, version: 5 },
    { op: 'update', id: task.id, title: 'first' },
    { op: 'update', id: task.id, title: 'second', version: 2 },
    { op: 'update', id: task.id, title: 'third', version: 2 },
  ]);
  expect(results.map(({ status }) => status)).toEqual([201, 200, 200, 200, 200, 404, 200, 200, 200, 409]);
  expect(results.map((result) => result.task?.version)).toEqual([
    1,
    2,
    3,
    4,
    undefined,
    undefined,
    6,
    2,
    3,
    undefined,
  ]);
  expect(new Set(results.slice(0, 7).map((result) => result.temp_id))).toEqual(new Set([id]));
  expect(new Set(results.slice(0, 7).map((result) => result.id)).size).toBe(1);
  expect(results[9]?.error).toEqual({
    error_code: 'VERSION_CONFLICT',
    detail: 'The task was changed since the version you sent',
    current: results[8]?.task,
  });
  expect(await client.list('?sort_by=title')).toEqual([results[6]?.task, results[8]?.task]);
  expect(await client.tags()).toEqual([{ name: 't', usage_count: 1 }]);
});

test('a task may be given tags and be deleted at once: they come back with it', async () => {
  const client = await newClient(app);
  const task = await client.create({ tags: ['old'] });
  await bulkResultsOf(client, [
    { op: 'create', temp_id: 'new', title: 'new', tags: ['a'] },
    { op: 'delete', id: 'new' },
    { op: 'update', id: task.id, tags: ['b'] },
    { op: 'delete', id: task.id },
  ]);
  expect(await client.tags()).toEqual([]);
  const deleted: { id: string; tags: string[] }[] = await listTrashed(client);
  expect(deleted.map(({ tags }) => tags).sort()).toEqual([['a'], ['b']]);
  await bulkResultsOf(
    client,
    deleted.map(({ id }) => ({ op: 'restore', id })),
  );
  expect((await client.tags()).map(({ name }) => name)).toEqual(['a', 'b']);
});

test('an operation that fails changes nothing, and the others are done all the same', async () => {
  const [client, other] = [await newClient(app), await newClient(app)];
  const [task, theirs] = [await client.create(), await other.create({ title: 'private' })];
  const before = await other.stored();
  const results = await bulkResultsOf(client, [
    { op: 'update', id: theirs.id, title: 'mine' },
    { op: 'delete', id: randomUUID() },
    { op: 'restore', id: task.id },
    { op: 'update', id: task.id, version: 7, title: 'stale' },
    { op: 'update', id: task.id, title: 'done' },
  ]);
  const error = { error_code: 'NOT_FOUND', detail: 'Task not found' };
  expect(results.slice(0, 3)).toMatchObject([
    { op: 'update', status: 404, id: theirs.id, error },
    { status: 404, error },
    { status: 404, error },
  ]);
  expect(results[3]).toEqual({
    op: 'update',
    status: 409,
    id: task.id,
    error: { error_code: 'VERSION_CONFLICT', detail: expect.any(String), current: task },
  });
  expect(await client.get(task.id)).toMatchObject({ title: 'done', version: 2 });
  expect(await other.stored()).toEqual(before);
});

test('a bulk is one revision, and one entry of the audit log for each operation that changed something', async () => {
  const client = await newClient(app);
  const task = await client.create({ title: 'same' });
  const [created] = await bulkResultsOf(client, [
    { op: 'create', temp_id: 'new', title: 'new', tags: ['a'] },
    { op: 'update', id: task.id, title: 'same' },
    { op: 'complete', id: 'new' },
    { op: 'delete', id: randomUUID() },
    { op: 'delete', id: task.id },
    { op: 'restore', id: task.id },
  ]);
  expect(await client.revision()).toBe(2);
  const { tasks, tags } = await client.stored();
  expect([...tasks, ...tags].map(({ revision }) => Number(revision))).toEqual([2, 2, 2]);
  const entries = (await auditEntriesOf(app.ctx.db, client.user.id)).slice(1);
  expect(entries.map(({ action, subject }) => [action, subject])).toEqual([
    ['task.create', created?.id],
    ['task.complete', created?.id],
    ['task.delete', task.id],
    ['task.restore', task.id],
  ]);
  expect(new Set(entries.map(({ request_id }) => request_id)).size).toBe(1);
});

test('a bulk that changes nothing is no write', async () => {
  const [client, fresh] = [await newClient(app), await newClient(app)];
  const task = await client.create({ title: 'same', completed: true });
  const before = await client.stored();
  const results = await bulkResultsOf(client, [
    { op: 'update', id: task.id, title: 'same' },
    { op: 'complete', id: task.id },
    { op: 'delete', id: randomUUID() },
  ]);
  expect(results.map(({ status }) => status)).toEqual([200, 200, 404]);
  expect(await client.stored()).toEqual(before);
  expect(await auditActionsOf(app.ctx.db, client.user.id)).toEqual(['task.create success']);
  await bulkResultsOf(fresh, [{ op: 'delete', id: task.id }]);
  expect((await fresh.stored()).owners).toEqual([]);
});

test('a hundred operations ask the database three statements more than one, for a transaction and their audit entries', async () => {
  const asked: Record<string, string[][]> = { creates: [], others: [] };
  for (const count of [1, 100]) {
    const client = await newClient(app);
    let ids: string[] = [];
    asked.creates?.push(
      await statementsOf(async () => {
        const operations = repeat(count, (index) => ({
          op: 'create',
          title: `t ${index}`,
          tags: [`tag ${index}`],
        }));
        ids = (await bulkResultsOf(client, operations)).map(({ id }) => id);
      }),
    );
    const kinds = [{ op: 'update', title: 'new', tags: [] }, { op: 'complete' }, { op: 'delete' }];
    asked.others?.push(
      await statementsOf(() =>
        bulkResultsOf(
          client,
          ids.map((id, index) => ({ ...kinds[index % 3], id })),
        ),
      ),
    );
  }
  // These statements run at intervals, independent of the number of operations: access events and notifications.
  const ofWrites = (statements: string[] = []) =>
    statements.filter((text) => !/access_events|user_access|pg_notify/.test(text));
  for (const [one, hundred] of Object.values(asked)) {
    expect(ofWrites(hundred)).toHaveLength(ofWrites(one).length + 3);
    expect(ofWrites(one)).toHaveLength(2);
  }
});

test('under one Idempotency-Key it is done once, and each operation is answered the same again', async () => {
  const client = await newClient(app);
  const headers = { 'idempotency-key': randomUUID() };
  const operations = [
    { op: 'create', temp_id: 'a', title: 'once' },
    { op: 'complete', id: 'a' },
    { op: 'delete', id: randomUUID() },
  ];
  const first = await sendBulk(client, operations, {}, headers);
  const [again, ...more] = await Promise.all(repeat(5, () => sendBulk(client, operations, {}, headers)));
  for (const reply of [again, ...more]) {
    expect([reply?.status, reply?.text]).toEqual([200, first.text]);
    expect(reply?.headers.get('idempotency-replayed')).toBe('true');
  }
  expect(await client.list()).toHaveLength(1);
  const other = await sendBulk(client, operations.slice(1), {}, headers);
  expect([other.status, other.body.error_code]).toEqual([422, 'VALIDATION_ERROR']);
  const reused = await sendBulk(client, operations.slice(0, 1), {}, headers);
  expect([reused.status, reused.body.error_code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
});
