import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maxPositionLength } from '../../src/platform/positions.ts';
import type { Task } from '../../src/tasks/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { auditActionsOf } from '../support/audit.ts';
import { sendBulk } from '../support/bulk.ts';
import { createPlaces, orderOf } from '../support/placement.ts';
import { statementsOf } from '../support/sql/count.ts';
import { findFaults } from '../support/stored-tags.ts';
import { issueLocationsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(async () => {
  expect((await findFaults(app.ctx.db)).faults).toEqual([]);
  await app.close();
});

/** Tasks called a, b, c, …, in this order. */
async function setUp(count = 4) {
  const client = await newClient(app);
  const places = createPlaces(app, client);
  const operations = Array.from({ length: count }, (_, index) => ({
    op: 'create',
    title: String.fromCharCode(97 + index),
  }));
  const { body } = await sendBulk(client, operations);
  const tasks: Task[] = body.data.map(({ task }: { task: Task }) => task);
  const move = (task: Task | undefined, to: object, headers = {}) =>
    client.v1('POST', `/tasks/${task?.id}/move`, to, headers);
  const titles = async (): Promise<string> => {
    const all = await places.all();
    const byId = new Map(all.map((task) => [task.id, task.title]));
    return orderOf(all)
      .map((id) => byId.get(id))
      .join('');
  };
  return { client, ...client, places, tasks, move, titles };
}

describe('a move', () => {
  test('goes next to a sibling or to an end, and writes one row', async () => {
    const { move, titles, tasks, get, user } = await setUp();
    const [a, b, c, d] = tasks;
    expect(await titles()).toBe('abcd');
    const steps: [Task | undefined, object, string][] = [
      [d, { after: a?.id }, 'adbc'],
      [a, { after: null }, 'adbc'],
      [c, { after: null }, 'cadb'],
      [c, { before: null }, 'adbc'],
      [a, { before: c?.id }, 'dbac'],
      [b, { before: d?.id }, 'bdac'],
    ];
    for (const [task, to, expected] of steps) {
      const { status, headers, body } = await move(task, to);
      expect([status, await titles()]).toEqual([200, expected]);
      expect(body.data).toEqual(await get(task?.id ?? ''));
      expect(headers.get('etag')).toBe(`"${body.data.version}"`);
    }
    expect((await Promise.all(tasks.map(({ id }) => get(id)))).map(({ version }) => version)).toEqual([
      2, 2, 3, 2,
    ]);
    expect((await auditActionsOf(app.ctx.db, user.id)).slice(-5)).toEqual(Array(5).fill('task.move success'));
  });

  test('takes two statements', async () => {
    const { move, tasks } = await setUp();
    expect(await statementsOf(() => move(tasks[0], { before: null }))).toHaveLength(2);
  });

  test('to the place where it is changes nothing', async () => {
    const { move, tasks, stored } = await setUp();
    const [a, b] = tasks;
    const before = await stored();
    for (const to of [{ after: a?.id }, { after: a?.id, parent_id: null }])
      expect((await move(b, to)).status).toBe(200);
    expect(await stored()).toEqual(before);
  });

  test('a new task is the last, also after a move to the end', async () => {
    const { move, tasks, create, titles } = await setUp();
    await move(tasks[0], { before: null });
    await create({ title: 'e' });
    expect(await titles()).toBe('bcdae');
  });

  test('to another project and below another task takes the subtasks along', async () => {
    const { move, tasks, create, get, places } = await setUp();
    const [a, b, c] = tasks;
    const project = await places.project();
    const section = await places.section(project);
    const below = await create({ parent_id: a?.id });
    const placed = await move(a, { before: null, project_id: project, section_id: section });
    expect([placed.status, placed.body.data.project_id, placed.body.data.section_id]).toEqual([
      200,
      project,
      section,
    ]);
    expect(await get(below.id)).toMatchObject({ project_id: project, section_id: section });
    const after = await move(b, { after: below.id, parent_id: a?.id });
    expect(after.body.data).toMatchObject({ project_id: project, section_id: section, parent_id: a?.id });
    expect((await move(c, { before: below.id, parent_id: a?.id })).status).toBe(200);
    const siblings = (await places.all()).filter(({ parent_id }) => parent_id === a?.id);
    expect(orderOf(siblings)).toEqual([c?.id, below.id, b?.id]);
    expect((await get(a?.id ?? '')).progress).toEqual({ done: 0, total: 3 });
  });

  test('has the conditions of every write', async () => {
    const { move, tasks, stored, titles } = await setUp();
    const [a, b] = tasks;
    const before = await stored();
    expect((await move(a, { after: b?.id, version: 2 })).status).toBe(409);
    expect((await move(a, { after: b?.id }, { 'if-match': '"2"' })).status).toBe(412);
    expect((await move({ ...(a as Task), id: randomUUID() }, { after: null })).status).toBe(404);
    expect(await stored()).toEqual(before);
    const key = { 'idempotency-key': 'a-move', 'if-match': '"1"' };
    const first = await move(a, { after: b?.id, version: 1 }, key);
    expect((await move(a, { after: b?.id, version: 1 }, key)).text).toBe(first.text);
    expect([first.status, await titles()]).toEqual([200, 'bacd']);
  });

  test('is refused with the field that is wrong', async () => {
    const { move, tasks, create, places, stored, v1 } = await setUp();
    const [a, b, c, d] = tasks;
    const other = await (await setUp()).create();
    const project = await places.project();
    const elsewhere = await create({ project_id: project });
    const child = await create({ parent_id: c?.id });
    await v1('DELETE', `/tasks/${d?.id}`);
    const before = await stored();
    const attempts: [object, string][] = [
      [{}, 'after'],
      [{ after: null, before: null }, 'after'],
      ...[randomUUID(), other.id, elsewhere.id, child.id, d?.id, a?.id].flatMap((id): [object, string][] => [
        [{ after: id }, 'after'],
        [{ before: id }, 'before'],
      ]),
      [{ after: b?.id, project_id: project }, 'after'],
      [{ after: null, project_id: randomUUID() }, 'project_id'],
      [{ after: null, parent_id: a?.id }, 'parent_id'],
      [{ after: null, position: 'x' }, 'position'],
    ];
    for (const [to, field] of attempts) {
      const reply = await move(a, to);
      expect([to, reply.status, reply.body.errors && issueLocationsOf('v1', reply)]).toEqual([
        to,
        422,
        [`body.${field}`],
      ]);
    }
    expect(await stored()).toEqual(before);
  });
});

test('500 moves to one place keep positions short, and each rebalanced task is in the feed', {
  timeout: 120_000,
}, async () => {
  const { move, tasks, places, v1, client } = await setUp(3);
  const [a, b, c] = tasks;
  const cursor = (await v1('GET', '/changes')).body.next_cursor;
  // Long ones from the start: the first moves need a rebalance.
  await sql`update duly.tasks set position = ${`a0${'V'.repeat(57)}`}, tags_version = tags_version
    where user_id = ${client.user.id} and id = ${b?.id}`.execute(app.ctx.db);
  await sql`update duly.tasks set position = 'a0' where user_id = ${client.user.id} and id = ${a?.id}`.execute(
    app.ctx.db,
  );
  for (let count = 0; count < 250; count += 1) {
    for (const task of [b, c]) {
      const { status, body } = await move(task, { after: a?.id });
      expect([status, body.data.position.length <= maxPositionLength]).toEqual([200, true]);
    }
  }
  const all = await places.all();
  expect(orderOf(all)).toEqual([a?.id, c?.id, b?.id]);
  const { body } = await v1('GET', `/changes?since=${cursor}`);
  const known = new Map(body.data.map(({ id, task }: { id: string; task?: Task }) => [id, task]));
  for (const task of all) if (known.has(task.id)) expect(known.get(task.id)).toEqual(task);
  // It was never moved itself.
  expect(known.has(a?.id)).toBe(true);
  expect(all.find(({ id }) => id === a?.id)?.version).toBeGreaterThan(1);
});
