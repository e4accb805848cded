import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Task } from '../../src/tasks/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { sendBulk } from '../support/bulk.ts';
import { createPlaces, treeOf } from '../support/placement.ts';
import { invalidStatus, issueLocationsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

async function setUp() {
  const client = await newClient(app);
  const places = createPlaces(app, client);
  const home = await places.project();
  const work = await places.project();
  const kitchen = await places.section(home);
  const desk = await places.section(work);
  return { client, ...client, places, home, work, kitchen, desk };
}

const placementOf = ({ project_id, section_id, parent_id }: Task) => [project_id, section_id, parent_id];

describe('the placement', () => {
  test('is stored as given, is in every read, and null clears it', async () => {
    const { create, get, v1, home, kitchen, work } = await setUp();
    const task = await create({ project_id: home, section_id: kitchen });
    expect(placementOf(task)).toEqual([home, kitchen, null]);
    expect(await get(task.id)).toEqual(task);
    const moved = await v1('PATCH', `/tasks/${task.id}`, { project_id: work });
    expect([moved.status, placementOf(moved.body.data)]).toEqual([200, [work, null, null]]);
    const cleared = await v1('PATCH', `/tasks/${task.id}`, { project_id: null });
    expect(placementOf(cleared.body.data)).toEqual([null, null, null]);
    expect(cleared.body.data).toEqual(await get(task.id));
    expect(cleared.body.data.version).toBe(3);
  });

  test('follows the section, and the parent, when a new task names only those', async () => {
    const { create, home, kitchen } = await setUp();
    const parent = await create({ section_id: kitchen });
    expect(placementOf(parent)).toEqual([home, kitchen, null]);
    const child = await create({ parent_id: parent.id });
    expect(placementOf(child)).toEqual([home, kitchen, parent.id]);
    const same = await create({ parent_id: parent.id, project_id: home, section_id: kitchen });
    expect(placementOf(same)).toEqual([home, kitchen, parent.id]);
  });

  test('of a whole task that is sent back with another parent follows that', async () => {
    const { create, get, v1, home, work, desk } = await setUp();
    const parent = await create({ section_id: desk });
    const task = await create({ project_id: home });
    const reply = await v1('PATCH', `/tasks/${task.id}`, { ...task, parent_id: parent.id });
    expect(placementOf(reply.body.data)).toEqual([work, desk, parent.id]);
    const top = await v1('PATCH', `/tasks/${task.id}`, { ...(await get(task.id)), parent_id: null });
    expect(placementOf(top.body.data)).toEqual([work, desk, null]);
  });

  test.each(['v1', 'bare'] as const)(
    'is refused on %s with the field that is wrong, and nothing is stored',
    async (surface) => {
      const { client, create, stored, places, home, work, kitchen, desk } = await setUp();
      const other = await setUp();
      const foreign = await other.create();
      const gone = await create({ title: 'gone' });
      await client.v1('DELETE', `/tasks/${gone.id}`);
      const trashed = { project: await places.project(), section: await places.section(home) };
      await places.trash('projects', trashed.project);
      await places.trash('sections', trashed.section);
      const [top, below] = [await create({ project_id: work }), await create({ section_id: kitchen })];
      const child = await create({ parent_id: top.id });
      const before = await stored();
      const texts = new Set<string>();
      const unknown = {
        project_id: [randomUUID(), other.home, trashed.project],
        section_id: [randomUUID(), other.kitchen, trashed.section],
        parent_id: [randomUUID(), foreign.id, gone.id],
      };
      const unknownIds = new Set<unknown>(Object.values(unknown).flat());
      const attempts: [string, object, Task?][] = [
        ...Object.entries(unknown).flatMap(([name, ids]) =>
          ids.flatMap((id): [string, object, Task?][] => [
            [name, { [name]: id }],
            [name, { [name]: id }, top],
          ]),
        ),
        ['section_id', { project_id: home, section_id: desk }],
        ['section_id', { section_id: desk }, below],
        ['project_id', { parent_id: top.id, project_id: home }],
        ['project_id', { project_id: home }, child],
        ['project_id', { project_id: null }, child],
        ['section_id', { section_id: desk }, child],
      ];
      for (const [field, fields, task] of attempts) {
        const reply = await (task === undefined
          ? client[surface]('POST', '/tasks', { title: 'x', ...fields })
          : client[surface]('PATCH', `/tasks/${task.id}`, fields));
        expect([fields, reply.status]).toEqual([fields, invalidStatus[surface]]);
        expect(issueLocationsOf(surface, reply)).toEqual([`body.${field}`]);
        const comparable = reply.text.replace(/"(timestamp|request_id)":"[^"]*"/g, '');
        if (unknownIds.has(Object.values(fields)[0])) texts.add(comparable);
      }
      expect(texts.size, 'the same text, whatever it is that is unknown').toBe(3);
      expect(await stored()).toEqual(before);
    },
  );

  test('is read-only in the order: position and progress are ignored, and a new task may not have them', async () => {
    const { create, v1, stored } = await setUp();
    const task = await create();
    const before = await stored();
    const ignored = { position: 'zz', progress: { done: 3, total: 4 } };
    const reply = await v1('PATCH', `/tasks/${task.id}`, ignored);
    expect([reply.status, reply.body.data]).toEqual([200, task]);
    expect(await stored()).toEqual(before);
    for (const [name, value] of Object.entries(ignored)) {
      const refused = await v1('POST', '/tasks', { title: 'x', [name]: value });
      expect([refused.status, issueLocationsOf('v1', refused)]).toEqual([422, [`body.${name}`]]);
    }
  });

  test('of subtasks on all levels follows a parent to another project, and each gets a version', async () => {
    const { create, v1, places, work, kitchen, desk } = await setUp();
    const a = await create({ title: 'a', section_id: kitchen });
    const b = await create({ title: 'b', parent_id: a.id });
    await create({ title: 'c', parent_id: b.id });
    expect((await v1('PATCH', `/tasks/${a.id}`, { project_id: work, section_id: desk })).status).toBe(200);
    const all = await places.all();
    expect(treeOf(all)).toEqual({ a: { b: { c: {} } } });
    expect(all.map(({ project_id, section_id, version }) => [project_id, section_id, version])).toEqual(
      Array(3).fill([work, desk, 2]),
    );
  });

  test('is set in bulk too, also below a task of the same request', async () => {
    const { client, places, home } = await setUp();
    const { body } = await sendBulk(client, [
      { op: 'create', temp_id: 'a', title: 'a', project_id: home },
      { op: 'create', temp_id: 'b', title: 'b', parent_id: 'a' },
      { op: 'create', temp_id: 'c', title: 'c' },
      { op: 'update', id: 'c', parent_id: 'b' },
      { op: 'update', id: 'a', parent_id: 'c' },
      { op: 'create', title: 'd', project_id: randomUUID() },
    ]);
    expect(body.data.map(({ status }: { status: number }) => status)).toEqual([201, 201, 201, 200, 422, 422]);
    const all = await places.all();
    expect(treeOf(all)).toEqual({ a: { b: { c: {} } } });
    expect(all.map(({ project_id }) => project_id)).toEqual([home, home, home]);
    expect(body.data[3].task).toMatchObject({ title: 'c', project_id: home });
    const fresh = Object.fromEntries(all.map((task) => [task.title, task]));
    expect(fresh.a?.progress).toEqual({ done: 0, total: 1 });
    expect(fresh.b?.progress).toEqual({ done: 0, total: 1 });
    expect(orderOfTitles(all)).toEqual(['a', 'b', 'c']);
    const wrong = await sendBulk(client, [{ op: 'create', title: 'x', parent_id: 'nobody' }]);
    expect([wrong.status, issueLocationsOf('v1', wrong)]).toEqual([422, ['body.operations.0.parent_id']]);
  });
});

const orderOfTitles = (tasks: readonly Task[]) =>
  tasks.toSorted((a, b) => (a.position < b.position ? -1 : 1)).map(({ title }) => title);

describe('levels', () => {
  test('there are at most 5, and no task gets below itself', async () => {
    const { create, v1, places, stored } = await setUp();
    const line: Task[] = [];
    for (const title of ['a', 'b', 'c', 'd', 'e'])
      line.push(await create({ title, parent_id: line.at(-1)?.id ?? null }));
    const [a, b, , , e] = line;
    const two = await create({ title: 'two' });
    await create({ title: 'three', parent_id: two.id });
    const before = await stored();
    const refusals = [
      await v1('POST', '/tasks', { title: 'f', parent_id: e?.id }),
      await v1('PATCH', `/tasks/${two.id}`, { parent_id: line[3]?.id }),
      await v1('PATCH', `/tasks/${a?.id}`, { parent_id: e?.id }),
      await v1('PATCH', `/tasks/${b?.id}`, { parent_id: b?.id }),
    ];
    for (const reply of refusals)
      expect([reply.status, issueLocationsOf('v1', reply)]).toEqual([422, ['body.parent_id']]);
    expect(refusals.map(({ body }) => body.errors[0].msg)).toEqual([
      'would be deeper than 5 levels',
      'would be deeper than 5 levels',
      'would be below itself',
      'would be below itself',
    ]);
    expect(await stored()).toEqual(before);
    expect((await v1('PATCH', `/tasks/${two.id}`, { parent_id: line[2]?.id })).status).toBe(200);
    expect(treeOf(await places.all())).toEqual({ a: { b: { c: { d: { e: {} }, two: { three: {} } } } } });
  });

  test('a task has at most 200 subtasks, and one request changes at most 1,000', async () => {
    const { client, create, v1, stored } = await setUp();
    const parent = await create();
    const fill = async (parentId: string) => {
      for (const count of [100, 100])
        await sendBulk(client, Array(count).fill({ op: 'create', title: 'x', parent_id: parentId }), {
          atomic: true,
        });
    };
    await fill(parent.id);
    const full = await v1('POST', '/tasks', { title: 'one more', parent_id: parent.id });
    expect([full.status, full.body.error_code]).toEqual([409, 'LIMIT_EXCEEDED']);
    const top = await create();
    const middle: Task[] = [];
    for (let count = 0; count < 5; count += 1) {
      const task = await create({ parent_id: top.id });
      middle.push(task);
      await fill(task.id);
    }
    const before = await stored();
    const refused = [
      await v1('DELETE', `/tasks/${top.id}`, { children: 'delete' }),
      await v1('PATCH', `/tasks/${top.id}/complete`, { completed: true, children: 'complete' }),
    ];
    for (const { status, body } of refused)
      expect([status, body.error_code]).toEqual([409, 'LIMIT_EXCEEDED']);
    expect(await stored()).toEqual(before);
    for (const { id } of middle)
      expect((await v1('DELETE', `/tasks/${id}`, { children: 'delete' })).status).toBe(200);
    expect((await v1('GET', '/tasks')).body.pagination.total).toBe(202);
  });
});
