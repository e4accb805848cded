import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Task } from '../../src/tasks/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { auditActionsOf } from '../support/audit.ts';
import { sendBulk } from '../support/bulk.ts';
import { createPlaces, treeOf } from '../support/placement.ts';
import { findFaults } from '../support/stored-tags.ts';
import { type Client, newClient } from '../support/tasks.ts';
import { tombstones } from '../support/trash.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(async () => {
  expect((await findFaults(app.ctx.db)).faults).toEqual([]);
  await app.close();
});

/** a over b and c, b over d. */
async function setUp() {
  const client = await newClient(app);
  const places = createPlaces(app, client);
  const a = await client.create({ title: 'a' });
  const b = await client.create({ title: 'b', parent_id: a.id, tags: ['b'] });
  const c = await client.create({ title: 'c', parent_id: a.id });
  const d = await client.create({ title: 'd', parent_id: b.id });
  const tree = async () => treeOf(await places.all());
  return { client, ...client, places, a, b, c, d, tree };
}

const statusesOf = async ({ list }: Pick<Client, 'list'>) =>
  Object.fromEntries((await list()).map(({ title, completed }) => [title, completed]));

describe('progress', () => {
  test('counts the live children, whatever changes them, with a revision but without a version', async () => {
    const { client, get, create, v1, revision, a, c } = await setUp();
    const changes: [string, () => Promise<unknown>, Task['progress']][] = [
      ['as it was', async () => undefined, { done: 0, total: 2 }],
      [
        'a completion',
        () => v1('PATCH', `/tasks/${c.id}/complete`, { completed: true }),
        { done: 1, total: 2 },
      ],
      ['a patch', () => v1('PATCH', `/tasks/${c.id}`, { completed: false }), { done: 0, total: 2 }],
      ['a create', () => create({ parent_id: a.id, completed: true }), { done: 1, total: 3 }],
      ['a deletion', () => v1('DELETE', `/tasks/${c.id}`), { done: 1, total: 2 }],
      ['a restore', () => v1('POST', `/trash/${c.id}/restore`), { done: 1, total: 3 }],
      ['a move away', () => v1('PATCH', `/tasks/${c.id}`, { parent_id: null }), { done: 1, total: 2 }],
      [
        'a bulk',
        () => sendBulk(client, [{ op: 'update', id: c.id, parent_id: a.id, completed: true }]),
        { done: 2, total: 3 },
      ],
    ];
    for (const [name, change, progress] of changes) {
      const before = await revision();
      await change();
      const { headers, body } = await v1('GET', `/tasks/${a.id}`);
      expect([name, body.data.progress, body.data.version]).toEqual([name, progress, 1]);
      expect(headers.get('etag')).toBe(`"1-${progress?.done}-${progress?.total}"`);
      expect(body.data.updated_at).toBe(a.updated_at);
      if (name !== 'as it was') expect(await revision()).toBe(before + 1);
    }
    expect((await get(c.id)).progress).toBeNull();
  });

  test('is part of the ETag: If-None-Match wants all of it, If-Match the version or all of it', async () => {
    const { v1, a, c } = await setUp();
    const read = (etag: string) => v1('GET', `/tasks/${a.id}`, undefined, { 'if-none-match': etag });
    expect((await read('"1-0-2"')).status).toBe(304);
    expect((await read('"1"')).status).toBe(200);
    await v1('PATCH', `/tasks/${c.id}/complete`, { completed: true });
    expect((await read('"1-0-2"')).status).toBe(200);
    const patch = (etag: string, title: string) =>
      v1('PATCH', `/tasks/${a.id}`, { title }, { 'if-match': etag });
    for (const wrong of ['"1-0-2"', '"2"', '"1-1"', 'W/"1"'])
      expect((await patch(wrong, 'no')).status).toBe(412);
    const exact = await patch('"1-1-2"', 'exact');
    expect([exact.status, exact.headers.get('etag')]).toEqual([200, '"2-1-2"']);
    expect((await patch('"2"', 'version')).status).toBe(200);
  });

  test('of the parent comes in the feed with each change of a child', async () => {
    const { v1, a, c } = await setUp();
    const { body } = await v1('GET', '/changes');
    await v1('PATCH', `/tasks/${c.id}/complete`, { completed: true });
    const more = await v1('GET', `/changes?since=${body.next_cursor ?? body.pagination?.next_cursor}`);
    const changed = new Map(more.body.data.map(({ id, task }: { id: string; task: Task }) => [id, task]));
    expect([...changed.keys()].sort()).toEqual([a.id, c.id].sort());
    expect(changed.get(a.id)).toMatchObject({ progress: { done: 1, total: 2 }, version: 1 });
  });
});

