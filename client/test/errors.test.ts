import { expect, test } from 'vitest';
import { DulyError } from '../src/index.ts';
import { failureOf, newDuly, useApp } from './support/duly.ts';

const app = useApp();

test('a conflict has the current task, whether by version or by If-Match', async () => {
  const { duly } = await newDuly(app());
  const { id } = await duly.tasks.create({ title: 'first' });
  const current = await duly.tasks.update(id, { title: 'second' });
  const byVersion = await failureOf(duly.tasks.update(id, { title: 'third', version: 1 }));
  expect(byVersion).toMatchObject({ code: 'VERSION_CONFLICT', status: 409, noun: 'task', current });
  const byHeader = await failureOf(duly.tasks.delete(id, {}, { ifMatch: 1 }));
  expect(byHeader).toMatchObject({ code: 'PRECONDITION_FAILED', status: 412, noun: 'task', current });
  expect(await duly.tasks.delete(id, {}, { ifMatch: current.version })).toBeNull();
});

test('a conflict of another noun has the current state of that', async () => {
  const { duly } = await newDuly(app());
  const project = await duly.projects.create({ name: 'Home' });
  const failure = await failureOf(duly.projects.update(project.id, { name: 'x', version: 9 }));
  expect(failure).toMatchObject({ code: 'VERSION_CONFLICT', noun: 'project', current: project });
  const task = await duly.tasks.create({ title: 'x', due_date: '2030-01-01' });
  const reminder = await duly.reminders.create(task.id, { relative_to: 'due', minutes_before: 10 });
  const late = failureOf(duly.reminders.delete(task.id, reminder.id, { version: 7 }));
  expect(await late).toMatchObject({ code: 'VERSION_CONFLICT', noun: 'reminder', current: reminder });
});

test('a bulk request that fails as a whole has the current task too', async () => {
  const { duly } = await newDuly(app());
  const task = await duly.tasks.create({ title: 'x' });
  const operations = [{ op: 'update' as const, id: task.id, title: 'y', version: 5 }];
  const failure = await failureOf(duly.tasks.bulk({ atomic: true, operations }));
  expect(failure).toMatchObject({ code: 'VERSION_CONFLICT', noun: 'task', current: task });
});

test('a validation error has its messages by field', async () => {
  const { duly } = await newDuly(app());
  const failure = await failureOf(duly.tasks.create({ title: ' ', tags: ['ok', ''] }));
  if (!(failure instanceof DulyError)) throw failure;
  expect(failure.code).toBe('VALIDATION_ERROR');
  expect(Object.keys(failure.fields)).toEqual(expect.arrayContaining(['title']));
  expect(failure.issues.length).toBeGreaterThan(0);
  expect(failure.requestId).toMatch(/^[\w-]{36}$/);
  expect(failure.message).toContain('VALIDATION_ERROR: ');
});

test('what does not exist is NOT_FOUND', async () => {
  const { duly } = await newDuly(app());
  const failure = await failureOf(duly.tasks.get(crypto.randomUUID()));
  expect(failure).toMatchObject({
    name: 'DulyError',
    code: 'NOT_FOUND',
    detail: 'Task not found',
    fields: {},
  });
});

test('no answer at all is NETWORK_ERROR, and has what the platform said as its cause', async () => {
  const cause = new TypeError('no network');
  const { duly } = await newDuly(app(), { fetch: async () => Promise.reject(cause), retry: { attempts: 1 } });
  expect(await failureOf(duly.tasks.list())).toMatchObject({ code: 'NETWORK_ERROR', status: 0, cause });
});

test('the page of a proxy is UNEXPECTED_RESPONSE, also with status 200', async () => {
  for (const status of [200, 404]) {
    const fetch = async () => new Response('<html>Welcome</html>', { status });
    const { duly } = await newDuly(app(), { fetch });
    expect(await failureOf(duly.tasks.list())).toMatchObject({ code: 'UNEXPECTED_RESPONSE', status });
  }
});
