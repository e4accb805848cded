import { afterAll, beforeAll, expect, test } from 'vitest';
import { positionOfTime } from '../../src/platform/positions.ts';
import type { Task } from '../../src/tasks/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createOldWriter } from '../support/old-writes.ts';
import { createPlaces, orderOf, treeOf } from '../support/placement.ts';
import { findFaults } from '../support/stored-tags.ts';
import { newClient } from '../support/tasks.ts';

/** A Duly that does not know of projects, subtasks and order writes beside this one. */

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

async function setUp() {
  const client = await newClient(app);
  const places = createPlaces(app, client);
  const a = await client.create({ title: 'a', project_id: await places.project() });
  const b = await client.create({ title: 'b', parent_id: a.id });
  const c = await client.create({ title: 'c', parent_id: a.id });
  return { client, ...client, places, old: createOldWriter(app.ctx.db, client.user.id), a, b, c };
}

test('its changes leave placement, position and progress as they are', async () => {
  const { old, get, a, b } = await setUp();
  await old.change(b.id, { title: 'renamed', tags: ['x'] });
  const { project_id, section_id, parent_id, position } = b;
  expect(await get(b.id)).toMatchObject({ title: 'renamed', project_id, section_id, parent_id, position });
  expect((await get(a.id)).progress).toEqual({ done: 0, total: 2 });
});

test('its tasks have the position of their time, and are moved like others', async () => {
  const { old, v1, places, a } = await setUp();
  await old.create([]);
  await old.create([]);
  const before = (await places.all()).filter(({ title }) => title === 'old');
  for (const { position, created_at } of before)
    expect(position).toBe(positionOfTime(Date.parse(created_at)));
  const [first, last] = orderOf(before);
  expect((await v1('POST', `/tasks/${last}/move`, { before: first })).status).toBe(200);
  expect(orderOf((await places.all()).filter(({ title }) => title === 'old'))).toEqual([last, first]);
  const reply = await v1('POST', `/tasks/${first}/move`, { after: null, parent_id: a.id });
  expect(reply.body.data).toMatchObject({ parent_id: a.id, project_id: a.project_id });
});

test('progress that it did not count is right after the next change of a subtask', async () => {
  const { old, v1, get, a, b, c } = await setUp();
  await old.change(b.id, { deleted_at: new Date() });
  expect((await get(a.id)).progress).toEqual({ done: 0, total: 2 });
  await v1('PATCH', `/tasks/${c.id}/complete`, { completed: true });
  expect((await get(a.id)).progress).toEqual({ done: 1, total: 1 });
  expect((await findFaults(app.ctx.db)).faults.filter((fault) => fault.includes(a.id))).toEqual([]);
});

test('a parent that it deleted leaves its subtasks live; they move on, or to the top when it is purged', async () => {
  const { old, v1, client, places, a, b, c } = await setUp();
  await old.change(a.id, { deleted_at: new Date() });
  expect((await v1('PATCH', `/tasks/${b.id}`, { title: 'still' })).status).toBe(200);
  expect((await v1('PATCH', `/tasks/${b.id}`, { ...(await client.get(b.id)), title: 'whole' })).status).toBe(
    200,
  );
  expect((await v1('PATCH', `/tasks/${b.id}`, { parent_id: null })).status).toBe(200);
  const { body } = await v1('GET', '/changes');
  expect((await v1('DELETE', `/trash/${a.id}`)).status).toBe(200);
  expect(treeOf(await places.all())).toEqual({ whole: {}, c: {} });
  const more = await v1('GET', `/changes?since=${body.next_cursor}`);
  const upserts: Task[] = more.body.data.flatMap(({ task }: { task?: Task }) => task ?? []);
  expect(upserts).toEqual([await client.get(c.id)]);
});
