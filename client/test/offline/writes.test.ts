import { expect, test } from 'vitest';
import { newClient } from '../../../server/test/support/tasks.ts';
import { useApp } from '../support/duly.ts';
import { createDevice, textStore, titlesOf } from '../support/offline.ts';

const app = useApp();

/** As if the writes that wait had first been sent so much earlier. */
function makeOlder({ entries }: ReturnType<typeof textStore>, ms: number): void {
  for (const [key, text] of entries) {
    const write = JSON.parse(text);
    if (!key.startsWith('queue ') || write.sent === undefined) continue;
    write.sent.at -= ms;
    entries.set(key, JSON.stringify(write));
  }
}

test('a write is shown before it is sent, and is the task of the server after', async () => {
  const { user, list } = await newClient(app());
  const phone = await createDevice(app(), user).open();
  const id = await phone.tasks.create({ title: 'a', tags: ['home'] });
  expect(phone.tasks.get(id)).toMatchObject({
    id,
    title: 'a',
    priority: 'Medium',
    tags: ['home'],
    version: 0,
  });
  await phone.tasks.update(id, { title: 'b' });
  expect([titlesOf(phone), phone.pending(), await list()]).toEqual([['b'], 2, []]);
  await phone.sync();
  expect(phone.pending()).toBe(0);
  expect([...phone.tasks.all()]).toEqual(await list());
});

test('a task made offline can be edited and deleted by the id it was given there', async () => {
  const { user, list } = await newClient(app());
  const device = createDevice(app(), user);
  const phone = await device.open();
  const [kept, gone] = [
    await phone.tasks.create({ title: 'kept' }),
    await phone.tasks.create({ title: 'gone' }),
  ];
  await phone.tasks.update(kept, { title: 'kept and edited' });
  await phone.sync();
  await phone.close();
  const again = await device.open();
  await again.tasks.complete(kept);
  await again.tasks.delete(gone);
  await again.sync();
  expect(await list()).toMatchObject([{ title: 'kept and edited', completed: true }]);
  expect(again.tasks.get(kept)?.completed).toBe(true);
});

test('what is new has the same key before and after the server has given it an id', async () => {
  const { user, create } = await newClient(app());
  const device = createDevice(app(), user);
  const phone = await device.open();
  const id = await phone.tasks.create({ title: 'new' });
  const keys = () => phone.tasks.all().map((task) => phone.tasks.keyOf(task.id));
  expect([keys(), phone.tasks.keyOf(id)]).toEqual([[id], id]);
  await phone.sync();
  expect(phone.tasks.all().map((task) => task.id)).not.toEqual([id]);
  expect(keys()).toEqual([id]);
  const { id: other } = await create({ title: 'of another device' });
  expect(phone.tasks.keyOf(other)).toBe(other);
  await phone.close();
  const again = await device.open();
  expect(again.tasks.all().map((task) => again.tasks.keyOf(task.id))).toEqual([id]);
});

test('a view of a project that is made offline is of that project on the server', async () => {
  const { user } = await newClient(app());
  const phone = await createDevice(app(), user).open();
  const project = await phone.projects.create({ name: 'House' });
  const view = await phone.views.create({
    name: 'of it',
    parameters: { project_id: project, tags: ['home'] },
  });
  await phone.sync();
  const id = phone.projects.get(project)?.id;
  expect(id).not.toBe(project);
  expect(phone.views.get(view)?.parameters).toEqual({ project_id: id, tags: ['home'] });
});

test('what is made offline below something made offline is below it on the server', async () => {
  const { user, list } = await newClient(app());
  const phone = await createDevice(app(), user).open();
  const project_id = await phone.projects.create({ name: 'House' });
  const section_id = await phone.sections.create({ name: 'Garden', project_id });
  const parent_id = await phone.tasks.create({ title: 'parent', project_id, section_id });
  const child = await phone.tasks.create({ title: 'child', parent_id });
  await phone.reminders.create({ task_id: child, remind_at: '2099-01-01T00:00:00Z' });
  expect(phone.tasks.get(child)).toMatchObject({ parent_id, project_id });
  await phone.sync();
  const [project, section, parent] = [
    phone.projects.get(project_id)?.id,
    phone.sections.get(section_id)?.id,
    phone.tasks.get(parent_id)?.id,
  ];
  const tasks = await list('?sort_by=position&sort_direction=asc');
  expect(tasks).toMatchObject([
    { title: 'parent', project_id: project, section_id: section },
    { title: 'child', project_id: project, section_id: section, parent_id: parent, reminder_count: 1 },
  ]);
  expect(phone.reminders.all()).toMatchObject([{ task_id: tasks[1]?.id }]);
  const [reminder] = phone.reminders.all();
  await phone.reminders.update(reminder?.id ?? '', { remind_at: '2098-01-01T00:00:00Z' });
  await phone.sync();
  expect(phone.reminders.all()).toMatchObject([{ remind_at: '2098-01-01T00:00:00.000Z', version: 2 }]);
  await phone.reminders.delete(reminder?.id ?? '');
  await phone.sync();
  expect([...phone.tasks.all()]).toMatchObject([{}, { reminder_count: 0 }]);
});

