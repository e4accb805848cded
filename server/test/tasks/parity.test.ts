import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Task } from '../../src/tasks/model.ts';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { type Client, linksOf, locsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

interface Surface {
  name: 'v1' | 'bare';
  /** Checks the form of a success body. @returns its content */
  content(reply: Reply): unknown;
  /** Checks the form of an error body. @returns its issues */
  issues(reply: Reply): { loc: unknown[] }[];
  invalidStatus: number;
  deleted(reply: Reply): void;
}

const errorBody = (reply: Reply) => ({
  error_code: expect.any(String),
  status_code: reply.status,
  timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  request_id: reply.headers.get('x-request-id'),
});

/** The differences between the two surfaces in API.md. There must be no others. */
const surfaces: Record<Surface['name'], Surface> = {
  v1: {
    name: 'v1',
    content({ body, status }) {
      const { pagination, ...envelope } = body;
      expect(envelope).toEqual({ data: body.data, message: expect.any(String), status_code: status });
      expect(pagination !== undefined).toBe(
        Array.isArray(body.data) && !('usage_count' in (body.data[0] ?? {})),
      );
      return body.data;
    },
    issues(reply) {
      expect(reply.body).toEqual({
        detail: expect.any(String),
        errors: expect.any(Array),
        ...errorBody(reply),
      });
      return reply.body.errors;
    },
    invalidStatus: 422,
    deleted({ status, body }) {
      expect(status).toBe(200);
      expect(body).toEqual({ data: null, message: 'Task deleted successfully', status_code: 200 });
    },
  },
  bare: {
    name: 'bare',
    content: ({ body }) => body,
    issues(reply) {
      expect(reply.body).toEqual({ detail: expect.any(Array), ...errorBody(reply) });
      return reply.body.detail;
    },
    invalidStatus: 400,
    deleted({ status, text }) {
      expect(status).toBe(204);
      expect(text).toBe('');
    },
  },
};

/** Runs a scenario on one surface. @returns the responses without the parts that differ per run */
async function story(surface: Surface, client: Client): Promise<unknown[]> {
  const record: unknown[] = [];
  const call = client[surface.name];
  const ids: string[] = [];
  const steady = (task: Task) => ({
    ...task,
    id: ids.indexOf(task.id),
    user_id: task.user_id === client.user.id,
    position: 'last',
    created_at: 'then',
    updated_at: 'then',
    completed_at: task.completed_at && 'then',
  });
  const base = surface.name === 'v1' ? client.user.v1 : client.user.bare;

  async function one(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<void> {
    const reply = await call(method, path, body, headers);
    const task = surface.content(reply) as Task;
    if (method === 'POST') {
      ids.push(task.id);
      expect(reply.headers.get('location')).toBe(`${base}/tasks/${task.id}`);
    }
    record.push([reply.status, reply.headers.get('etag'), steady(task)]);
  }
  async function many(path: string): Promise<void> {
    const reply = await call('GET', path);
    const tasks = surface.content(reply) as Task[];
    record.push([reply.status, reply.headers.get('x-total-count'), tasks.map(steady)]);
    record.push(Object.keys(linksOf(reply)));
  }
  async function wrong(method: string, path: string, body?: unknown): Promise<void> {
    const reply = await call(method, path, body);
    expect(reply.status).toBe(surface.invalidStatus);
    expect(reply.body.error_code).toBe('VALIDATION_ERROR');
    record.push(locsOf(surface.issues(reply)));
  }
  async function refused(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<void> {
    const reply = await call(method, path, body, headers);
    const { detail, error_code, current, ...rest } = reply.body;
    expect({ error_code, ...rest }).toEqual({ ...errorBody(reply), error_code });
    record.push([reply.status, detail, error_code, current && steady(current)]);
  }
  const first = () => `/tasks/${ids[0]}`;

  await one('POST', '/tasks', {
    title: ' First ',
    priority: 'high',
    tags: ['b', 'a', 'b'],
    due_date: '2026-12-24',
  });
  await one('POST', '/tasks', { title: 'Second', description: 'text', tags: ['b'] });
  await one('POST', '/tasks', { title: 'Third', completed: true });
  await one('GET', first());
  await many('/tasks');
  await many('/tasks?tags[]=b&sort_by=priority&sort_direction=asc&limit=1');
  await many('/tasks?search=TEXT&status=pending&offset=0');
  await one('PATCH', first(), { description: 'more', due_date: null });
  await one('PUT', first(), { title: 'Renamed', version: 2 });
  await one('PUT', first(), {});
  await one('PATCH', first(), { priority: 'Low' }, { 'if-match': '"3"' });
  await one('PATCH', `${first()}/complete`, { completed: true });
  await one('PATCH', `${first()}/complete`, { completed: true });
  await one('PATCH', `${first()}/complete`, { completed: false, version: 5 }, { 'if-match': '*' });
  const tags = await call('GET', '/tags');
  record.push([tags.status, tags.headers.get('x-total-count'), surface.content(tags)]);

  await wrong('POST', '/tasks', { title: '', priority: 'urgent', user_id: 'me', tags: [''] });
  await wrong('PATCH', first(), { title: null, version: '3', due_date: '2026-02-30' });
  await wrong('PATCH', `${first()}/complete`, { completed: 'yes', version: 0 });
  await wrong('GET', '/tasks?limit=0&sort_by=colour&unknown=1&cursor=1&cursor=2');
  await wrong('GET', '/tasks?cursor=invented');
  await wrong('GET', '/tags?limit=101');
  await wrong('GET', '/tasks/not-a-uuid');
  await wrong('DELETE', '/tasks/not-a-uuid');

  await refused('POST', '/tasks', '{"title":');
  await refused('POST', '/tasks', 'title=x', { 'content-type': 'application/x-www-form-urlencoded' });
  await refused('POST', '/tasks', { title: 'x'.repeat(70_000) });
  await refused('PATCH', first(), { title: 'late', version: 1 });
  await refused('PATCH', first(), { title: 'late' }, { 'if-match': '"1"' });
  await refused('DELETE', first(), undefined, { 'if-match': '"1"' });
  await refused('GET', '/tasks/00000000-0000-4000-8000-000000000000');

  surface.deleted(await call('DELETE', first()));
  await refused('DELETE', first());
  await refused('GET', first());
  await many('/tasks');
  return record;
}

test('the same story gives the same tasks, totals, versions and faults on both surfaces', async () => {
  const [v1, bare] = [await newClient(app), await newClient(app)];
  const [full, plain] = [await story(surfaces.v1, v1), await story(surfaces.bare, bare)];
  expect(plain).toEqual(full);
  expect(await bare.revision()).toBe(await v1.revision());
});

test('what is written on one surface is read on the other', async () => {
  const { create, v1, bare } = await newClient(app);
  const task = await create({ tags: ['a'] });
  expect((await bare('GET', `/tasks/${task.id}`)).body).toEqual(task);
  expect((await bare('GET', '/tasks')).body).toEqual([task]);
  const { body } = await bare('PATCH', `/tasks/${task.id}`, { title: 'changed' });
  expect((await v1('GET', `/tasks/${task.id}`)).body.data).toEqual(body);
});

describe('PATCH …/complete', () => {
  test.each([[undefined], [{}], ['null']])(
    'the bare surface flips the state on the body %j',
    async (body) => {
      const { create, bare } = await newClient(app);
      const { id } = await create();
      const done = await bare('PATCH', `/tasks/${id}/complete`, body);
      expect(done.status).toBe(200);
      expect(done.body).toMatchObject({ completed: true, version: 2, completed_at: done.body.updated_at });
      const undone = await bare('PATCH', `/tasks/${id}/complete`, body);
      expect(undone.body).toMatchObject({ completed: false, version: 3, completed_at: null });
    },
  );

  test('a flip may be conditional', async () => {
    const { create, bare, get } = await newClient(app);
    const task = await create();
    const path = `/tasks/${task.id}/complete`;
    expect((await bare('PATCH', path, { version: 2 })).status).toBe(409);
    expect((await bare('PATCH', path, undefined, { 'if-match': '"2"' })).status).toBe(412);
    expect(await get(task.id)).toEqual(task);
    expect((await bare('PATCH', path, undefined, { 'if-match': '"1"' })).body).toMatchObject({
      completed: true,
    });
  });

  test('a Content-Type without a body is no body', async () => {
    const { create, bare } = await newClient(app);
    const { id } = await create();
    const reply = await bare('PATCH', `/tasks/${id}/complete`, undefined, {
      'content-type': 'application/json',
    });
    expect(reply.body).toMatchObject({ completed: true });
  });

  test.each([[{}], [{ version: 1 }]])('v1 wants completed, so %j is refused', async (body) => {
    const { create, v1, get } = await newClient(app);
    const task = await create();
    const reply = await v1('PATCH', `/tasks/${task.id}/complete`, body);
    expect(reply.status).toBe(422);
    expect(locsOf(reply.body.errors)).toEqual(['body.completed']);
    expect(await get(task.id)).toEqual(task);
  });
});
