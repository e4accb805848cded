import { expect, test } from 'vitest';
import { mintToken } from '../../server/test/support/app.ts';
import { operations } from '../src/generated/operations.ts';
import { createDuly, DulyError } from '../src/index.ts';
import { methods } from '../src/methods.ts';
import { collect, failureOf, newDuly, useApp } from './support/duly.ts';

const app = useApp();

test('every operation of v1 is a method, but for the feed, and PUT, which is the same as PATCH', () => {
  const named: string[] = Object.values(methods).flatMap((group) => Object.values(group));
  const missing = Object.keys(operations).filter((id) => !named.includes(id));
  expect(missing).toEqual(['putTask', 'listChanges', 'streamEvents']);
  expect(new Set(named).size).toBe(named.length);
});

test('a task is created, read, changed, completed, deleted and restored', async () => {
  const { duly, requests } = await newDuly(app());
  const task = await duly.tasks.create({ title: 'Buy milk', priority: 'High', tags: ['home'] });
  expect(task).toMatchObject({ title: 'Buy milk', completed: false, version: 1 });
  expect(await duly.tasks.get(task.id)).toEqual(task);
  const changed = await duly.tasks.update(task.id, { title: 'Buy oat milk', version: task.version });
  expect(changed).toMatchObject({ title: 'Buy oat milk', version: 2 });
  expect(await duly.tasks.complete(task.id)).toMatchObject({ completed: true });
  expect(await duly.tasks.complete(task.id, { completed: false })).toMatchObject({ completed: false });
  expect(await duly.tasks.delete(task.id, { version: 4 })).toBeNull();
  expect(await duly.trash.list()).toMatchObject({ data: [{ id: task.id }], pagination: { total: 1 } });
  expect(await duly.tasks.restore(task.id)).toMatchObject({ title: 'Buy oat milk' });
  await duly.tasks.delete(task.id);
  expect(await duly.trash.empty()).toEqual({ purged: 1 });
  expect(await duly.tasks.list()).toMatchObject({ data: [], pagination: { total: 0 } });
  expect(requests.every(({ path }) => path.startsWith('/api/v1/users/me/'))).toBe(true);
});

test('an input of a list is its query, with a parameter for each of several values', async () => {
  const { duly, requests } = await newDuly(app());
  await duly.tasks.bulk({
    operations: [
      { op: 'create', title: 'a', tags: ['x', 'y'] },
      { op: 'create', title: 'b', tags: ['x'] },
    ],
  });
  const { data } = await duly.tasks.list({ tags: ['x', 'y'], tags_match: 'all', completed: false });
  expect(data).toMatchObject([{ title: 'a' }]);
  expect(requests[1]?.path).toBe('/api/v1/users/me/tasks?tags=x&tags=y&tags_match=all&completed=false');
});

test('projects, sections, views, tags, reminders and the profile have their methods', async () => {
  const { duly } = await newDuly(app());
  const home = await duly.projects.create({ name: 'Home' });
  const section = await duly.sections.create(home.id, { name: 'To buy' });
  const task = await duly.tasks.create({
    title: 'x',
    section_id: section.id,
    due_date: '2030-01-01',
    tags: ['a/b'],
  });
  expect(task.project_id).toBe(home.id);
  const reminder = await duly.reminders.create(task.id, { relative_to: 'due', minutes_before: 10 });
  expect(await duly.reminders.get(task.id, reminder.id)).toEqual(reminder);
  expect((await duly.reminders.listOfTask(task.id)).data).toHaveLength(1);
  expect(await duly.tags.rename('a/b', { name: 'c d' })).toMatchObject({ name: 'c d' });
  expect(await duly.tags.list()).toEqual([{ name: 'c d', usage_count: 1 }]);
  const view = await duly.views.create({ name: 'Urgent', parameters: { priority: 'High' } });
  expect(await duly.views.move(view.id, { after: null })).toMatchObject({ name: 'Urgent' });
  expect(await duly.projects.list()).toMatchObject({ data: [{ open_tasks: 1 }], inbox: { open_tasks: 0 } });
  expect(await duly.projects.delete(home.id, { tasks: 'inbox', version: home.version })).toBeNull();
  expect(await duly.tasks.get(task.id)).toMatchObject({ project_id: null });
  expect(await duly.projects.restore(home.id)).toMatchObject({ name: 'Home' });
  expect(await duly.profile.update({ time_zone: 'Europe/Berlin' })).toMatchObject({
    time_zone: 'Europe/Berlin',
  });
  expect(await duly.profile.get()).toMatchObject({ time_zone: 'Europe/Berlin' });
  expect(await duly.profile.export({ format: 'ics' })).toMatch(/^BEGIN:VCALENDAR/);
  expect(await duly.profile.export()).toMatchObject({ format: 'duly-export' });
});