test('what the user does while something is being sent is kept and sent too', async () => {
  const { user, list } = await newClient(app());
  let meanwhile: (() => Promise<unknown>) | undefined;
  const phone = await createDevice(app(), user, {
    fetch: async (...request) => {
      const response = await fetch(...request);
      await meanwhile?.();
      return response;
    },
  }).open();
  const id = await phone.tasks.create({ title: 'first' });
  meanwhile = async () => {
    meanwhile = undefined;
    await phone.tasks.create({ title: 'second' });
    await phone.tasks.complete(id);
  };
  await Promise.all([phone.sync(), phone.sync()]);
  expect(phone.pending()).toBe(0);
  expect(await list('?sort_by=title&sort_direction=asc')).toMatchObject([
    { title: 'first', completed: true, version: 2 },
    { title: 'second', completed: false, version: 1 },
  ]);
});

/** The server gets the request, and nobody gets its answer. */
const losingAnswers: typeof fetch = async (...request) => {
  await fetch(...request);
  throw new TypeError('the connection was lost');
};

test('an app that is closed between the request and its answer does the write once', async () => {
  const { user, list } = await newClient(app());
  const store = textStore();
  const phone = await createDevice(app(), user, { store, fetch: losingAnswers }).open();
  const id = await phone.tasks.create({ title: 'once' });
  await phone.tasks.update(id, { title: 'once, edited' });
  await expect(phone.sync()).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
  await phone.close();
  const again = await createDevice(app(), user, { store }).open();
  expect(titlesOf(again)).toEqual(['once, edited']);
  await again.sync();
  expect(await list()).toMatchObject([{ title: 'once, edited', version: 2 }]);
});

test('a creation that was sent more than a day ago is looked for before it is sent again', async () => {
  const { user, list } = await newClient(app());
  const store = textStore();
  const phone = await createDevice(app(), user, { store, fetch: losingAnswers }).open();
  await phone.tasks.create({ title: 'once' });
  await expect(phone.sync()).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
  await phone.close();
  const { db } = app().ctx;
  await db.deleteFrom('duly.idempotency_keys').where('user_id', '=', user.id).execute();
  makeOlder(store, 24 * 3_600_000);
  const again = await createDevice(app(), user, { store }).open();
  await again.sync();
  expect(await list()).toMatchObject([{ title: 'once' }]);
  expect([...again.tasks.all()]).toEqual(await list());
});

test('a refused write is reported and undone, with what depends on it', async () => {
  const { user } = await newClient(app());
  const refused: unknown[] = [];
  const phone = await createDevice(app(), user, {
    onRefused: ({ noun, op, error }) => refused.push([noun, op, error.code]),
  }).open();
  const id = await phone.tasks.create({ title: ' ' });
  await phone.tasks.complete(id);
  const kept = await phone.tasks.create({ title: 'kept' });
  await phone.tasks.update(kept, { title: '' });
  expect(titlesOf(phone)).toEqual([' ', '']);
  await phone.sync();
  expect(refused).toEqual([
    ['task', 'create', 'VALIDATION_ERROR'],
    ['task', 'update', 'VALIDATION_ERROR'],
    ['task', 'update', 'VALIDATION_ERROR'],
  ]);
  expect([phone.pending(), titlesOf(phone)]).toEqual([0, ['kept']]);
});

/** A server that always fails at changes of one kind. */
const failingAt =
  (wanted: string): typeof fetch =>
  async (input, init) => {
    if (init?.method !== wanted) return fetch(input, init);
    const problem = { error_code: 'INTERNAL_ERROR', detail: 'Internal error', status_code: 500 };
    return Response.json(problem, { status: 500 });
  };

test('a write that the server always fails at holds up the others for ten minutes, and is then reported and undone', async () => {
  const { user, create, list } = await newClient(app());
  const { id } = await create({ title: 'a' });
  const store = textStore();
  const refused: unknown[] = [];
  const device = createDevice(app(), user, {
    store,
    fetch: failingAt('PATCH'),
    onRefused: ({ fields, error }) => refused.push([fields, error.code]),
  });
  const phone = await device.open();
  await phone.sync();
  await phone.tasks.update(id, { title: 'impossible' });
  await phone.tasks.create({ title: 'next' });
  for (let attempt = 0; attempt < 12; attempt += 1)
    await expect(phone.sync()).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
  expect([phone.pending(), refused]).toEqual([2, []]);
  await phone.close();
  makeOlder(store, 600_000);
  const again = await device.open();
  await again.sync();
  expect(refused).toEqual([[{ title: 'impossible' }, 'INTERNAL_ERROR']]);
  expect([again.pending(), titlesOf(again)]).toEqual([0, ['a', 'next']]);
  expect(await list('?sort_direction=asc')).toMatchObject([{ title: 'a' }, { title: 'next' }]);
});

