import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { auditActionsOf } from '../support/audit.ts';
import { projectsOf, storeMany } from '../support/projects.ts';
import { locsOf, newClient } from '../support/tasks.ts';
import { comparableResult } from '../support/trash.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

describe('a project', () => {
  test('is created with its fields trimmed and in order, and read back', async () => {
    const client = await newClient(app);
    const reply = await client.v1('POST', '/projects', { name: '  Kitchen ', color: '#AAbb0F' });
    expect(reply.status).toBe(201);
    expect(reply.headers.get('etag')).toBe('"1"');
    const project = reply.body.data;
    expect(project).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      user_id: client.user.id,
      name: 'Kitchen',
      color: '#aabb0f',
      archived: false,
      archived_at: null,
      view_defaults: null,
      position: expect.any(String),
      version: 1,
      created_at: expect.stringMatching(/^20.*Z$/),
      updated_at: project.created_at,
    });
    const got = await client.follow(reply.headers.get('location') ?? '');
    expect([got.status, got.body.data]).toEqual([200, project]);
    expect(await projectsOf(client).projects()).toEqual([{ ...project, open_tasks: 0 }]);
    expect(await client.revision()).toBe(1);
    expect(await auditActionsOf(app.ctx.db, client.user.id)).toEqual(['project.create success']);
  });

  test.each([
    [{}, 'name'],
    [{ name: ' ' }, 'name'],
    [{ name: 'x'.repeat(101) }, 'name'],
    [{ name: 'x', color: 'red' }, 'color'],
    [{ name: 'x', archived: 'yes' }, 'archived'],
    [{ name: 'x', other: 1 }, 'other'],
    [{ name: 'x', user_id: 'somebody' }, 'user_id'],
    [{ name: 'x', view_defaults: { sort_by: 'size' } }, 'view_defaults.sort_by'],
    [{ name: 'x', view_defaults: { limit: 5 } }, 'view_defaults.limit'],
    [{ name: 'x', view_defaults: { project_id: 'none' } }, 'view_defaults.project_id'],
  ])('is refused with %j', async (body, field) => {
    const client = await newClient(app);
    const { status, body: problem } = await client.v1('POST', '/projects', body);
    expect([status, locsOf(problem.errors)]).toEqual([422, [`body.${field}`]]);
    expect(await client.revision()).toBe(0);
  });

  test('keeps its view_defaults as they are, without defaults of the list', async () => {
    const client = await newClient(app);
    const view_defaults = { status: 'pending', tags: ['b', 'a'], sort_by: 'position' };
    const { id } = await projectsOf(client).project({ view_defaults });
    expect((await client.v1('GET', `/projects/${id}`)).body.data).toMatchObject({ view_defaults });
    const cleared = await client.v1('PATCH', `/projects/${id}`, { view_defaults: null });
    expect(cleared.body.data).toMatchObject({ view_defaults: null, version: 2 });
  });

  test('is patched: fields, condition, read-only fields, and nothing at all', async () => {
    const client = await newClient(app);
    const { id } = await projectsOf(client).project({ color: '#000000' });
    const path = `/projects/${id}`;
    const patched = await client.v1('PATCH', path, { name: 'new', color: null, version: 1 });
    expect(patched.body.data).toMatchObject({ name: 'new', color: null, version: 2 });
    expect(patched.headers.get('etag')).toBe('"2"');
    for (const body of [{}, { name: ' new' }, { ...patched.body.data, open_tasks: 7 }])
      expect((await client.v1('PATCH', path, body)).body.data).toEqual(patched.body.data);
    expect(await client.revision()).toBe(2);
    const stale = await client.v1('PATCH', path, { name: 'late', version: 1 });
    expect([stale.status, stale.body.error_code, stale.body.current]).toEqual([
      ...[409, 'VERSION_CONFLICT'],
      patched.body.data,
    ]);
    expect(stale.body.detail).toContain('The project');
    const failed = await client.v1('PATCH', path, { name: 'late' }, { 'if-match': '"1"' });
    expect([failed.status, failed.body.current]).toEqual([412, patched.body.data]);
    const copy = { ...patched.body.data, updated_at: '2020-01-01T00:00:00.000Z', version: undefined };
    expect((await client.v1('PATCH', path, copy)).status).toBe(409);
    for (const wrong of [{ id: randomUUID() }, { user_id: 'x' }, { created_at: '2020-01-01T00:00:00Z' }]) {
      const { status, body } = await client.v1('PATCH', path, wrong);
      expect([status, locsOf(body.errors)]).toEqual([422, [`body.${Object.keys(wrong)[0]}`]]);
    }
    expect(await client.revision()).toBe(2);
  });

  test('of somebody else is not found, in the same words as one that never was', async () => {
    const [client, other] = [await newClient(app), await newClient(app)];
    const { id } = await projectsOf(other).project();
    const { id: deleted } = await projectsOf(other).project();
    await projectsOf(other).remove(deleted, 'trash');
    const ways = [
      ['GET', '/projects/ID'],
      ['PATCH', '/projects/ID', { name: 'mine' }],
      ['DELETE', '/projects/ID?tasks=trash'],
      ['POST', '/projects/ID/move', { after: null }],
      ['GET', '/projects/ID/sections'],
      ['POST', '/projects/ID/sections', { name: 'x' }],
      ['POST', '/trash/projects/ID/restore'],
      ['DELETE', '/trash/projects/ID'],
    ] as const;
    for (const [method, path, body] of ways) {
      const ask = async (one: string) =>
        comparableResult(await client.v1(method, path.replace('ID', one), body));
      const [unknown, foreign, trashed] = [await ask(randomUUID()), await ask(id), await ask(deleted)];
      expect(unknown).toMatchObject({ status: 404, text: expect.stringContaining('Project not found') });
      expect([foreign, trashed], `${method} ${path}`).toEqual([unknown, unknown]);
    }
    expect(await projectsOf(other).projects()).toMatchObject([{ id, version: 1 }]);
  });

  test('is edited by 50 requests of one version at once: exactly one wins', async () => {
    const client = await newClient(app);
    const { id } = await projectsOf(client).project();
    const names = Array.from({ length: 50 }, (_, index) => `name ${index}`);
    const replies = await Promise.all(
      names.map((name) => client.v1('PATCH', `/projects/${id}`, { name, version: 1 })),
    );
    const won = replies.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 409)).toHaveLength(49);
    expect((await client.v1('GET', `/projects/${id}`)).body.data).toEqual(won[0]?.body.data);
    expect(await client.revision()).toBe(2);
  });

  test('is created once under an Idempotency-Key', async () => {
    const client = await newClient(app);
    const key = { 'idempotency-key': randomUUID() };
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => client.v1('POST', '/projects', { name: 'x' }, key)),
    );
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(await projectsOf(client).projects()).toHaveLength(1);
  });
});

