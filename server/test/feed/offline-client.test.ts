import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OfflineClient, type Options, type State, TryLaterError } from '../../../examples/offline-client.ts';
import type { Task } from '../../src/tasks/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { type Random, seeded } from '../support/random.ts';
import { newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const seed = Number(process.env.DULY_TEST_SEED ?? Date.now() % 1_000_000);

/** A network that loses requests and responses. */
const onATrain =
  (random: Random): typeof fetch =>
  async (...request) => {
    if (random.chance(0.2)) throw new TypeError('no network');
    const response = await fetch(...request);
    if (random.chance(0.2)) {
      await response.arrayBuffer();
      throw new TypeError('the connection was lost');
    }
    return response;
  };

/** A device whose app is closed and opened again at random. */
function createDevice(user: { id: string; token: string }, more: Partial<Options> = {}) {
  let saved: string | null = null;
  const options: Options = {
    api: app.url,
    userId: user.id,
    token: async () => user.token,
    load: async () => (saved === null ? null : (JSON.parse(saved) as State)),
    save: async (state) => {
      saved = JSON.stringify(state);
    },
    ...more,
  };
  return { open: () => OfflineClient.open(options) };
}

async function untilSynced(open: () => Promise<OfflineClient>): Promise<OfflineClient> {
  for (;;) {
    const client = await open();
    try {
      await client.sync();
      return client;
    } catch (error) {
      if (!(error instanceof TryLaterError)) throw error;
    }
  }
}

const inOrder = (tasks: Iterable<{ id: string }>) => [...tasks].sort((a, b) => (a.id < b.id ? -1 : 1));

test(`two devices on a train end with the server's tasks, nothing lost and nothing doubled (seed ${seed})`, async () => {
  const { user, list } = await newClient(app);
  const random = seeded(seed);
  const devices = [
    createDevice(user, { fetch: onATrain(random) }),
    createDevice(user, { fetch: onATrain(random) }),
  ];
  let made = 0;
  for (let round = 0; round < 12; round += 1) {
    for (const device of devices) {
      const client = await device.open();
      for (let count = random.below(5); count > 0; count -= 1) {
        const ids = [...client.listTasks().keys()];
        if (ids.length === 0 || random.chance(0.5)) {
          made += 1;
          const id = await client.create({ title: `task ${made}`, tags: random.some(['a', 'b'], 0.5) });
          if (random.chance(0.5)) await client.edit(id, { priority: 'High' });
        } else {
          await client.edit(
            random.pick(ids),
            random.pick([{ completed: true }, { description: `${round}` }]),
          );
        }
      }
      if (random.chance(0.7)) await untilSynced(device.open);
    }
  }
  for (const device of [...devices, ...devices]) await untilSynced(device.open);
  const tasks = await list('?limit=100');
  expect(tasks.map(({ title }) => title).sort()).toEqual(
    Array.from({ length: made }, (_, index) => `task ${index + 1}`).sort(),
  );
  for (const { open } of devices) {
    const client = await open();
    expect(client.pending()).toBe(0);
    expect(inOrder(client.listTasks().values())).toEqual(inOrder(tasks));
  }
});

/** The dates of its records are each there once, and the task is at the one after them. */
function expectUnbroken(task: Task, dates: string[], start: string): void {
  const day = (index: number) => new Date(Date.parse(start) + index * 86_400_000).toISOString().slice(0, 10);
  expect(dates.toSorted()).toEqual(dates.map((_, index) => day(index)));
  expect(task).toMatchObject({ occurrence: day(dates.length), recurrence: 'FREQ=DAILY', completed: false });
}

test(`two devices that complete, skip, undo and move repeats lose none and double none (seed ${seed})`, async () => {
  const { user, create, get, v1, list } = await newClient(app);
  const random = seeded(seed);
  const start = '2026-12-24';
  const refused: string[] = [];
  const devices = ['phone', 'laptop'].map(() =>
    createDevice(user, {
      fetch: onATrain(random),
      onRefused: ({ op }, reason) => refused.push(`${op}: ${reason}`),
    }),
  );
  const ids: string[] = [];
  for (const title of ['water', 'tidy', 'read'])
    ids.push((await create({ title, due_date: start, recurrence: 'FREQ=DAILY' })).id);
  for (const { open } of devices) await untilSynced(open);
  for (let round = 0; round < 25; round += 1) {
    for (const device of devices) {
      const client = await device.open();
      for (let count = random.below(4); count > 0; count -= 1) {
        const id = random.pick(ids);
        const last = client.listOccurrences(id).sort((a, b) => (a.date < b.date ? 1 : -1))[0];
        const ways = [
          () => client.edit(id, { completed: true }),
          () =>
            client
              .edit(id, { completed: true, title: `${round}` })
              .then(() => client.edit(id, { completed: true })),
          () => client.edit(id, { completed: false }),
          () => client.skip(id),
          () => client.undo(id, last?.date ?? start),
          () => client.edit(id, { due_date: `2027-01-${10 + random.below(20)}` }),
        ];
        await random.pick(ways)();
      }
      if (random.chance(0.7)) await untilSynced(device.open);
    }
  }
  for (const device of [...devices, ...devices]) await untilSynced(device.open);
  for (const id of ids) {
    const { body } = await v1('GET', `/tasks/${id}/occurrences?limit=100`);
    const dates: string[] = body.data.map(({ date }: { date: string }) => date);
    expectUnbroken(await get(id), dates, start);
    for (const { open } of devices)
      expect(new Set((await open()).listOccurrences(id).map(({ date }) => date))).toEqual(new Set(dates));
  }
  for (const { open } of devices)
    expect(inOrder((await open()).listTasks().values())).toEqual(inOrder(await list()));
  // An undo of what the other device undid or followed up, and a completion of what it undid.
  for (const reason of refused) expect(reason).toMatch(/^(undo|update|skip): (It is not|The task is not)/);
});

test('edits of different fields on two devices are both kept; of the same field the app decides', async () => {
  const { user, create, get } = await newClient(app);
  const { id } = await create({ title: 'a', description: 'b' });
  const contested: unknown[] = [];
  const phone = await createDevice(user).open();
  const laptop = await createDevice(user, {
    resolveConflict: (...asked) => {
      contested.push(asked);
      return asked[2];
    },
  }).open();
  await phone.sync();
  await laptop.sync();
  await phone.edit(id, { title: 'phone', priority: 'High' });
  await laptop.edit(id, { title: 'laptop', due_date: '2030-01-01' });
  await phone.sync();
  await laptop.sync();
  expect(contested).toEqual([['title', 'laptop', 'phone']]);
  expect(await get(id)).toMatchObject({ title: 'phone', priority: 'High', due_date: '2030-01-01' });
});

test('a task made offline can be edited and removed by the id it was given there', async () => {
  const { user, list } = await newClient(app);
  const phone = await createDevice(user).open();
  const [kept, removed] = [await phone.create({ title: 'kept' }), await phone.create({ title: 'removed' })];
  await phone.edit(kept, { title: 'kept and edited' });
  await phone.sync();
  await phone.edit(kept, { completed: true });
  await phone.remove(removed);
  await phone.sync();
  const tasks: Task[] = await list();
  expect(tasks).toMatchObject([{ title: 'kept and edited', completed: true }]);
});

test('what the user does while something is being sent is kept and sent too', async () => {
  const { user, list } = await newClient(app);
  let meanwhile: (() => Promise<unknown>) | undefined;
  const phone = await createDevice(user, {
    fetch: async (...request) => {
      const response = await fetch(...request);
      await meanwhile?.();
      return response;
    },
  }).open();
  const id = await phone.create({ title: 'first' });
  meanwhile = async () => {
    meanwhile = undefined;
    await phone.create({ title: 'second' });
    await phone.edit(id, { completed: true });
  };
  await Promise.all([phone.sync(), phone.sync()]);
  expect(phone.pending()).toBe(0);
  expect(await list('?sort_by=title&sort_direction=asc')).toMatchObject([
    { title: 'first', completed: true, version: 2 },
    { title: 'second', completed: false, version: 1 },
  ]);
});

test('a task deleted here and changed elsewhere is deleted only if the app says so', async () => {
  const { user, create, v1, list } = await newClient(app);
  const { id } = await create({ title: 'a' });
  let answer: boolean | undefined;
  const phone = await createDevice(user, { resolveConflict: () => answer }).open();
  for (answer of [false, true]) {
    await phone.sync();
    await v1('PATCH', `/tasks/${id}`, { title: `for ${answer}` });
    await phone.remove(id);
    await phone.sync();
    expect(await list()).toMatchObject(answer ? [] : [{ title: 'for false' }]);
    expect(phone.listTasks().size).toBe(answer ? 0 : 1);
  }
});

test('a task deleted elsewhere is gone here, and edits that wait for it with it', async () => {
  const { user, create, v1, list } = await newClient(app);
  const { id } = await create();
  const refused: string[] = [];
  const phone = await createDevice(user, { onRefused: (_entry, reason) => refused.push(reason) }).open();
  await phone.sync();
  await v1('DELETE', `/tasks/${id}`);
  await phone.edit(id, { title: 'too late' });
  await phone.sync();
  expect([phone.pending(), phone.listTasks().size, await list(), refused]).toEqual([
    0,
    0,
    [],
    ['Task not found'],
  ]);
});

test('what the server will never take is reported and dropped', async () => {
  const { user } = await newClient(app);
  const refused: string[] = [];
  const phone = await createDevice(user, { onRefused: (_entry, reason) => refused.push(reason) }).open();
  const id = await phone.create({ title: ' ' });
  await phone.edit(id, { completed: true });
  await phone.sync();
  expect([refused.length, phone.pending(), phone.listTasks().size]).toEqual([1, 0, 0]);
});

test('a client that was away for longer than tombstones are kept starts anew and keeps its outbox', async () => {
  const { user, create, v1 } = await newClient(app);
  const [gone, stays] = [await create({ title: 'gone' }), await create({ title: 'stays' })];
  const phone = await createDevice(user).open();
  await phone.sync();
  await v1('DELETE', `/tasks/${gone.id}`);
  await v1('DELETE', `/trash/${gone.id}`);
  const { db } = app.ctx;
  await db.deleteFrom('duly.tombstones').where('user_id', '=', user.id).execute();
  await db.updateTable('duly.owners').set({ feed_from: 4n }).where('user_id', '=', user.id).execute();
  await phone.edit(stays.id, { title: 'edited' });
  await phone.sync();
  expect([...phone.listTasks().values()]).toMatchObject([{ title: 'edited' }]);
});

test('waiting ends when another device writes', async () => {
  const { user, create } = await newClient(app);
  const phone = await createDevice(user).open();
  await phone.sync();
  const changed = phone.waitForChanges();
  await create({ title: 'from elsewhere' });
  await changed;
  await phone.sync();
  expect([...phone.listTasks().values()]).toMatchObject([{ title: 'from elsewhere' }]);
});

test('projects, sections and views are mirrored in their manual order, and gone once they are deleted', async () => {
  const { user, v1 } = await newClient(app);
  const make = async (path: string, body: object) => (await v1('POST', path, body)).body.data.id;
  const [home, work] = [
    await make('/projects', { name: 'Home' }),
    await make('/projects', { name: 'Work', color: '#3366cc' }),
  ];
  const section = await make(`/projects/${home}/sections`, { name: 'To buy' });
  const view = await make('/views', { name: 'Urgent', parameters: { priority: 'High' } });
  const phone = await createDevice(user).open();
  await phone.sync();
  expect(phone.listProjects()).toMatchObject([{ name: 'Home' }, { name: 'Work', color: '#3366cc' }]);
  expect(phone.listSections(home)).toMatchObject([{ id: section, name: 'To buy' }]);
  expect(phone.listSections(work)).toEqual([]);
  expect(phone.listViews()).toMatchObject([{ id: view, parameters: { priority: 'High' } }]);
  await v1('POST', `/projects/${work}/move`, { after: null });
  await v1('DELETE', `/views/${view}`);
  await phone.sync();
  expect(phone.listProjects().map(({ id }) => id)).toEqual([work, home]);
  expect(phone.listViews()).toEqual([]);
});

test('tasks are shown in their manual order, those not sent yet last', async () => {
  const { user, create, v1 } = await newClient(app);
  const [first, second] = [await create({ title: 'first' }), await create({ title: 'second' })];
  const phone = await createDevice(user).open();
  await phone.create({ title: 'here' });
  const titles = () => [...phone.listTasks().values()].map(({ title }) => title);
  await phone.sync();
  expect(titles()).toEqual(['first', 'second', 'here']);
  await phone.create({ title: 'not sent' });
  await v1('POST', `/tasks/${first.id}/move`, { after: second.id });
  await phone.sync();
  expect(titles()).toEqual(['second', 'first', 'here', 'not sent']);
});

test('a subtask made offline below a task made offline is below that task on the server', async () => {
  const { user, list } = await newClient(app);
  const phone = await createDevice(user).open();
  const parent = await phone.create({ title: 'parent' });
  await phone.create({ title: 'child', parent_id: parent });
  await phone.sync();
  const tasks: Task[] = await list('?sort_by=position&sort_direction=asc');
  expect(tasks).toMatchObject([{ title: 'parent' }, { title: 'child', parent_id: tasks[0]?.id }]);
  expect([...phone.listTasks().values()]).toMatchObject(tasks);
});

test('an app that did not know of projects yet reads them once it does, and keeps its outbox', async () => {
  const { user, create, v1 } = await newClient(app);
  await v1('POST', '/projects', { name: 'Home' });
  const task = await create({ title: 'task' });
  const { body } = await v1('GET', '/changes');
  const key = randomUUID();
  const outbox = [{ key, op: 'update', id: task.id, fields: { title: 'edited' }, base: task }];
  const old = { tasks: { [task.id]: task }, outbox, serverIds: {}, cursor: body.next_cursor };
  const phone = await createDevice(user, { load: async () => JSON.parse(JSON.stringify(old)) }).open();
  await phone.sync();
  expect(phone.listProjects()).toMatchObject([{ name: 'Home' }]);
  expect([...phone.listTasks().values()]).toMatchObject([{ title: 'edited' }]);
});

test('reminders are mirrored, the next one first, and move with their task', async () => {
  const { user, create, v1 } = await newClient(app);
  const reminders = [10, 30].map((minutes_before) => ({ relative_to: 'due', minutes_before }));
  const { id } = await create({ due_date: '2030-06-01', reminders });
  const phone = await createDevice(user).open();
  await phone.sync();
  const times = () => phone.listReminders(id).map(({ next_at }) => next_at);
  expect(times()).toEqual(['2030-05-31T23:30:00.000Z', '2030-05-31T23:50:00.000Z']);
  await phone.edit(id, { due_date: '2030-07-01' });
  await phone.sync();
  expect(times()).toEqual(['2030-06-30T23:30:00.000Z', '2030-06-30T23:50:00.000Z']);
  const [first] = phone.listReminders(id);
  await v1('DELETE', `/tasks/${id}/reminders/${first?.id}`);
  await v1('PATCH', `/tasks/${id}/complete`, { completed: true });
  await phone.sync();
  expect(times()).toEqual([]);
});
