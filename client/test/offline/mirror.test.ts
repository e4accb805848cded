import { expect, test, vi } from 'vitest';
import { newClient } from '../../../server/test/support/tasks.ts';
import { useApp } from '../support/duly.ts';
import { createDevice, textStore, titlesOf } from '../support/offline.ts';

const app = useApp();

test('everything of the feed is mirrored, in its manual order, and gone once it is deleted', async () => {
  const { user, v1, create } = await newClient(app());
  const make = async (path: string, body: object) => (await v1('POST', path, body)).body.data.id;
  const home = await make('/projects', { name: 'Home' });
  const work = await make('/projects', { name: 'Work', color: '#3366cc' });
  const section = await make(`/projects/${home}/sections`, { name: 'To buy' });
  const view = await make('/views', { name: 'Urgent', parameters: { priority: 'High' } });
  await make('/channels', { type: 'webhook', name: 'Hook', url: 'https://hooks.example.com/' });
  const task = await create({
    title: 'a',
    tags: ['a tag'],
    due_date: '2030-01-01',
    recurrence: 'FREQ=DAILY',
  });
  await v1('PATCH', `/tasks/${task.id}/complete`, { completed: true });
  const phone = await createDevice(app(), user).open();
  await phone.sync();
  expect(phone.projects.all()).toMatchObject([{ name: 'Home' }, { name: 'Work', color: '#3366cc' }]);
  expect(phone.sections.all()).toMatchObject([{ id: section, project_id: home }]);
  expect(phone.views.all()).toMatchObject([{ id: view, parameters: { priority: 'High' } }]);
  expect(phone.channels.all()).toMatchObject([{ name: 'Hook' }]);
  expect(phone.tags.get('a tag')).toEqual({ name: 'a tag', usage_count: 1 });
  expect(phone.occurrences.all()).toMatchObject([{ task_id: task.id, date: '2030-01-01', status: 'done' }]);
  expect(phone.profiles.all()).toMatchObject([{ id: user.id }]);
  await v1('POST', `/projects/${work}/move`, { after: null });
  await v1('DELETE', `/views/${view}`);
  await v1('DELETE', `/tasks/${task.id}`);
  await phone.sync();
  expect(phone.projects.all().map(({ id }) => id)).toEqual([work, home]);
  expect([phone.views.all(), phone.tasks.all(), phone.tags.all()]).toEqual([[], [], []]);
});

test('tasks are in their manual order, those not sent yet last', async () => {
  const { user, create, v1 } = await newClient(app());
  const [first, second] = [await create({ title: 'first' }), await create({ title: 'second' })];
  const phone = await createDevice(app(), user).open();
  await phone.tasks.create({ title: 'here' });
  await phone.sync();
  expect(titlesOf(phone)).toEqual(['first', 'second', 'here']);
  await phone.tasks.create({ title: 'not sent' });
  await phone.tasks.create({ title: 'nor this' });
  await v1('POST', `/tasks/${first.id}/move`, { after: second.id });
  expect(titlesOf(phone)).toEqual(['first', 'second', 'here', 'not sent', 'nor this']);
  await phone.sync();
  expect(titlesOf(phone)).toEqual(['second', 'first', 'here', 'not sent', 'nor this']);
});

test('reminders move with their task', async () => {
  const { user, create, v1 } = await newClient(app());
  const reminders = [10, 30].map((minutes_before) => ({ relative_to: 'due', minutes_before }));
  const { id } = await create({ due_date: '2030-06-01', reminders });
  const phone = await createDevice(app(), user).open();
  await phone.sync();
  const coming = phone.query((all) => all.reminders.all().flatMap(({ next_at }) => next_at ?? []));
  expect(coming.get().toSorted()).toEqual(['2030-05-31T23:30:00.000Z', '2030-05-31T23:50:00.000Z']);
  await phone.tasks.update(id, { due_date: '2030-07-01' });
  await phone.sync();
  expect(coming.get().toSorted()).toEqual(['2030-06-30T23:30:00.000Z', '2030-06-30T23:50:00.000Z']);
  await v1('PATCH', `/tasks/${id}/complete`, { completed: true });
  await phone.sync();
  expect([coming.get(), phone.reminders.all().length]).toEqual([[], 2]);
});

test('a client that was away for longer than deletions are kept starts anew, and keeps its queue', async () => {
  const { user, create, v1 } = await newClient(app());
  const [gone, stays] = [await create({ title: 'gone' }), await create({ title: 'stays' })];
  const phone = await createDevice(app(), user).open();
  await phone.sync();
  await v1('DELETE', `/tasks/${gone.id}`);
  await v1('DELETE', `/trash/${gone.id}`);
  const { db } = app().ctx;
  await db.deleteFrom('duly.tombstones').where('user_id', '=', user.id).execute();
  await db.updateTable('duly.owners').set({ feed_from: 4n }).where('user_id', '=', user.id).execute();
  await phone.tasks.update(stays.id, { title: 'edited' });
  await phone.sync();
  expect(titlesOf(phone)).toEqual(['edited']);
});