describe('completing a parent', () => {
  test('keeps its subtasks, unless they shall be completed too', async () => {
    const { client, v1, a, get } = await setUp();
    const path = `/tasks/${a.id}/complete`;
    await v1('PATCH', path, { completed: true });
    expect(await statusesOf(client)).toEqual({ a: true, b: false, c: false, d: false });
    const all = await v1('PATCH', path, { completed: true, children: 'complete' });
    expect([all.status, all.body.data]).toEqual([200, await get(a.id)]);
    expect(all.body.data.progress).toEqual({ done: 2, total: 2 });
    expect(await statusesOf(client)).toEqual({ a: true, b: true, c: true, d: true });
    for (const body of [
      { completed: false, children: 'complete' },
      { completed: true, children: 'delete' },
    ])
      expect((await v1('PATCH', path, body)).status).toBe(422);
    await v1('PATCH', path, { completed: false });
    expect(await statusesOf(client)).toEqual({ a: false, b: true, c: true, d: true });
    expect((await client.bare('PATCH', path, { children: 'complete' })).status).toBe(400);
  });

  test('in bulk does the same', async () => {
    const { client, a } = await setUp();
    await sendBulk(client, [{ op: 'complete', id: a.id, children: 'complete' }]);
    expect(await statusesOf(client)).toEqual({ a: true, b: true, c: true, d: true });
  });
});