test('a write is not given up at the first failures, however old it is', async () => {
  const { user, create } = await newClient(app());
  const { id } = await create({ title: 'a' });
  const store = textStore();
  const device = createDevice(app(), user, { store, fetch: failingAt('PATCH') });
  const phone = await device.open();
  await phone.sync();
  await phone.tasks.update(id, { title: 'b' });
  await expect(phone.sync()).rejects.toMatchObject({ status: 500 });
  await phone.close();
  makeOlder(store, 3_600_000);
  const again = await device.open();
  await expect(again.sync()).rejects.toMatchObject({ status: 500 });
  expect(again.pending()).toBe(1);
  await again.close();
  // The server is mended.
  const mended = await createDevice(app(), user, { store }).open();
  await mended.sync();
  expect(titlesOf(mended)).toEqual(['b']);
});

test('a task deleted elsewhere is gone here, and each edit that waits for it is reported', async () => {
  const { user, create, v1, list } = await newClient(app());
  const { id } = await create();
  const refused: unknown[] = [];
  const phone = await createDevice(app(), user, {
    onRefused: ({ fields, error }) => refused.push([fields, error.code]),
  }).open();
  await phone.sync();
  await v1('DELETE', `/tasks/${id}`);
  await phone.tasks.update(id, { title: 'too late' });
  await phone.tasks.update(id, { priority: 'High' });
  await phone.sync();
  expect([phone.pending(), titlesOf(phone), await list()]).toEqual([0, [], []]);
  expect(refused).toEqual([
    [{ title: 'too late' }, 'NOT_FOUND'],
    [{ priority: 'High' }, 'NOT_FOUND'],
  ]);
});

test('without a valid token nothing is dropped', async () => {
  const { user, create, list } = await newClient(app());
  const { id } = await create({ title: 'a' });
  const store = textStore();
  await (await createDevice(app(), user, { store }).open()).sync();
  const phone = await createDevice(app(), { token: 'ended' }, { store }).open();
  await phone.tasks.update(id, { title: 'b' });
  await expect(phone.sync()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  expect(phone.pending()).toBe(1);
  await (await createDevice(app(), user, { store }).open()).sync();
  expect(await list()).toMatchObject([{ title: 'b' }]);
});

test('moves and deletions are shown as the server will have them', async () => {
  const { user } = await newClient(app());
  const phone = await createDevice(app(), user).open();
  const [home, work] = [
    await phone.projects.create({ name: 'Home' }),
    await phone.projects.create({ name: 'Work' }),
  ];
  const ids: string[] = [];
  for (const title of ['a', 'b', 'c', 'd']) ids.push(await phone.tasks.create({ title, project_id: home }));
  const [a = '', b = '', c = '', d = ''] = ids;
  const section_id = await phone.sections.create({ name: 'S', project_id: work });
  const inSection = await phone.tasks.create({ title: 's', section_id, project_id: work });
  const child = await phone.tasks.create({ title: 'child of d', parent_id: d });
  await phone.sync();

  const order = () => phone.tasks.all().map(({ title }) => title);
  await phone.tasks.move(d, { before: b });
  expect(order().slice(0, 4)).toEqual(['a', 'd', 'b', 'c']);
  await phone.tasks.move(a, { after: c });
  await phone.tasks.move(c, { after: null });
  await phone.tasks.move(b, { before: null });
  await phone.projects.move(work, { before: home });
  const shown = order();
  expect(shown.filter((title) => title.length === 1 && title !== 's')).toEqual(['c', 'd', 'a', 'b']);
  expect(phone.projects.all().map(({ name }) => name)).toEqual(['Work', 'Home']);
  await phone.sync();
  expect(order().filter((title) => title.length === 1 && title !== 's')).toEqual(['c', 'd', 'a', 'b']);

  await phone.sections.delete(section_id);
  expect(phone.tasks.get(inSection)?.section_id).toBeNull();
  await phone.tasks.delete(d, { children: 'keep' });
  expect(phone.tasks.get(child)?.parent_id).toBeNull();
  await phone.projects.delete(home, { tasks: 'trash' });
  await phone.projects.delete(work, { tasks: 'inbox' });
  expect(phone.tasks.all()).toMatchObject([{ title: 's', project_id: null }]);
  await phone.sync();
  expect(phone.tasks.all()).toMatchObject([{ title: 's', project_id: null, section_id: null }]);
  expect([phone.projects.all(), phone.sections.all(), phone.pending()]).toEqual([[], [], 0]);
});