test('a started client shows changes of others and sends its own, until it is closed', async () => {
  const { user, create, list } = await newClient(app());
  const errors: unknown[] = [];
  const phone = await createDevice(app(), user, { onError: (error) => errors.push(error) }).open();
  const shows = (title: string) => vi.waitUntil(() => titlesOf(phone).includes(title), 60_000);
  phone.start();
  phone.start();
  await create({ title: 'from elsewhere' });
  await shows('from elsewhere');
  await phone.tasks.create({ title: 'from here' });
  await vi.waitUntil(() => phone.pending() === 0, 60_000);
  expect((await list()).map(({ title }) => title)).toContain('from here');
  await create({ title: 'and again' });
  await shows('and again');
  await phone.sync();
  await phone.close();
  await expect(phone.tasks.create({ title: 'too late' })).rejects.toThrow('closed');
  expect(errors).toEqual([]);
});

test('a started client says what fails, and goes on once it works', async () => {
  const { user, list } = await newClient(app());
  const errors: unknown[] = [];
  let isBroken = true;
  const phone = await createDevice(app(), user, {
    onError: (error) => {
      errors.push(error);
      isBroken = false;
    },
    fetch: (...request) => (isBroken ? Promise.reject(new TypeError('no network')) : fetch(...request)),
  }).open();
  await phone.tasks.create({ title: 'a' });
  phone.start();
  await vi.waitUntil(() => phone.pending() === 0, 60_000);
  expect(errors).toMatchObject([{ code: 'NETWORK_ERROR' }]);
  expect(await list()).toMatchObject([{ title: 'a' }]);
  await phone.close();
});

test('a query is the same value until something in it changes, and its listeners are called on changes', async () => {
  const { user, create } = await newClient(app());
  await create({ title: 'open' });
  const { id } = await create({ title: 'done' });
  const phone = await createDevice(app(), user).open();
  await phone.sync();
  const open = phone.query(({ tasks }) => tasks.all().filter(({ completed }) => !completed));
  let calls = 0;
  const stop = open.subscribe(() => {
    calls += 1;
  });
  const before = open.get();
  expect(before).toHaveLength(2);
  expect(open.get()).toBe(before);
  await phone.projects.create({ name: 'unrelated' });
  expect([calls, open.get()]).toEqual([1, before]);
  expect(open.get()).toBe(before);
  await phone.tasks.complete(id);
  expect(calls).toBe(2);
  expect(open.get()).toMatchObject([{ title: 'open' }]);
  stop();
  await phone.tasks.complete(id, false);
  expect([calls, open.get().length]).toEqual([2, 2]);
});

test('a task with a write that waits is the same object until something in it changes', async () => {
  const { user, create } = await newClient(app());
  const { id } = await create({ title: 'there' });
  const phone = await createDevice(app(), user).open();
  await phone.sync();
  await phone.tasks.update(id, { title: 'edited' });
  const own = await phone.tasks.create({ title: 'unsent' });
  const tasks = phone.query((all) => all.tasks.all());
  const [before, edited, unsent] = [tasks.get(), phone.tasks.get(id), phone.tasks.get(own)];
  await phone.projects.create({ name: 'unrelated' });
  expect(tasks.get()).toBe(before);
  await phone.tasks.create({ title: 'another' });
  expect([phone.tasks.get(id) === edited, phone.tasks.get(own) === unsent]).toEqual([true, true]);
  await phone.tasks.update(own, { priority: 'High' });
  expect(phone.tasks.get(id)).toBe(edited);
  expect(phone.tasks.get(own)).toMatchObject({ title: 'unsent', priority: 'High' });
  expect(tasks.get()).toHaveLength(3);
});

test('signing out deletes everything that is stored', async () => {
  const { user, create } = await newClient(app());
  await create({ title: 'secret' });
  const store = textStore();
  const phone = await createDevice(app(), user, { store }).open();
  phone.start();
  await vi.waitUntil(() => titlesOf(phone).length === 1, 60_000);
  await phone.tasks.create({ title: 'also secret' });
  await phone.signOut();
  expect([store.entries.size, titlesOf(phone), phone.pending()]).toEqual([0, [], 0]);
  await expect(phone.tasks.create({ title: 'too late' })).rejects.toThrow('closed');
});
