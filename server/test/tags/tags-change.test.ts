import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Task } from '../../src/tasks/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { auditEntriesOf } from '../support/audit.ts';
import { findUnfolded } from '../support/folding.ts';
import { seeded } from '../support/random.ts';
import { statementsOf } from '../support/sql/count.ts';
import { sendDeleteTag, sendRenameTag } from '../support/tags.ts';
import { type Client, newClient } from '../support/tasks.ts';
import { comparableResult, createTrashedTasks, listTrashed } from '../support/trash.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const changed = (task: Task, tags: string[]) => ({
  ...task,
  tags,
  version: task.version + 1,
  updated_at: expect.any(String),
});

/** The revision of each of the user's tags. */
async function tagRevisions({ stored }: Client): Promise<Record<string, number>> {
  const { tags } = await stored();
  return Object.fromEntries(tags.map(({ name, revision }) => [name, Number(revision)]));
}

describe('a renamed tag', () => {
  test('has its new name on every task, live and in the trash; other tasks are as they were', async () => {
    const client = await newClient(app);
    const one = await client.create({ tags: ['old', 'a'] });
    const two = await client.create({ tags: ['old'], completed: true });
    const other = await client.create({ tags: ['a'] });
    const [gone] = await createTrashedTasks(client, { tags: ['old', 'z'] });
    const reply = await sendRenameTag(client, 'old', 'new');
    expect([reply.status, reply.body]).toEqual([
      200,
      { data: { name: 'new', usage_count: 2 }, message: 'Tag renamed successfully', status_code: 200 },
    ]);
    const after = await client.get(one.id);
    expect(after).toEqual(changed(one, ['a', 'new']));
    expect(after.updated_at > one.updated_at).toBe(true);
    expect(await client.get(two.id)).toEqual(changed(two, ['new']));
    expect(await client.get(other.id)).toEqual(other);
    expect(await listTrashed(client)).toMatchObject([{ id: gone?.id, tags: ['new', 'z'], version: 3 }]);
    expect(await client.tags()).toEqual([
      { name: 'a', usage_count: 2 },
      { name: 'new', usage_count: 2 },
    ]);
    expect(await client.list('?tags=old')).toEqual([]);
    expect(await client.revision()).toBe(6);
    const { tasks } = await client.stored();
    expect(tasks.filter(({ revision }) => Number(revision) === 6)).toHaveLength(3);
    expect(await tagRevisions(client)).toMatchObject({ old: 6, new: 6, a: 3 });
  });

  test('joins another tag of that name; a task that has both has it once', async () => {
    const client = await newClient(app);
    const both = await client.create({ tags: ['one', 'two'] });
    const one = await client.create({ tags: ['one'] });
    const two = await client.create({ tags: ['two'] });
    expect((await sendRenameTag(client, 'one', 'two')).body.data).toEqual({ name: 'two', usage_count: 3 });
    expect(await client.get(both.id)).toEqual(changed(both, ['two']));
    expect(await client.get(one.id)).toEqual(changed(one, ['two']));
    expect(await client.get(two.id)).toEqual(two);
    expect(await client.tags()).toEqual([{ name: 'two', usage_count: 3 }]);
  });

  test('that only tasks in the trash have is on no live task, and comes back with them', async () => {
    const client = await newClient(app);
    const [task] = await createTrashedTasks(client, { tags: ['old'] });
    expect((await sendRenameTag(client, 'old', 'new')).body.data).toEqual({ name: 'new', usage_count: 0 });
    await client.v1('POST', `/trash/${task?.id}/restore`);
    expect(await client.tags()).toEqual([{ name: 'new', usage_count: 1 }]);
  });

  test('to the name that it has is as it was', async () => {
    const client = await newClient(app);
    const task = await client.create({ tags: ['a'] });
    expect((await sendRenameTag(client, 'a', 'a')).body.data).toEqual({ name: 'a', usage_count: 1 });
    expect(await client.get(task.id)).toEqual(task);
    expect(await client.revision()).toBe(1);
  });

  test('differs by case and by spelling from others', async () => {
    const client = await newClient(app);
    await client.create({ tags: ['Work', 'work', 'é'] });
    await sendRenameTag(client, 'work', 'e\u0301');
    expect((await client.list())[0]?.tags).toEqual(['Work', 'e\u0301', 'é']);
  });
});

test('a deleted tag is on no task, live or in the trash; the tasks stay', async () => {
  const client = await newClient(app);
  const one = await client.create({ tags: ['a', 'b'] });
  const other = await client.create({ tags: ['b'] });
  const [gone] = await createTrashedTasks(client, { tags: ['a'] });
  const reply = await sendDeleteTag(client, 'a');
  expect([reply.status, reply.body]).toEqual([
    200,
    { data: null, message: 'Tag deleted successfully', status_code: 200 },
  ]);
  expect(await client.get(one.id)).toEqual(changed(one, ['b']));
  expect(await client.get(other.id)).toEqual(other);
  expect(await listTrashed(client)).toMatchObject([{ id: gone?.id, tags: [], version: 3 }]);
  expect(await client.tags()).toEqual([{ name: 'b', usage_count: 2 }]);
  expect(await client.revision()).toBe(5);
  expect(await tagRevisions(client)).toMatchObject({ a: 5, b: 2 });
});

