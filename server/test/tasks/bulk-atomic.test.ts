import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { auditActionsOf } from '../support/audit.ts';
import { bulkResultsOf, repeat, sendBulk } from '../support/bulk.ts';
import { newClient } from '../support/tasks.ts';
import { comparableResult } from '../support/trash.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

describe('with atomic', () => {
  test('all operations are done', async () => {
    const client = await newClient(app);
    const results = await bulkResultsOf(
      client,
      repeat(20, (index) => ({ op: 'create', title: `task ${index}` })),
      { atomic: true },
    );
    expect(results.map(({ status }) => status)).toEqual(Array(20).fill(201));
    expect(await client.list()).toHaveLength(20);
  });

  test.each([
    [404, 'NOT_FOUND', { op: 'delete', id: randomUUID() }],
    [404, 'NOT_FOUND', { op: 'restore', id: 'new' }],
    [409, 'VERSION_CONFLICT', { op: 'update', id: 'old', version: 3, title: 'x' }],
  ])(
    'the first failure, %i %s, is the answer, names the operation, and nothing is stored',
    async (status, code, operation) => {
      const client = await newClient(app);
      const task = await client.create({ tags: ['a'] });
      const before = await client.stored();
      const [update, create] = [
        { op: 'update', id: task.id, title: 'changed', tags: ['b'] },
        { op: 'create', temp_id: 'new', title: 'new' },
      ];
      const failing = { ...operation, id: operation.id === 'old' ? task.id : operation.id };
      const last = { op: 'delete', id: randomUUID() };
      const reply = await sendBulk(client, [update, create, failing, last], { atomic: true });
      expect([reply.status, reply.body.error_code]).toEqual([status, code]);
      expect(reply.body.errors).toMatchObject([{ loc: ['body', 'operations', 2], type: 'operation' }]);
      expect(reply.body.detail).toMatch(/^body\.operations\.2: (The task was|Task not found)/);
      // `current` is the stored task: the operations before the failing one were rolled back.
      expect(reply.body.current).toEqual(status === 409 ? task : undefined);
      expect(await client.stored()).toEqual(before);
      expect(await auditActionsOf(app.ctx.db, client.user.id)).toEqual(['task.create success']);
    },
  );
});

describe('one id of another user among fifty is as one that never was', () => {
  test.each([
    ['for itself', false, 200],
    ['for all with atomic', true, 404],
  ])('%s', async (_, atomic, status) => {
    const [client, other] = [await newClient(app), await newClient(app)];
    const theirs = await other.create({ title: 'private' });
    const creates = repeat(49, (index) => ({ op: 'create', title: `task ${index}` }));
    const own = await bulkResultsOf(client, creates);
    const before = [await client.stored(), await other.stored()];
    const ask = async (id: string) => {
      // Their versions are stale, so the result is the same each time.
      const operations = own.map((task) => ({ op: 'update', id: task.id, version: 9, title: 'changed' }));
      const reply = await sendBulk(client, [{ op: 'delete', id }, ...operations], { atomic });
      return { status: reply.status, body: comparableResult(reply).text.replaceAll(id, 'it') };
    };
    const never = await ask(randomUUID());
    expect(never.status).toBe(status);
    expect(await ask(theirs.id)).toEqual(never);
    expect([await client.stored(), await other.stored()]).toEqual(before);
    const updates = own.map(({ id }) => ({ op: 'update', id, title: 'changed' }));
    const last = await sendBulk(
      client,
      updates.toSpliced(30, 0, { op: 'update', id: theirs.id, title: 'x' }),
      {
        atomic,
      },
    );
    expect(last.status).toBe(status);
    const changed = (await client.list('?limit=100')).filter(({ title }) => title === 'changed');
    expect(changed).toHaveLength(atomic ? 0 : 49);
    expect(await other.stored()).toEqual(before[1]);
  });
});

test('parallel bulks and single writes lose nothing', async () => {
  const client = await newClient(app);
  const tasks = await bulkResultsOf(
    client,
    repeat(10, () => ({ op: 'create', title: 'shared' })),
  );
  const writes = [
    ...repeat(6, (round) =>
      sendBulk(client, [
        { op: 'create', title: `of bulk ${round}`, tags: ['bulk'] },
        ...tasks.map(({ id }) => ({
          op: 'update',
          id,
          ...(round % 2 ? { priority: 'High' } : { description: `d` }),
        })),
        { op: 'update', id: tasks[round]?.id, due_date: '2030-01-01' },
      ]),
    ),
    ...tasks.map(({ id }) => client.v1('PATCH', `/tasks/${id}`, { title: 'of a single write' })),
    ...tasks.map(({ id }) => client.bare('PATCH', `/tasks/${id}/complete`)),
    client.create({ title: 'beside' }),
  ];
  for (const reply of await Promise.all(writes))
    if ('status' in reply) expect(reply.status).toBeLessThan(300);
  for (const [index, { id }] of tasks.entries())
    expect(await client.get(id)).toMatchObject({
      title: 'of a single write',
      completed: true,
      priority: 'High',
      description: 'd',
      due_date: index < 6 ? '2030-01-01' : null,
      version: index < 6 ? 6 : 5,
    });
  expect(await client.list('?tags=bulk')).toHaveLength(6);
  expect(await client.list('?limit=100')).toHaveLength(17);
});
