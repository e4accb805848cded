import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { positionOfTime } from '../../src/platform/positions.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { projectsOf } from '../support/projects.ts';
import { type Client, locsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
let client: Client;
/** The ids of tasks, projects and sections by the names that queries here have for them. */
const ids: Record<string, string> = { nobody: randomUUID() };
const nameOf = (id: string) => Object.keys(ids).find((name) => ids[name] === id);

beforeAll(async () => {
  app = await startApp();
  const other = projectsOf(await newClient(app));
  ids.FOREIGN = (await other.project()).id;
  client = await newClient(app);
  const { project, section } = projectsOf(client);
  const create = async (name: string, place: object) => {
    ids[name] = (await client.create({ title: name, ...place })).id;
  };
  ids.HOME = (await project()).id;
  ids.ATTIC = (await project()).id;
  ids.SHELF = (await section(ids.HOME)).id;
  ids.BOX = (await section(ids.ATTIC)).id;
  await create('inbox', {});
  await create('home', { project_id: ids.HOME });
  await create('shelf', { section_id: ids.SHELF });
  await create('child', { parent_id: ids.shelf });
  await create('attic', { project_id: ids.ATTIC });
  await create('box', { section_id: ids.BOX });
  await create('orphan', { parent_id: ids.inbox });
  await client.v1('PATCH', `/projects/${ids.ATTIC}`, { archived: true });
  await setPosition('inbox', null);
});
afterAll(() => app.close());

/** Without a write, so responses that are cached stay. Null as on a row that an older server wrote. */
const setPosition = (name: string, position: string | null) =>
  sql`update duly.tasks set position = ${position} where user_id = ${client.user.id} and id = ${ids[name]}`.execute(
    app.ctx.db,
  );

/** Puts ids in the place of their names in angle brackets. */
const withIds = (query: string) => query.replace(/<(\w+)>/g, (_, name) => ids[name] ?? expect.fail(name));

/** The names of the tasks in the list, and of the first of two pages; the totals say the same. */
async function listed(query: string, surface: 'v1' | 'bare' = 'v1') {
  const reply = await client[surface]('GET', `/tasks?${withIds(query)}&sort_direction=asc`);
  const tasks: { id: string }[] = surface === 'v1' ? reply.body.data : reply.body;
  expect(reply.headers.get('x-total-count')).toBe(String(tasks.length));
  return tasks.map(({ id }) => nameOf(id)).join(' ');
}

describe('lists by place', () => {
  const everything = 'inbox home shelf child attic box orphan';
  test.each([
    ['', 'inbox home shelf child orphan'],
    ['project_id=none', 'inbox orphan'],
    ['project_id=<HOME>', 'home shelf child'],
    ['project_id=<ATTIC>', 'attic box'],
    ['project_id=<ATTIC>&archived=hide', ''],
    ['project_id=<FOREIGN>', ''],
    ['project_id=<nobody>', ''],
    ['section_id=none', 'inbox home orphan'],
    ['section_id=<SHELF>', 'shelf child'],
    ['section_id=<BOX>', 'box'],
    ['section_id=<BOX>&archived=show', 'box'],
    ['parent_id=none', 'inbox home shelf'],
    ['project_id=<HOME>&parent_id=none', 'home shelf'],
    ['archived=show', everything],
    ['archived=only', 'attic box'],
    ['archived=only&section_id=none', 'attic'],
    ['parent_id=<shelf>', 'child'],
    ['parent_id=<child>', ''],
    ['search=o', 'inbox home orphan'],
  ])('%j shows %j', async (query, wanted) => {
    expect(await listed(query)).toBe(wanted);
  });

  test('an id is taken in any case', async () => {
    expect(await listed(`project_id=${ids.HOME?.toUpperCase()}`)).toBe('home shelf child');
  });

  test('the bare surface shows every live task, and takes the same filters', async () => {
    expect(await listed('', 'bare')).toBe(everything);
    expect(await listed('archived=hide', 'bare')).toBe('inbox home shelf child orphan');
    expect(await listed('project_id=<HOME>', 'bare')).toBe('home shelf child');
  });

  test.each(['project_id', 'section_id', 'parent_id'])('%s takes a UUID or none', async (field) => {
    for (const value of ['null', '', 'nobody', `${ids.HOME}0`]) {
      const { status, body } = await client.v1('GET', `/tasks?${field}=${value}`);
      expect([status, locsOf(body.errors)]).toEqual([422, [`query.${field}`]]);
      expect(body.errors[0].msg).toContain('a UUID with hyphens, or none');
    }
  });
});

describe('the manual order', () => {
  const inOrder = 'sort_by=position';

  test('without a move it is that of creation, also of a row without a position', async () => {
    expect(await listed(inOrder)).toBe(await listed(''));
  });

  test('compares positions by code point, and pages both ways', async () => {
    await setPosition('orphan', 'Zz');
    await setPosition('home', 'a0');
    const { created_at } = await client.get(ids.shelf ?? '');
    await setPosition('child', `${positionOfTime(Date.parse(created_at))}V`);
    // Another URL than before, whose response is cached.
    const wanted = ['orphan', 'home', 'inbox', 'shelf', 'child'];
    expect(await listed(`${inOrder}&limit=100`)).toBe(wanted.join(' '));
    for (const [direction, expected] of [
      ['asc', wanted],
      ['desc', wanted.toReversed()],
    ] as const) {
      const seen: unknown[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const from: string = cursor === '' ? '' : `&cursor=${cursor}`;
        const { body } = await client.v1(
          'GET',
          `/tasks?${inOrder}&sort_direction=${direction}&limit=2${from}`,
        );
        seen.push(...body.data.map(({ id }: { id: string }) => nameOf(id)));
        cursor = body.pagination.next_cursor;
      }
      expect(seen).toEqual(expected);
    }
  });
});

test('a cursor is bound to project, section, parent and archived=only', async () => {
  const { body } = await client.v1('GET', '/tasks?limit=1');
  const cursor = `cursor=${body.pagination.next_cursor}`;
  for (const filter of ['project_id=none', 'section_id=none', 'parent_id=none', 'archived=only'])
    expect((await client.v1('GET', `/tasks?limit=1&${filter}&${cursor}`)).status).toBe(422);
  for (const filter of ['', 'archived=hide', 'archived=show'])
    expect((await client.v1('GET', `/tasks?limit=1&${filter}&${cursor}`)).status).toBe(200);
});