test.each([
  ['rename', (client: Client, name: string) => sendRenameTag(client, name, 'new')],
  ['rename to itself', (client: Client, name: string) => sendRenameTag(client, name, name)],
  ['delete', sendDeleteTag],
])('%s of a tag that is on no task of this user is a 404, whoever else has it', async (_, change) => {
  const [client, other] = [await newClient(app), await newClient(app)];
  const task = await client.create({ tags: ['once'] });
  await client.v1('PATCH', `/tasks/${task.id}`, { tags: [] });
  await other.create({ tags: ['theirs'] });
  const before = [await client.stored(), await other.stored()];
  const never = await change(client, randomUUID());
  expect([never.status, never.body.error_code]).toEqual([404, 'NOT_FOUND']);
  for (const name of ['once', 'theirs'])
    expect(comparableResult(await change(client, name))).toEqual(comparableResult(never));
  expect([await client.stored(), await other.stored()]).toEqual(before);
});

test("another user's tag of the same name is left alone", async () => {
  const [client, other] = [await newClient(app), await newClient(app)];
  for (const { create } of [client, other]) await create({ tags: ['a', 'b'] });
  const theirs = await other.stored();
  await sendRenameTag(client, 'a', 'b');
  await sendDeleteTag(client, 'b');
  expect(await other.stored()).toEqual(theirs);
});

test('a change of a tag asks the database as much for one task as for a hundred', async () => {
  const asked = [];
  for (const count of [1, 100]) {
    const client = await newClient(app);
    for (let index = 0; index < count; index += 1) await client.create({ tags: ['a', `b${index}`] });
    asked.push(
      await statementsOf(async () => {
        expect((await sendRenameTag(client, 'a', 'b')).body.data.usage_count).toBe(count);
        expect((await sendDeleteTag(client, 'b')).status).toBe(200);
      }),
    );
  }
  expect(asked[1]).toEqual(asked[0]);
  expect(asked[0]?.length).toBeLessThanOrEqual(14);
});

test('the audit log has one entry for each, without the name; a retry under one key is none', async () => {
  const client = await newClient(app);
  await client.create({ tags: ['secret', 'b'] });
  const headers = { 'idempotency-key': randomUUID() };
  const [first, again] = [
    await sendRenameTag(client, 'secret', 'secret2', headers),
    await sendRenameTag(client, 'secret', 'secret2', headers),
  ];
  expect([again.status, again.text]).toEqual([200, first.text]);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  await sendDeleteTag(client, 'secret2');
  const entries = (await auditEntriesOf(app.ctx.db, client.user.id)).slice(1);
  expect(entries).toMatchObject([
    { action: 'tag.rename', subject: null },
    { action: 'tag.delete', subject: null },
  ]);
});

test('of parallel renames of one tag one finds it, and no parallel write of a task is lost', async () => {
  const client = await newClient(app);
  const tasks = [];
  for (let index = 0; index < 5; index += 1) tasks.push(await client.create({ tags: ['a'] }));
  const [renames, patches] = await Promise.all([
    Promise.all(['b', 'c', 'd', 'e'].map((name) => sendRenameTag(client, 'a', name))),
    Promise.all(tasks.map(({ id }) => client.v1('PATCH', `/tasks/${id}`, { title: 'kept' }))),
  ]);
  expect(renames.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404]);
  expect(patches.every(({ status }) => status === 200)).toBe(true);
  const winner = renames.find(({ status }) => status === 200)?.body.data.name;
  for (const task of await client.list())
    expect(task).toMatchObject({ title: 'kept', tags: [winner], version: 3 });
});

test('random renames and deletions leave on every task what they leave in a model', async () => {
  const client = await newClient(app);
  const { pick, some, chance } = seeded(4);
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const model = new Map<string, Set<string>>();
  for (let index = 0; index < 15; index += 1) {
    const tags = some(names, 0.4);
    const { id } = await client.create({ tags });
    model.set(id, new Set(tags));
    if (chance(0.3)) await client.v1('DELETE', `/tasks/${id}`);
  }
  for (let round = 0; round < 40; round += 1) {
    const [name, to] = [pick(names), chance(0.8) ? pick(names) : null];
    const having = [...model.values()].filter((tags) => tags.has(name));
    const { status } =
      to === null ? await sendDeleteTag(client, name) : await sendRenameTag(client, name, to);
    expect(status).toBe(having.length === 0 ? 404 : 200);
    for (const tags of having) {
      tags.delete(name);
      if (to !== null) tags.add(to);
    }
    const all: Task[] = [...(await client.list()), ...(await listTrashed(client))];
    expect(new Map(all.map(({ id, tags }) => [id, tags]))).toEqual(
      new Map([...model].map(([id, tags]) => [id, [...tags].sort()])),
    );
    if (having.length === 0) {
      const id = pick([...model.keys()]);
      const task = all.find((one) => one.id === id);
      const reply = await client.v1('PATCH', `/tasks/${id}`, { tags: [...(task?.tags ?? []), name] });
      if (reply.status === 200) model.get(id)?.add(name);
    }
  }
});

test('no writer of the above forgot the folded text', async () => {
  expect(await findUnfolded(app.ctx.db)).toEqual([]);
});