describe('the limit of 500', () => {
  test('of parallel creates at one less, exactly one succeeds; a deletion makes room, a restore takes it', async () => {
    const client = await newClient(app);
    await storeMany(app, client.user.id, 499);
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => client.v1('POST', '/projects', { name: 'x' })),
    );
    const won = replies.filter(({ status }) => status === 201);
    expect(won).toHaveLength(1);
    const { status, body } = replies.find((reply) => reply.status !== 201) ?? expect.fail();
    expect([status, body.error_code, body.detail]).toEqual([
      ...[409, 'LIMIT_EXCEEDED', 'There can be at most 500 projects'],
    ]);
    const { remove, restore, project } = projectsOf(client);
    const id = won[0]?.body.data.id;
    await remove(id, 'inbox');
    const { id: next } = await project();
    expect((await restore(id)).body.error_code).toBe('LIMIT_EXCEEDED');
    await remove(next, 'trash');
    expect((await restore(id)).status).toBe(200);
  });
});

describe('the manual order', () => {
  test('has a new project last, and moves write one row', async () => {
    const client = await newClient(app);
    const { project, projects } = projectsOf(client);
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) ids.push((await project({ name })).id);
    const [a = '', b = '', c = ''] = ids;
    const order = async () => (await projects()).map(({ name }) => name).join('');
    expect(await order()).toBe('abc');
    const move = (id: string, body: object) => client.v1('POST', `/projects/${id}/move`, body);
    expect((await move(c, { after: null })).body.data).toMatchObject({ id: c, version: 2 });
    expect(await order()).toBe('cab');
    await move(a, { before: null });
    expect(await order()).toBe('cba');
    await move(c, { after: b });
    expect(await order()).toBe('bca');
    await move(a, { before: c, version: 2 });
    expect(await order()).toBe('bac');
    const revision = await client.revision();
    const same = await move(a, { before: c });
    expect([same.status, same.body.data.version, await client.revision()]).toEqual([200, 3, revision]);
    expect((await move(a, { after: null, version: 1 })).status).toBe(409);
    for (const [body, field] of [
      [{}, 'after'],
      [{ after: b, before: c }, 'after'],
      [{ after: a }, 'after'],
      [{ before: randomUUID() }, 'before'],
    ] as const) {
      const refused = await move(a, body);
      expect([refused.status, locsOf(refused.body.errors)]).toEqual([422, [`body.${field}`]]);
    }
    const versions = (await projects()).map(({ id, version }) => [id, version]);
    expect(versions).toEqual([
      [b, 1],
      [a, 3],
      [c, 3],
    ]);
  });

  test('keeps keys short: 300 moves to one spot', async () => {
    const client = await newClient(app);
    const { project, projects } = projectsOf(client);
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push((await project()).id);
    const [first = '', ...others] = ids;
    for (let n = 0; n < 300; n += 1) {
      const { status } = await client.v1('POST', `/projects/${others[n % 4]}/move`, { after: first });
      expect(status).toBe(200);
    }
    const all = await projects();
    expect(all.map(({ id }) => id)).toEqual([first, others[3], others[2], others[1], others[0]]);
    expect(Math.max(...all.map(({ position }) => position.length))).toBeLessThanOrEqual(64);
  });
});

