import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { positionOfTime } from '../../src/platform/positions.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { locsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());
afterEach(() => {
  vi.unstubAllEnvs();
});

const utc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const nobodys = '00000000-0000-4000-8000-000000000000';

describe('create', () => {
  test('a title is enough: the rest has defaults', async () => {
    const { v1, user, follow } = await newClient(app);
    const { status, headers, body } = await v1('POST', '/tasks', { title: 'Buy milk' });
    expect(status).toBe(201);
    expect(body).toEqual({
      message: expect.any(String),
      status_code: 201,
      data: {
        id: expect.stringMatching(uuid),
        user_id: user.id,
        title: 'Buy milk',
        description: null,
        completed: false,
        completed_at: null,
        priority: 'Medium',
        due_date: null,
        due_time: null,
        time_zone: null,
        due_at: null,
        start_date: null,
        recurrence: null,
        recurrence_from: 'due',
        excluded_dates: [],
        occurrence: null,
        tags: [],
        project_id: null,
        section_id: null,
        parent_id: null,
        position: positionOfTime(Date.parse(body.data.created_at)),
        progress: null,
        reminder_count: 0,
        version: 1,
        created_at: expect.stringMatching(utc),
        updated_at: body.data.created_at,
      },
    });
    expect(headers.get('etag')).toBe('"1"');
    expect(headers.get('location')).toBe(`${user.v1}/tasks/${body.data.id}`);
    const found = await follow(headers.get('location') ?? '');
    expect(found.body.data).toEqual(body.data);
  });

  test('every field that may be written is stored as given', async () => {
    const { create, get } = await newClient(app);
    const fields = {
      title: 'Buy milk',
      description: '  two bottles\n',
      completed: false,
      priority: 'High',
      due_date: '2026-12-24',
      tags: ['home', 'shopping'],
    };
    const created = await create(fields);
    expect(created).toMatchObject(fields);
    expect(await get(created.id)).toEqual(created);
  });

  test('the title is trimmed of white space of every kind, and counted after that', async () => {
    const { create } = await newClient(app);
    const { title } = await create({ title: `\u00a0\t\n  ${'x'.repeat(200)}\u3000  ` });
    expect(title).toBe('x'.repeat(200));
  });

  test.each(['High', 'HIGH', 'high', 'hIgH'])('priority %s is High', async (priority) => {
    const { create, get } = await newClient(app);
    const { id } = await create({ priority });
    expect((await get(id)).priority).toBe('High');
  });

  test.each([
    ['Pacific/Kiritimati', -14],
    ['Asia/Tokyo', -9],
    ['America/New_York', 5],
    ['Etc/GMT+12', 12],
  ])('a due date is the same day where the server runs on the time of %s', async (zone, hoursBehind) => {
    vi.stubEnv('TZ', zone);
    expect(new Date('2026-01-01T00:00:00Z').getTimezoneOffset()).toBe(hoursBehind * 60);
    const { create, get, list } = await newClient(app);
    const created = await create({ due_date: '2026-03-29' });
    expect(created.due_date).toBe('2026-03-29');
    expect(await get(created.id)).toEqual(created);
    expect(await list('?due_after=2026-03-29&due_before=2026-03-29&sort_by=due_date')).toEqual([created]);
  });

  test('tags fold, keep their case and are sorted by code point', async () => {
    const { create, get, v1 } = await newClient(app);
    const sorted = ['A b', 'B', 'a', 'b', 'é', '\uff5e', '😀'];
    const created = await create({ tags: ['😀', 'b', '\uff5e', 'a', 'b', 'é', 'B', 'A b', 'a'] });
    expect(created.tags).toEqual(sorted);
    expect((await get(created.id)).tags).toEqual(sorted);
    const patched = await v1('PATCH', `/tasks/${created.id}`, { tags: ['z', ...sorted, 'z'].reverse() });
    expect(patched.body.data.tags).toEqual(['A b', 'B', 'a', 'b', 'z', 'é', '\uff5e', '😀']);
  });

  test('a task may be completed from the start', async () => {
    const { create } = await newClient(app);
    const task = await create({ completed: true });
    expect(task).toMatchObject({ completed: true, completed_at: task.created_at, version: 1 });
  });

  test('without a title nothing is stored and the title is named', async () => {
    const { v1, stored } = await newClient(app);
    const { status, body } = await v1('POST', '/tasks', { priority: 'High', tags: ['a'] });
    expect(status).toBe(422);
    expect(locsOf(body.errors)).toEqual(['body.title']);
    expect(await stored()).toEqual({ owners: [], tasks: [], tags: [], taskTags: [] });
  });

  const readOnly = ['id', 'user_id', 'completed_at', 'version', 'created_at', 'updated_at', 'deleted_at'];
  test.each([...readOnly, 'colour', 'Title', 'constructor'])('%s may not be given', async (field) => {
    const { v1, stored } = await newClient(app);
    const { status, body } = await v1('POST', '/tasks', { title: 'x', [field]: null });
    expect(status).toBe(422);
    expect(locsOf(body.errors)).toEqual([`body.${field}`]);
    expect((await stored()).owners).toEqual([]);
  });
});

