import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { positionOfTime } from '../../src/platform/positions.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { type Client, locsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
let client: Client;
let other: Client;
const [home, attic, strange] = [randomUUID(), randomUUID(), randomUUID()];
const [shelf, box] = [randomUUID(), randomUUID()];
const ids: Record<string, string> = {};
const nameOf = (id: string) => Object.keys(ids).find((name) => ids[name] === id);

beforeAll(async () => {
  app = await startApp();
  [client, other] = [await newClient(app), await newClient(app)];
  for (const name of ['inbox', 'home', 'shelf', 'child', 'attic', 'box', 'orphan'])
    ids[name] = (await client.create({ title: name })).id;
  const { id: foreign } = await other.create({ title: 'foreign' });
  await insertProject(client, home, null);
  await insertProject(client, attic, '2026-01-01T00:00:00Z');
  await insertProject(other, strange, null);
  await insertSection(client, home, shelf);
  await insertSection(client, attic, box);
  await place(client, ids.home, { project_id: home });
  await place(client, ids.shelf, { project_id: home, section_id: shelf });
  await place(client, ids.child, { project_id: home, section_id: shelf, parent_id: ids.shelf });
  await place(client, ids.attic, { project_id: attic });
  await place(client, ids.box, { project_id: attic, section_id: box });
  await place(client, ids.orphan, { parent_id: ids.inbox });
  await place(other, foreign, { project_id: strange });
});
afterAll(() => app.close());

const insertProject = ({ user }: Client, id: string, archivedAt: string | null) =>
  sql`insert into duly.projects (user_id, id, name, position, archived_at, revision, created_at, updated_at)
    values (${user.id}, ${id}, 'project', 'a0', ${archivedAt}, 1, now(), now())`.execute(app.ctx.db);

const insertSection = ({ user }: Client, project: string, id: string) =>
  sql`insert into duly.sections (user_id, id, project_id, name, position, revision, created_at, updated_at)
    values (${user.id}, ${id}, ${project}, 'section', 'a0', 1, now(), now())`.execute(app.ctx.db);

interface Place {
  project_id?: string | undefined;
  section_id?: string | undefined;
  parent_id?: string | undefined;
}

async function place({ v1 }: Client, id: string | undefined, to: Place) {
  const { status, text } = await v1('PATCH', `/tasks/${id}`, to);
  if (status !== 200) throw new Error(`not placed: ${text}`);
}

/** The names of the tasks in the list, and of the first of two pages; the totals say the same. */
async function listed(query: string, surface: 'v1' | 'bare' = 'v1') {
  const reply = await client[surface]('GET', `/tasks?${query}&sort_direction=asc`);
  const tasks: { id: string }[] = surface === 'v1' ? reply.body.data : reply.body;
  expect(reply.headers.get('x-total-count')).toBe(String(tasks.length));
  return tasks.map(({ id }) => nameOf(id)).join(' ');
}

describe('lists by place', () => {
  const everything = 'inbox home shelf child attic box orphan';
  test.each([
    ['', 'inbox home shelf child orphan'],
    ['project_id=none', 'inbox orphan'],
    [`project_id=${home}`, 'home shelf child'],
    [`project_id=${home.toUpperCase()}`, 'home shelf child'],
    [`project_id=${attic}`, 'attic box'],
    [`project_id=${attic}&archived=hide`, ''],
    [`project_id=${strange}`, ''],
    [`project_id=${randomUUID()}`, ''],
    ['section_id=none', 'inbox home orphan'],
    [`section_id=${shelf}`, 'shelf child'],
    [`section_id=${box}`, ''],
    [`section_id=${box}&archived=show`, 'box'],
    ['parent_id=none', 'inbox home shelf'],
    [`project_id=${home}&parent_id=none`, 'home shelf'],
    ['archived=show', everything],
    ['archived=only', 'attic box'],
    ['archived=only&section_id=none', 'attic'],
    ['search=o', 'inbox home orphan'],
  ])('%j shows %j', async (query, wanted) => {
    expect(await listed(query)).toBe(wanted);
  });

  test('of a parent: its subtasks', async () => {
    expect(await listed(`parent_id=${ids.shelf}`)).toBe('child');
    expect(await listed(`parent_id=${ids.child}`)).toBe('');
  });

  test('the bare surface shows every live task, and takes the same filters', async () => {
    expect(await listed('', 'bare')).toBe(everything);
    expect(await listed('archived=hide', 'bare')).toBe('inbox home shelf child orphan');
    expect(await listed(`project_id=${home}`, 'bare')).toBe('home shelf child');
  });

  test.each(['project_id', 'section_id', 'parent_id'])('%s takes a UUID or none', async (field) => {
    for (const value of ['null', '', 'nobody', `${home}0`]) {
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
    const setPosition = (name: string, position: string) =>
      sql`update duly.tasks set position = ${position} where user_id = ${client.user.id} and id = ${ids[name]}`.execute(
        app.ctx.db,
      );
    await setPosition('orphan', 'Zz');
    await setPosition('home', 'a0');
    const { created_at } = await client.get(ids.shelf ?? '');
    await setPosition('child', `${positionOfTime(Date.parse(created_at))}V`);
    // Another URL than before: these writes raise no revision, so cached lists stay.
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
