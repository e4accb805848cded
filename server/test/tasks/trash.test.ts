import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { auditActionsOf } from '../support/audit.ts';
import { type Client, linksOf, locsOf, newClient } from '../support/tasks.ts';
import { comparableResult, createTrashedTasks, listTrashed } from '../support/trash.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

describe('the list', () => {
  test('shows deleted tasks as they were, with the time of the deletion, the newest first', async () => {
    const client = await newClient(app);
    await client.create({ title: 'live' });
    const fields = { description: 'd', priority: 'High', due_date: '2030-01-01', tags: ['b', 'a'] };
    const [first, second] = await createTrashedTasks(
      client,
      { title: 'first', ...fields, completed: true },
      {},
    );
    const reply = await client.v1('GET', '/trash');
    expect(reply.status).toBe(200);
    const [newest, oldest] = reply.body.data;
    for (const [shown, task] of [
      [newest, second],
      [oldest, first],
    ])
      expect(shown).toEqual({
        ...task,
        version: 2,
        updated_at: shown.deleted_at,
        deleted_at: expect.stringMatching(/^\d{4}-.*Z$/),
      });
    expect(newest.deleted_at >= oldest.deleted_at).toBe(true);
    expect(reply.body.pagination).toEqual({ total: 2, limit: 50, offset: 0, next_cursor: null });
    expect(reply.body.message).toBe('Trash retrieved successfully');
    expect(reply.headers.get('x-total-count')).toBe('2');
    expect(Object.keys(linksOf(reply))).toEqual(['first']);
    expect(await listTrashed(await newClient(app))).toEqual([]);
  });

  test('pages by cursor and by offset, each task once, ties by id', async () => {
    const client = await newClient(app);
    await createTrashedTasks(client, ...Array.from({ length: 7 }, () => ({})));
    // All but one have the same time of deletion.
    await sql`update duly.tasks set deleted_at = date_trunc('day', now()) where user_id = ${client.user.id}
      and id <> (select max(id::text)::uuid from duly.tasks where user_id = ${client.user.id})`.execute(
      app.ctx.db,
    );
    const all: { id: string; deleted_at: string }[] = await listTrashed(client);
    expect(all).toEqual(all.toSorted((a, b) => (a.deleted_at + a.id < b.deleted_at + b.id ? 1 : -1)));
    const pages: Reply[] = [];
    for (let url: string | undefined = `${client.user.v1}/trash?limit=3`; url !== undefined; ) {
      const page = await client.follow(url);
      pages.push(page);
      url = linksOf(page).next;
    }
    expect(pages.map(({ body }) => body.data.length)).toEqual([3, 3, 1]);
    expect(pages.flatMap(({ body }) => body.data)).toEqual(all);
    const back = await client.follow(linksOf(pages[2]).prev ?? '');
    expect(back.body.data).toEqual(pages[1]?.body.data);
    const byOffset = await client.v1('GET', '/trash?limit=3&offset=2');
    expect(byOffset.body.data).toEqual(all.slice(2, 5));
    expect(byOffset.body.pagination).toMatchObject({ total: 7, offset: 2 });
    expect(Object.keys(linksOf(byOffset)).sort()).toEqual(['first', 'next', 'prev']);
  });

  test('takes no cursor of another list or user, and no parameter of the task list', async () => {
    const [client, other] = [await newClient(app), await newClient(app)];
    for (const one of [client, other]) {
      await createTrashedTasks(one, {}, {});
      await one.create();
      await one.create();
    }
    const cursorOf = async (one: Client, list: string) =>
      (await one.v1('GET', `/${list}?limit=1`)).body.pagination.next_cursor;
    const cursor = await cursorOf(client, 'trash');
    expect((await client.v1('GET', `/trash?cursor=${cursor}`)).body.data).toHaveLength(1);
    for (const [list, query, name] of [
      ['trash', `cursor=${await cursorOf(client, 'tasks')}`, 'cursor'],
      ['trash', `cursor=${await cursorOf(other, 'trash')}`, 'cursor'],
      ['tasks', `cursor=${cursor}`, 'cursor'],
      ['trash', `cursor=${cursor}&offset=1`, 'cursor'],
      ['trash', 'limit=101', 'limit'],
      ['trash', 'search=a', 'search'],
    ]) {
      const reply = await client.v1('GET', `/${list}?${query}`);
      expect([reply.status, locsOf(reply.body.errors)]).toEqual([422, [`query.${name}`]]);
    }
  });
});

describe('a restored task', () => {
  test('is live again as it was: title, tags, dates and completion; its version goes on', async () => {
    const client = await newClient(app);
    const fields = { title: 'back', description: 'd', priority: 'Low', due_date: '2030-01-01' };
    const [task] = await createTrashedTasks(client, { ...fields, completed: true, tags: ['a', 'b'] });
    if (task === undefined) throw new Error();
    expect(await client.tags()).toEqual([]);
    const reply = await client.v1('POST', `/trash/${task.id}/restore`);
    expect(reply.status).toBe(200);
    expect(reply.headers.get('etag')).toBe('"3"');
    expect(reply.body).toEqual({
      data: { ...task, version: 3, updated_at: expect.any(String) },
      message: 'Task restored successfully',
      status_code: 200,
    });
    expect(reply.body.data.updated_at >= task.updated_at).toBe(true);
    expect(await client.get(task.id)).toEqual(reply.body.data);
    expect(await client.tags()).toEqual([
      { name: 'a', usage_count: 1 },
      { name: 'b', usage_count: 1 },
    ]);
    expect(await listTrashed(client)).toEqual([]);
    expect(await client.revision()).toBe(3);
    expect(await auditActionsOf(app.ctx.db, client.user.id)).toEqual([
      'task.create success',
      'task.delete success',
      'task.restore success',
    ]);
  });

  test('brings its tags to those who follow the changes', async () => {
    const client = await newClient(app);
    const [task] = await createTrashedTasks(client, { tags: ['a'] });
    const revisionOfTag = async () => (await client.stored()).tags.map(({ revision }) => Number(revision));
    expect(await revisionOfTag()).toEqual([2]);
    await client.v1('POST', `/trash/${task?.id}/restore`);
    expect(await revisionOfTag()).toEqual([3]);
  });
});

test('a task in the trash is as one that never was to every live route of both surfaces', async () => {
  const client = await newClient(app);
  const [task] = await createTrashedTasks(client, { title: 'hidden', tags: ['a'] });
  for (const surface of ['v1', 'bare'] as const) {
    for (const [method, suffix, body] of [
      ['GET', '', undefined],
      ['PUT', '', { title: 'new' }],
      ['PATCH', '', {}],
      ['PATCH', '/complete', { completed: true }],
      ['DELETE', '', undefined],
    ] as const) {
      const ask = (id: string | undefined) => client[surface](method, `/tasks/${id}${suffix}`, body);
      expect(comparableResult(await ask(task?.id))).toEqual(comparableResult(await ask(randomUUID())));
    }
    const list = await client[surface]('GET', '/tasks?search=hidden&tags=a');
    expect(list.headers.get('x-total-count')).toBe('0');
  }
});