describe('get', () => {
  test('carries the version as ETag', async () => {
    const { create, v1 } = await newClient(app);
    const { id } = await create();
    await v1('PATCH', `/tasks/${id}`, { title: 'second' });
    const { status, headers, body } = await v1('GET', `/tasks/${id}`);
    expect(status).toBe(200);
    expect(headers.get('etag')).toBe('"2"');
    expect(body.data).toMatchObject({ title: 'second', version: 2 });
  });

  test('the task of somebody else is answered as one that does not exist, on every method', async () => {
    const other = await newClient(app);
    const { id } = await other.create();
    const before = await other.stored();
    const me = await newClient(app);
    const calls = [
      ['GET', '', undefined],
      ['PUT', '', { title: 'mine' }],
      ['PATCH', '', { version: 7 }],
      ['PATCH', '/complete', { completed: true }],
      ['DELETE', '', undefined],
    ] as const;
    for (const [method, suffix, body] of calls) {
      const foreign = await me.v1(method, `/tasks/${id}${suffix}`, body);
      const missing = await me.v1(method, `/tasks/${nobodys}${suffix}`, body);
      expect(foreign.status).toBe(404);
      expect(foreign.body.error_code).toBe('NOT_FOUND');
      const anyTime = { request_id: expect.any(String), timestamp: expect.any(String) };
      expect(foreign.body).toEqual({ ...missing.body, ...anyTime });
    }
    expect(await other.stored()).toEqual(before);
    expect(await me.revision()).toBe(0);
  });
});

describe('complete', () => {
  test('sets the state; setting it again changes nothing', async () => {
    const { create, v1, revision } = await newClient(app);
    const { id } = await create();
    const first = await v1('PATCH', `/tasks/${id}/complete`, { completed: true });
    expect(first.status).toBe(200);
    expect(first.headers.get('etag')).toBe('"2"');
    expect(first.body.data).toMatchObject({ completed: true, version: 2 });
    const again = await v1('PATCH', `/tasks/${id}/complete`, { completed: true });
    expect(again.body.data).toEqual(first.body.data);
    expect(await revision()).toBe(2);
    const undone = await v1('PATCH', `/tasks/${id}/complete`, { completed: false });
    expect(undone.body.data).toMatchObject({ completed: false, completed_at: null, version: 3 });
  });

  test('completed_at is the time of completion: kept by other changes, cleared by undoing', async () => {
    const { create, v1 } = await newClient(app);
    const { id, created_at } = await create();
    const done = (await v1('PATCH', `/tasks/${id}`, { completed: true })).body.data;
    expect(done.completed_at).toBe(done.updated_at);
    expect(done.completed_at >= created_at).toBe(true);
    const renamed = (await v1('PATCH', `/tasks/${id}`, { title: 'other', completed: true })).body.data;
    expect(renamed).toMatchObject({ completed_at: done.completed_at, version: 3 });
    const undone = (await v1('PATCH', `/tasks/${id}`, { completed: false })).body.data;
    expect(undone).toMatchObject({ completed: false, completed_at: null });
  });
});

describe('delete', () => {
  test('the task is gone at once from get, list, search, counts, tags and every write', async () => {
    const { create, v1, bare, list, tags } = await newClient(app);
    const kept = await create({ title: 'needle kept', tags: ['both'] });
    const gone = await create({ title: 'needle gone', tags: ['both', 'only'], due_date: '2026-01-01' });
    const { status, body } = await v1('DELETE', `/tasks/${gone.id}`);
    expect(status).toBe(200);
    expect(body).toEqual({ data: null, message: 'Task deleted successfully', status_code: 200 });

    expect((await v1('GET', `/tasks/${gone.id}`)).status).toBe(404);
    expect((await bare('GET', `/tasks/${gone.id}`)).status).toBe(404);
    expect(await list()).toEqual([kept]);
    expect(await list('?search=needle')).toEqual([kept]);
    expect(await list('?tags=only')).toEqual([]);
    expect(await list('?due_after=2026-01-01')).toEqual([]);
    expect((await v1('GET', '/tasks')).body.pagination.total).toBe(1);
    expect((await bare('GET', '/tasks')).headers.get('x-total-count')).toBe('1');
    expect(await tags()).toEqual([{ name: 'both', usage_count: 1 }]);
    expect((await v1('PATCH', `/tasks/${gone.id}`, { title: 'back' })).status).toBe(404);
    expect((await v1('PATCH', `/tasks/${gone.id}/complete`, { completed: true })).status).toBe(404);
  });

  test('a second delete finds nothing and counts as no write', async () => {
    const { create, v1, revision } = await newClient(app);
    const { id } = await create();
    expect((await v1('DELETE', `/tasks/${id}`)).status).toBe(200);
    expect((await v1('DELETE', `/tasks/${id}`)).status).toBe(404);
    expect(await revision()).toBe(2);
  });

  test('the row stays, marked, until it is purged', async () => {
    const { create, v1, stored } = await newClient(app);
    const { id } = await create({ tags: ['a'] });
    await v1('DELETE', `/tasks/${id}`);
    const { tasks, taskTags } = await stored();
    expect(tasks).toMatchObject([{ id, deleted_at: expect.any(Date), version: 2 }]);
    expect(taskTags).toMatchObject([{ task_id: id, name: 'a' }]);
  });
});