test('the list pages in manual order, and hides archived projects unless asked', async () => {
  const client = await newClient(app);
  const { project, projects } = projectsOf(client);
  for (const name of ['a', 'b', 'c', 'd']) await project({ name });
  const [, second] = await projects();
  const archived = await client.v1('PATCH', `/projects/${second?.id}`, { archived: true });
  expect(archived.body.data).toMatchObject({
    archived: true,
    archived_at: archived.body.data.updated_at,
    version: 2,
  });
  const names = async (query: string) => (await projects(query)).map(({ name }) => name).join('');
  expect([await names(''), await names('?archived=show'), await names('?archived=only')]).toEqual([
    ...['acd', 'abcd', 'b'],
  ]);
  const first = await client.v1('GET', '/projects?limit=2');
  const cursor = encodeURIComponent(first.body.pagination.next_cursor);
  expect(first.body.pagination).toMatchObject({ total: 3, limit: 2 });
  expect(await names(`?limit=2&cursor=${cursor}`)).toBe('d');
  expect((await client.v1('GET', `/projects?archived=show&cursor=${cursor}`)).status).toBe(422);
});

test('the list counts open tasks, of each project and of the inbox', async () => {
  const client = await newClient(app);
  const { project, projects } = projectsOf(client);
  const { id } = await project();
  for (const completed of [true, false, false]) await client.create({ project_id: id, completed });
  await client.create();
  const inbox = async () => (await client.v1('GET', '/projects')).body.inbox;
  expect([await projects(), await inbox()]).toMatchObject([[{ id, open_tasks: 2 }], { open_tasks: 1 }]);
  const [task] = await client.list(`?project_id=${id}&status=pending`);
  await client.v1('PATCH', `/tasks/${task?.id}/complete`, { completed: true });
  expect(await projects()).toMatchObject([{ id, open_tasks: 1, version: 1 }]);
});
