import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { invalidStatus, issueLocationsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const midnights = [
  '2026-12-24T00:00:00.000Z',
  '2026-12-24T00:00:00Z',
  '2026-12-24T00:00:00.000000+00:00',
  '2026-12-24T00:00:00-00:00',
  '2026-12-24T00:00:00',
  '2026-12-24T00:00',
  '2026-12-24 00:00:00',
  '2026-12-24t00:00:00z',
];
const noDates = [
  '2026-12-24T08:00:00Z',
  '2026-12-24T00:00:01Z',
  '2026-12-24T00:00:00.001Z',
  '2026-12-24T00:00:00+05:30',
  '2026-12-24T23:59:60Z',
  '2026-12-24T24:00:00Z',
  '2026-02-30T00:00:00Z',
  '1969-12-31T00:00:00Z',
  '2026-12-24T',
  '2026-12-24Z',
  ' ',
  '24.12.2026',
];

describe.each(['v1', 'bare'] as const)('on %s', (surface) => {
  const invalid = invalidStatus[surface];

  test.each(midnights)('due_date %j is that date: written, changed and asked for', async (text) => {
    const { create, get, list, [surface]: call } = await newClient(app);
    const { id } = await create({ title: 'without' });
    const made = await call('POST', '/tasks', { title: 'with', due_date: text });
    expect(made.status).toBe(201);
    expect((made.body.data ?? made.body).due_date).toBe('2026-12-24');
    expect((await call('PATCH', `/tasks/${id}`, { due_date: text })).status).toBe(200);
    expect((await get(id)).due_date).toBe('2026-12-24');
    await create({ due_date: '2026-12-25' });
    const until = encodeURIComponent(text);
    expect(await list(`?due_before=${until}`)).toHaveLength(2);
    expect(await list(`?due_after=${until}`)).toHaveLength(3);
  });

  test.each(noDates)('due_date %j is refused by name, with what to send', async (text) => {
    const { stored, [surface]: call } = await newClient(app);
    const empty = await stored();
    const reply = await call('POST', '/tasks', { title: 'x', due_date: text });
    expect(reply.status).toBe(invalid);
    expect(issueLocationsOf(surface, reply)).toEqual(['body.due_date']);
    expect(reply.text).toContain('must be a date YYYY-MM-DD');
    expect(reply.text).toContain('send the date alone');
    expect(await stored()).toEqual(empty);
    for (const name of ['due_after', 'due_before']) {
      const listed = await call('GET', `/tasks?${name}=${encodeURIComponent(text)}`);
      expect(issueLocationsOf(surface, listed)).toEqual([`query.${name}`]);
    }
  });

  test('an empty due_date is none; an empty description stays one; other empty texts are refused', async () => {
    const { create, get, [surface]: call } = await newClient(app);
    const { id } = await create({ due_date: '2026-12-24', description: 'text' });
    await call('PUT', `/tasks/${id}`, { due_date: '', description: '' });
    expect(await get(id)).toMatchObject({ due_date: null, description: '' });
    const made = await call('POST', '/tasks', { title: 'x', due_date: '', description: '' });
    expect(made.body.data ?? made.body).toMatchObject({ due_date: null, description: '' });
    for (const [path, name] of [
      [`/tasks?due_after=`, 'query.due_after'],
      [`/tasks?priority=`, 'query.priority'],
    ] as const)
      expect(issueLocationsOf(surface, await call('GET', path))).toEqual([name]);
    const wrong = { title: '', priority: '', completed: '' };
    const reply = await call('PATCH', `/tasks/${id}`, wrong);
    expect(new Set(issueLocationsOf(surface, reply))).toEqual(
      new Set(['body.title', 'body.priority', 'body.completed']),
    );
  });

  test("a task's id is taken in any case, and answered in lower case", async () => {
    const { create, [surface]: call } = await newClient(app);
    const task = await create();
    const id = task.id.toUpperCase();
    const read = await call('GET', `/tasks/${id}`);
    expect(read.body.data ?? read.body).toEqual(task);
    const changed = await call('PUT', `/tasks/${id}`, { ...task, id, title: 'new' });
    expect(changed.body.data ?? changed.body).toMatchObject({ id: task.id, title: 'new' });
    expect((await call('PATCH', `/tasks/${id}/complete`, { completed: true })).status).toBe(200);
    expect((await call('DELETE', `/tasks/${id}`)).status).toBe(surface === 'v1' ? 200 : 204);
    for (const odd of [`{${task.id}}`, task.id.replaceAll('-', ''), `urn:uuid:${task.id}`])
      expect((await call('GET', `/tasks/${odd}`)).status).toBe(invalid);
  });

  test('a PATCH takes application/merge-patch+json, and says so when it gets another type', async () => {
    const { create, get, [surface]: call } = await newClient(app);
    const { id } = await create();
    const as = (type: string) => ({ 'content-type': type });
    for (const type of ['application/merge-patch+json', 'application/merge-patch+json; charset=utf-8']) {
      const reply = await call('PATCH', `/tasks/${id}`, { title: type }, as(type));
      expect(reply.status).toBe(200);
      expect((await get(id)).title).toBe(type);
    }
    const mergePatch = as('application/merge-patch+json');
    expect((await call('PATCH', `/tasks/${id}`, { title: 5 }, mergePatch)).status).toBe(invalid);
    expect((await call('PATCH', `/tasks/${id}/complete`, { completed: true }, mergePatch)).status).toBe(200);
    for (const type of [
      'application/json-patch+json',
      'text/plain',
      'application/merge-patch+json; charset=latin1',
    ]) {
      const { status, headers } = await call('PATCH', `/tasks/${id}`, '{"title":"x"}', as(type));
      expect(status).toBe(415);
      expect(headers.get('accept-patch')).toBe('application/json, application/merge-patch+json');
    }
    for (const [method, path] of [
      ['PUT', `/tasks/${id}`],
      ['POST', '/tasks'],
    ] as const) {
      const { status, headers } = await call(method, path, { title: 'x' }, mergePatch);
      expect([status, headers.get('accept-patch')]).toEqual([415, null]);
    }
  });
});

test('trash, restore and bulk take ids in any case, but a temp_id as it was given', async () => {
  const { create, v1 } = await newClient(app);
  const task = await create();
  const id = task.id.toUpperCase();
  const tempId = 'ABCDEFAB-0000-4000-8000-000000000000';
  const operations = [
    { op: 'create', temp_id: tempId, title: 'new' },
    { op: 'update', id: tempId, title: 'newer' },
    { op: 'update', id, title: 'changed' },
    { op: 'delete', id: task.id },
    { op: 'update', id: tempId.toLowerCase(), title: 'unknown' },
  ];
  const { body } = await v1('POST', '/tasks/bulk', { operations });
  expect(body.data.map((result: { status: number }) => result.status)).toEqual([201, 200, 200, 200, 404]);
  expect(body.data[2].id).toBe(task.id);
  expect((await v1('POST', `/trash/${id}/restore`)).body.data.id).toBe(task.id);
  await v1('DELETE', `/tasks/${task.id}`);
  expect((await v1('DELETE', `/trash/${id}`)).status).toBe(200);
});

test('user ids are told apart by case', async () => {
  const { user } = await newClient(app);
  const { status } = await app.request('GET', `${user.bare.toUpperCase().replace('/API', '/api')}/tasks`, {
    token: user.token,
  });
  expect(status).toBe(403);
});
