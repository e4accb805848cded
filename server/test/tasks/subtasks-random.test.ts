import { expect, test } from 'vitest';
import { dataLimits } from '../../src/platform/data-limits.ts';
import { maxPositionLength } from '../../src/platform/positions.ts';
import type { Task } from '../../src/tasks/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { createDatabase } from '../support/database.ts';
import { createLocalCopy, type FeedReply, readUserData } from '../support/feed.ts';
import { isLong } from '../support/long-tests.ts';
import { orderOf } from '../support/placement.ts';
import { projectsOf } from '../support/projects.ts';
import { type Random, seeded } from '../support/random.ts';
import { findFaults } from '../support/stored-tags.ts';
import { type Client, newClient } from '../support/tasks.ts';

const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_127);
const clients = 4;
const movesOfEach = isLong ? 250 : 80;
const taskCount = 30;

type Send = Client['v1'];

/** A client that moves tasks and sections at random, as it sees them in its list. */
function createMover(send: Send, random: Random, sections: readonly string[]) {
  let seen: Task[] = [];
  const some = () => random.pick(seen);
  const place = () =>
    random.chance(0.4) ? { parent_id: some().id } : { parent_id: null, section_id: random.pick(sections) };
  const inOrder = () => {
    const task = some();
    const siblings = seen.filter(
      ({ parent_id, section_id }) => parent_id === task.parent_id && section_id === task.section_id,
    );
    const sibling = random.chance(0.8) ? random.pick(siblings).id : null;
    return send(
      'POST',
      `/tasks/${task.id}/move`,
      random.chance(0.5) ? { after: sibling } : { before: sibling },
    );
  };
  const ofSections = () =>
    send('POST', `/sections/${random.pick(sections)}/move`, {
      [random.pick(['after', 'before'])]: random.chance(0.8) ? random.pick(sections) : null,
    });
  const children = () => random.pick(['keep', 'complete', 'delete']);
  return async (): Promise<number> => {
    if (seen.length === 0 || random.chance(0.2)) seen = (await send('GET', '/tasks?limit=100')).body.data;
    const kind = random.below(24);
    const reply =
      kind < 6
        ? await send('PATCH', `/tasks/${some().id}`, place())
        : kind < 10
          ? await send('POST', `/tasks/${some().id}/move`, { after: null, ...place() })
          : kind < 16
            ? await inOrder()
            : kind < 18
              ? await send('PATCH', `/tasks/${some().id}/complete`, { completed: random.chance(0.5) })
              : kind < 19
                ? await send('DELETE', `/tasks/${some().id}`, { children: children() })
                : kind < 20
                  ? await restoreOne(send, random)
                  : await ofSections();
    return reply.status;
  };
}

async function restoreOne(send: Send, random: Random) {
  const trashed: Task[] = (await send('GET', '/trash?limit=100')).body.data;
  if (trashed.length === 0) return send('GET', '/tasks');
  return send('POST', `/trash/${random.pick(trashed).id}/restore`);
}

async function follow(send: Send, apply: ReturnType<typeof createLocalCopy>['apply']): Promise<void> {
  for (let cursor = ''; ; ) {
    const { data, next_cursor, has_more }: FeedReply = (await send('GET', `/changes${cursor}`)).body;
    for (const change of data) apply(change);
    if (!has_more) return;
    cursor = `?since=${encodeURIComponent(next_cursor)}`;
  }
}

test(`${clients * movesOfEach} random moves by ${clients} clients on two instances leave one tree, seed ${seed}`, {
  timeout: 240_000,
}, async () => {
  const database = await createDatabase();
  afterTest.push(() => database.drop());
  const apps: TestApp[] = [await startApp({}, { database }), await startApp({}, { database })];
  for (const app of apps) afterTest.push(() => app.close());
  const [one, two] = [apps[0] ?? expect.fail(), apps[1] ?? expect.fail()];
  const client = await newClient(one);
  const projects = projectsOf(client);
  const project = await projects.project();
  const sections: string[] = [];
  while (sections.length < 4) sections.push((await projects.section(project.id)).id);
  for (let count = 0; count < taskCount; count += 1) await client.create({ section_id: sections[count % 2] });
  const { token, v1 } = client.user;
  const send =
    (on: TestApp): Send =>
    (method, path, body) =>
      on.request(method, v1 + path, { token, body });
  const statuses = new Map<number, number>();
  await Promise.all(
    Array.from({ length: clients }, async (_, index) => {
      const move = createMover(send(index % 2 === 0 ? one : two), seeded(seed + index), sections);
      for (let count = 0; count < movesOfEach; count += 1) {
        const status = await move();
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    }),
  );
  expect([...statuses.keys()].filter((status) => ![200, 404, 422].includes(status))).toEqual([]);
  expect(statuses.get(200)).toBeGreaterThan((clients * movesOfEach) / 3);
  const tasks = await client.list('?limit=100');
  checkTree(tasks);
  const other: Task[] = (await send(two)('GET', '/tasks?limit=100')).body.data;
  expect(orderOf(other)).toEqual(orderOf(tasks));
  const places = (await projects.sections(project.id)).map(({ id, position }) => ({ id, position }));
  const seen: typeof places = (await send(two)('GET', `/projects/${project.id}/sections`)).body.data;
  expect(seen.map(({ id }) => id)).toEqual(places.map(({ id }) => id));
  const positions = places.map(({ position }) => position);
  expect(positions).toEqual([...new Set(positions)].sort());
  expect(Math.max(...positions.map(({ length }) => length))).toBeLessThanOrEqual(maxPositionLength);
  const copy = createLocalCopy();
  await follow(send(two), copy.apply);
  expect(copy.known()).toEqual(await readUserData({ v1: send(one) }));
  expect((await findFaults(one.ctx.db)).faults).toEqual([]);
});

function checkTree(tasks: readonly Task[]): void {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  for (const task of tasks) {
    expect(task.position.length).toBeLessThanOrEqual(maxPositionLength);
    let levels = 1;
    for (let at = task; at.parent_id !== null; levels += 1) {
      const parent: Task = byId.get(at.parent_id) ?? expect.fail(`the parent of ${at.id} is not live`);
      expect([at.project_id, at.section_id]).toEqual([parent.project_id, parent.section_id]);
      expect(levels, 'a circle').toBeLessThan(dataLimits.levels.max);
      at = parent;
    }
    const children = tasks.filter(({ parent_id }) => parent_id === task.id);
    const done = children.filter(({ completed }) => completed).length;
    expect(task.progress).toEqual(children.length === 0 ? null : { done, total: children.length });
  }
}