test('a file is imported, as text, bytes or a Blob, and nothing of it twice', async () => {
  const { duly, requests } = await newDuly(app());
  const file = '(A) Call Mom @phone\nBuy milk +Home\n';
  const query = { format: 'todo-txt', file_name: 'todo.txt' } as const;
  expect(await duly.profile.import(file, { ...query, dry_run: true })).toMatchObject({
    dry_run: true,
    created: 2,
  });
  expect((await duly.tasks.list()).pagination.total).toBe(0);
  expect(await duly.profile.import(new TextEncoder().encode(file), query)).toMatchObject({ created: 2 });
  expect(await duly.profile.import(new Blob([file]), query)).toMatchObject({ created: 0 });
  expect(
    (await duly.tasks.list({ sort_by: 'title', sort_direction: 'asc' })).data.map(({ title }) => title),
  ).toEqual([...['Buy milk', 'Call Mom']]);
  expect(requests[0]?.path).toContain('/import?format=todo-txt&file_name=todo.txt&dry_run=true');
  expect(await failureOf(duly.profile.import('{}'))).toMatchObject({ status: 422 });
});

test('quick add reads a line of text', async () => {
  const { duly } = await newDuly(app());
  const { task, fields } = await duly.tasks.quickAdd({ text: 'Pay rent !high' });
  expect([task?.title, fields.priority]).toEqual(['Pay rent', 'High']);
});

test('a repeating task is skipped, undone and listed by its occurrences', async () => {
  const { duly } = await newDuly(app());
  const { id } = await duly.tasks.create({
    title: 'Water',
    due_date: '2030-01-01',
    recurrence: 'FREQ=DAILY',
  });
  expect(await duly.tasks.skip(id, { occurrence: '2030-01-01' })).toMatchObject({ due_date: '2030-01-02' });
  expect(await duly.tasks.undo(id)).toMatchObject({ due_date: '2030-01-01' });
  expect(await duly.tasks.complete(id, { occurrence: '2030-01-01' })).toMatchObject({ completed: false });
  expect((await duly.tasks.occurrences(id, { coming: 2 })).coming).toHaveLength(2);
});

test('an update without fields is sent, and changes nothing', async () => {
  const { duly } = await newDuly(app());
  const task = await duly.tasks.create({ title: 'x' });
  expect(await duly.tasks.update(task.id, {})).toEqual(task);
});

test('pages and items of a list are read by cursor, whatever is deleted meanwhile', async () => {
  const { duly, requests } = await newDuly(app());
  const titles = Array.from({ length: 7 }, (_, index) => `task ${index}`);
  const made = [];
  for (const title of titles) made.push(await duly.tasks.create({ title }));
  requests.length = 0;
  const seen: string[] = [];
  for await (const { data } of duly.tasks.pages({ limit: 3, sort_direction: 'asc' })) {
    seen.push(...data.map(({ title }) => title));
    const first = made.shift();
    if (first !== undefined) await duly.tasks.delete(first.id);
  }
  expect(seen).toEqual(titles);
  expect(requests.filter(({ method }) => method === 'GET')).toHaveLength(3);
  const rest = await collect(duly.tasks.list.all({ limit: 2, offset: 1, sort_direction: 'asc' }));
  expect(rest.map(({ title }) => title)).toEqual(titles.slice(4));
});

test('a second list of a group has pages too', async () => {
  const { duly } = await newDuly(app());
  const { id } = await duly.projects.create({ name: 'Home' });
  for (const name of ['a', 'b', 'c']) await duly.sections.create(id, { name });
  const sections = await collect(duly.sections.all(id, { limit: 2 }));
  expect(sections.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  for (const section of sections) await duly.sections.delete(section.id);
  expect(await collect(duly.sections.listTrash.all({ limit: 1 }))).toHaveLength(3);
});

test('another user id than `me`, and a slash at the end of the URL, are taken', async () => {
  const token = await mintToken({ sub: 'ada/1' });
  const duly = createDuly({ url: `${app().url}/`, token, userId: 'ada/1' });
  expect((await duly.tasks.create({ title: 'x' })).user_id).toBe('ada/1');
  const other = createDuly({ url: app().url, token, userId: 'grace' });
  expect(await failureOf(other.tasks.list())).toMatchObject({ code: 'FORBIDDEN', status: 403 });
});

test('the final response is given to who asks for it', async () => {
  const { duly } = await newDuly(app());
  let etag: string | null = null;
  await duly.tasks.create({ title: 'x' }, { onResponse: ({ headers }) => (etag = headers.get('etag')) });
  expect(etag).toBe('"1"');
});

test('methods for everybody need no token, and send none', async () => {
  const { duly, requests } = await newDuly(app());
  const person = {
    email: 'grace@example.com',
    password: 'gentle-otter-42',
    first_name: 'Grace',
    last_name: 'H',
  };
  const { access_token, user } = await duly.auth.register(person);
  expect(user).toMatchObject({ first_name: 'Grace' });
  expect(requests[0]?.headers.has('authorization')).toBe(false);
  const hers = createDuly({ url: app().url, token: access_token });
  expect(await hers.sessions.list()).toHaveLength(1);
  expect(await failureOf(hers.admin.listUsers())).toMatchObject({ code: 'FORBIDDEN' });
  expect(await hers.auth.logout()).toBeNull();
  expect(await failureOf(createDuly({ url: app().url }).tasks.list())).toBeInstanceOf(DulyError);
});