describe('deleting a parent', () => {
  test('moves its subtasks up, and its restore takes them back', async () => {
    const { v1, tree, b } = await setUp();
    expect((await v1('DELETE', `/tasks/${b.id}`)).status).toBe(200);
    expect(await tree()).toEqual({ a: { c: {}, d: {} } });
    const { body } = await v1('POST', `/trash/${b.id}/restore`);
    expect(body.data).toMatchObject({ progress: { done: 0, total: 1 }, version: 3, tags: ['b'] });
    expect(await tree()).toEqual({ a: { b: { d: {} }, c: {} } });
  });

  test('leaves those alone that somebody moved meanwhile', async () => {
    const { v1, create, tree, b, c, d } = await setUp();
    await create({ title: 'e', parent_id: b.id });
    await v1('DELETE', `/tasks/${b.id}`);
    await v1('PATCH', `/tasks/${d.id}`, { parent_id: c.id });
    await v1('POST', `/trash/${b.id}/restore`);
    expect(await tree()).toEqual({ a: { b: { e: {} }, c: { d: {} } } });
  });

  test('completes its subtasks on all levels, if asked', async () => {
    const { client, v1, tree, a } = await setUp();
    await v1('DELETE', `/tasks/${a.id}`, { children: 'complete' });
    expect(await tree()).toEqual({ b: { d: {} }, c: {} });
    expect(await statusesOf(client)).toEqual({ b: true, c: true, d: true });
    const versions = (await client.list()).map(({ title, version }) => [title, version]);
    expect(Object.fromEntries(versions)).toEqual({ b: 2, c: 2, d: 2 });
  });

  test.each(['alone', 'in bulk'])(
    '%s deletes them too, if asked, and its restore brings them back',
    async (way) => {
      const { client, v1, tree, tags, user, a, d } = await setUp();
      const remove = { op: 'delete', id: a.id, children: 'delete' };
      if (way === 'alone') await v1('DELETE', `/tasks/${a.id}`, { children: 'delete' });
      else await sendBulk(client, [remove]);
      expect([await tree(), await tags()]).toEqual([{}, []]);
      expect((await v1('GET', '/trash')).body.pagination.total).toBe(4);
      expect((await v1('GET', `/tasks/${d.id}`)).status).toBe(404);
      if (way === 'alone') await v1('POST', `/trash/${a.id}/restore`);
      else await sendBulk(client, [{ op: 'restore', id: a.id }]);
      expect(await tree()).toEqual({ a: { b: { d: {} }, c: {} } });
      expect(await tags()).toEqual([{ name: 'b', usage_count: 1 }]);
      const entries = (await v1('GET', '/audit')).body.data.slice(0, 2);
      expect(entries.map(({ count }: { count: number }) => count)).toEqual([4, 4]);
      expect((await auditActionsOf(app.ctx.db, user.id)).slice(-2)).toEqual([
        'task.delete success',
        'task.restore success',
      ]);
    },
  );

  test('a subtask that is restored alone is at the top, until its parent is restored', async () => {
    const { v1, tree, a, b } = await setUp();
    await v1('DELETE', `/tasks/${a.id}`, { children: 'delete' });
    await v1('POST', `/trash/${b.id}/restore`);
    expect(await tree()).toEqual({ b: {} });
    await v1('POST', `/trash/${a.id}/restore`);
    expect(await tree()).toEqual({ a: { b: { d: {} }, c: {} } });
  });

  test('a restored task goes to the inbox when its project is in the trash', async () => {
    const { v1, create, get, places } = await setUp();
    const project = await places.project();
    const section = await places.section(project);
    const parent = await create({ section_id: section });
    const child = await create({ parent_id: parent.id });
    await v1('DELETE', `/tasks/${parent.id}`, { children: 'delete' });
    await places.trash('projects', project);
    expect((await v1('POST', `/trash/${parent.id}/restore`)).status).toBe(200);
    expect(await get(parent.id)).toMatchObject({
      project_id: null,
      section_id: null,
      progress: { total: 1 },
    });
    expect(await get(child.id)).toMatchObject({ project_id: null, section_id: null, parent_id: parent.id });
  });

  test('purging it purges what was deleted with it, and nothing else', async () => {
    const { client, v1, a, b, c, d, tree } = await setUp();
    await v1('DELETE', `/tasks/${c.id}`);
    await v1('DELETE', `/tasks/${a.id}`, { children: 'delete' });
    expect((await v1('DELETE', `/trash/${a.id}`)).status).toBe(200);
    expect((await tombstones(app, client)).map(({ id }) => id).sort()).toEqual([a.id, b.id, d.id].sort());
    await v1('POST', `/trash/${c.id}/restore`);
    expect(await tree()).toEqual({ c: {} });
    await v1('DELETE', `/tasks/${c.id}`);
    await v1('DELETE', '/trash');
    expect((await v1('GET', '/trash')).body.data).toEqual([]);
  });
});

test('the same key gives the same answer, with the position that the task has', async () => {
  const { client, v1, get, a } = await setUp();
  const key = { 'idempotency-key': 'one' };
  const first = await v1('POST', '/tasks', { title: 'x' }, key);
  expect((await v1('POST', '/tasks', { title: 'x' }, key)).text).toBe(first.text);
  expect(first.body.data).toEqual(await get(first.body.data.id));
  const child = await v1('POST', '/tasks', { title: 'y', parent_id: a.id }, { 'idempotency-key': 'two' });
  expect(child.body.data).toEqual(await get(child.body.data.id));
  const bulk = await sendBulk(
    client,
    [
      { op: 'create', title: 'z' },
      { op: 'create', title: 'z' },
    ],
    {},
    { 'idempotency-key': 'three' },
  );
  for (const { task } of bulk.body.data) expect(task).toEqual(await get(task.id));
});
