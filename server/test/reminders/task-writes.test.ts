import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { newReminded } from '../support/reminders.ts';
import { findFaults } from '../support/stored-tags.ts';
import { newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const timed = { due_date: '2030-06-01', due_time: '09:00', time_zone: 'Europe/Berlin' };
const reminders = [{ relative_to: 'due', minutes_before: 30 }];
const before = '2030-06-01T06:30:00.000Z';

describe('a write of a task moves its reminders', () => {
  test('with the due time, and leaves their versions', async () => {
    const { patch, send, times } = await newReminded(app, { ...timed, reminders });
    expect(await times()).toEqual([before]);
    await patch({ due_time: '10:00' });
    expect(await send('GET', '/reminders')).toMatchObject([
      { next_at: '2030-06-01T07:30:00.000Z', version: 1 },
    ]);
    await patch({ due_time: null });
    expect(await times()).toEqual(['2030-05-31T23:30:00.000Z']);
    await patch({ due_date: null });
    expect(await times()).toEqual([null]);
  });

  test('with the start, and an absolute one stays', async () => {
    const rules = [{ relative_to: 'start', minutes_before: 0 }, { remind_at: '2030-01-01T00:00:00Z' }];
    const { patch, times } = await newReminded(app, { start_date: '2030-05-01', reminders: rules });
    await patch({ start_date: '2030-04-01' });
    expect(await times()).toEqual(['2030-01-01T00:00:00.000Z', '2030-04-01T00:00:00.000Z']);
  });

  test('not when nothing that they are counted from changes: a snooze stays', async () => {
    const { patch, send, task } = await newReminded(app, { ...timed, reminders });
    const [{ id }] = await send('GET', '/reminders');
    const path = `/tasks/${task.id}/reminders/${id}`;
    const snoozed = await send('POST', `${path}/snooze`, { minutes: 60 });
    await patch({ title: 'another', priority: 'High', due_date: timed.due_date });
    expect(await send('GET', path)).toEqual(snoozed);
  });

  test('not into the past: they are not sent any more', async () => {
    const { patch, times } = await newReminded(app, { ...timed, reminders });
    await patch({ due_date: '2020-06-01' });
    expect(await times()).toEqual([null]);
  });

  test.each<
    [
      string,
      (sent: Awaited<ReturnType<typeof newReminded>>) => Promise<unknown>,
      (sent: Awaited<ReturnType<typeof newReminded>>) => Promise<unknown>,
    ]
  >([
    ['completion', ({ patch }) => patch({ completed: true }), ({ patch }) => patch({ completed: false })],
    [
      'PATCH of complete',
      ({ send, task }) => send('PATCH', `/tasks/${task.id}/complete`, { completed: true }),
      ({ send, task }) => send('PATCH', `/tasks/${task.id}/complete`, { completed: false }),
    ],
    [
      'deletion',
      ({ send, task }) => send('DELETE', `/tasks/${task.id}`),
      ({ send, task }) => send('POST', `/trash/${task.id}/restore`),
    ],
    [
      'bulk complete',
      ({ send, task }) => send('POST', '/tasks/bulk', { operations: [{ op: 'complete', id: task.id }] }),
      ({ send, task }) =>
        send('POST', '/tasks/bulk', { operations: [{ op: 'update', id: task.id, completed: false }] }),
    ],
    [
      'bulk delete',
      ({ send, task }) => send('POST', '/tasks/bulk', { operations: [{ op: 'delete', id: task.id }] }),
      ({ send, task }) => send('POST', '/tasks/bulk', { operations: [{ op: 'restore', id: task.id }] }),
    ],
  ])('by %s they are not sent, until it is taken back', async (_, away, back) => {
    const reminded = await newReminded(app, { ...timed, reminders });
    const { v1, task, times, send } = reminded;
    const [{ id }] = await send('GET', '/reminders');
    await away(reminded);
    const [change] = (await v1('GET', '/changes')).body.data.filter(
      ({ type }: { type: string }) => type === 'reminder',
    );
    expect(change.reminder).toMatchObject({ id, task_id: task.id, next_at: null, version: 1 });
    await back(reminded);
    expect(await times()).toEqual([before]);
  });

  test('with the next occurrence of a repeating task, and back with an undo', async () => {
    const repeating = { ...timed, recurrence: 'FREQ=DAILY' };
    const { send, task, times } = await newReminded(app, { ...repeating, reminders });
    await send('PATCH', `/tasks/${task.id}/complete`, { completed: true });
    expect(await times()).toEqual(['2030-06-02T06:30:00.000Z']);
    await send('POST', `/tasks/${task.id}/occurrences/skip`);
    expect(await times()).toEqual(['2030-06-03T06:30:00.000Z']);
    await send('POST', `/tasks/${task.id}/occurrences/undo`);
    expect(await times()).toEqual(['2030-06-02T06:30:00.000Z']);
    await send('PATCH', `/tasks/${task.id}/following`, { due_time: '12:00' });
    expect(await times()).toEqual(['2030-06-02T09:30:00.000Z']);
  });

  test.each(['complete', 'delete'])(
    'of subtasks too, when a request takes them along: %s',
    async (children) => {
      const { send, task, create, times } = await newReminded(app);
      const child = await create({ parent_id: task.id });
      await create({ ...timed, parent_id: child.id, reminders });
      await send('DELETE', `/tasks/${task.id}`, { children });
      const all = (await send('GET', '/changes')).filter(({ type }: { type: string }) => type === 'reminder');
      expect(all).toMatchObject([{ reminder: { next_at: null } }]);
      if (children === 'delete') {
        await send('POST', `/trash/${task.id}/restore`);
        expect(await times()).toEqual([before]);
      }
    },
  );

  test('of a project, when it goes to the trash and comes back with its tasks', async () => {
    const client = await newClient(app);
    await client.v1('PATCH', '', { time_zone: 'Asia/Tokyo' });
    const project = (await client.v1('POST', '/projects', { name: 'a' })).body.data.id;
    const all = [...reminders, { relative_to: 'start', minutes_before: 0 }];
    await client.create({ ...timed, start_date: '2030-05-01', project_id: project, reminders: all });
    await client.create({ due_date: '2030-06-01', project_id: project, reminders });
    const timesOf = async () =>
      (await client.v1('GET', '/reminders')).body.data.map(({ next_at }: { next_at: string }) => next_at);
    const known = ['2030-04-30T15:00:00.000Z', '2030-05-31T14:30:00.000Z', before];
    expect(await timesOf()).toEqual(known);
    expect((await client.v1('DELETE', `/projects/${project}?tasks=trash`)).status).toBe(200);
    expect(await timesOf()).toEqual([]);
    const rows = await app.ctx.db
      .selectFrom('duly.reminders')
      .select('next_at')
      .where('user_id', '=', client.user.id)
      .execute();
    expect(rows).toEqual([{ next_at: null }, { next_at: null }, { next_at: null }]);
    expect((await client.v1('POST', `/trash/projects/${project}/restore`)).status).toBe(200);
    expect(await timesOf()).toEqual(known);
  });
});

describe('a task that is purged takes its reminders along', () => {
  const tombstonesOf = async (userId: string) =>
    app.ctx.db
      .selectFrom('duly.tombstones')
      .select('id')
      .where('user_id', '=', userId)
      .where('type', '=', 'reminder')
      .execute();

  test.each(['one', 'all', 'project'])('%s', async (way) => {
    const { send, create, user, v1 } = await newReminded(app);
    const project = (await send('POST', '/projects', { name: 'a' })).id;
    const { id } = await create({ ...timed, project_id: project, reminders });
    const [reminder] = await send('GET', '/reminders');
    if (way === 'project') await send('DELETE', `/projects/${project}?tasks=trash`);
    else await send('DELETE', `/tasks/${id}`);
    const { next_cursor } = (await v1('GET', '/changes')).body;
    if (way === 'one') await send('DELETE', `/trash/${id}`);
    else if (way === 'all') await send('DELETE', '/trash');
    else await send('DELETE', `/trash/projects/${project}`);
    expect(await tombstonesOf(user.id)).toEqual([{ id: reminder.id }]);
    const changes = (await v1('GET', `/changes?since=${encodeURIComponent(next_cursor)}`)).body.data;
    expect(changes).toContainEqual(
      expect.objectContaining({ type: 'reminder', id: reminder.id, op: 'delete' }),
    );
  });
});

describe('the default of the profile', () => {
  const withDefault = async () => {
    const client = await newClient(app);
    const { status } = await client.v1('PATCH', '', { default_reminder_minutes: 15 });
    expect(status).toBe(200);
    const rules = async (id: string) => {
      const { body } = await client.v1('GET', `/tasks/${id}/reminders`);
      return body.data.map(({ relative_to, minutes_before, next_at }: Record<string, unknown>) => [
        relative_to,
        minutes_before,
        next_at,
      ]);
    };
    return { ...client, rules };
  };
  const quarter = [['due', 15, '2030-06-01T06:45:00.000Z']];

  test('is given to a task that is created with a time', async () => {
    const { create, rules } = await withDefault();
    const task = await create(timed);
    expect(task.reminder_count).toBe(1);
    expect(await rules(task.id)).toEqual(quarter);
  });

  test('is given by a PATCH that adds a time, once', async () => {
    const { create, rules, v1, get } = await withDefault();
    const { id } = await create({ due_date: '2030-06-01' });
    expect(await rules(id)).toEqual([]);
    const { body } = await v1('PATCH', `/tasks/${id}`, { due_time: '09:00', time_zone: 'Europe/Berlin' });
    expect(body.data).toEqual(await get(id));
    expect([body.data.reminder_count, await rules(id)]).toEqual([1, quarter]);
    await v1('PATCH', `/tasks/${id}`, { due_time: null });
    await v1('PATCH', `/tasks/${id}`, { due_time: '10:00' });
    expect(await rules(id)).toHaveLength(1);
  });

  test('is given by quick add and in bulk', async () => {
    const { create, rules, v1 } = await withDefault();
    const { task } = (await v1('POST', '/tasks/quick', { text: 'Call Ada tomorrow at 9am' })).body.data;
    expect([task.reminder_count, (await rules(task.id)).length]).toEqual([1, 1]);
    const { id } = await create({});
    const operations = [
      { op: 'create', title: 'a', ...timed },
      { op: 'update', id, ...timed },
      { op: 'create', temp_id: 'b', title: 'b' },
      { op: 'update', id: 'b', ...timed },
      { op: 'complete', id: 'b' },
    ];
    const results = (await v1('POST', '/tasks/bulk', { operations })).body.data;
    expect(
      results.map(({ task: each }: { task: { reminder_count: number } }) => each.reminder_count),
    ).toEqual([1, 1, 0, 1, 1]);
    expect(await rules(results[0].id)).toEqual(quarter);
    expect(await rules(id)).toEqual(quarter);
    expect(await rules(results[2].id)).toEqual([['due', 15, null]]);
  });

  test.each([
    ['a whole day', { due_date: '2030-06-01' }, []],
    ['a task with reminders of its own', { ...timed, reminders }, [['due', 30, before]]],
    ['a task that is to have none', { ...timed, reminders: [] }, []],
  ])('is not given to %s', async (_, fields, expected) => {
    const { create, rules } = await withDefault();
    expect(await rules((await create(fields)).id)).toEqual(expected);
  });
});

test('reminders of new tasks are refused by their place in the request', async () => {
  const { v1 } = await newClient(app);
  const reply = await v1('POST', '/tasks', { title: 'a', reminders: [...reminders, {}] });
  expect([reply.status, reply.body.errors[0].loc]).toEqual([422, ['body', 'reminders', 1, 'remind_at']]);
  const operations = [
    { op: 'create', title: 'a' },
    { op: 'create', title: 'a', reminders: [{}] },
  ];
  const bulk = await v1('POST', '/tasks/bulk', { operations, atomic: true });
  expect([bulk.status, bulk.body.errors[0].loc]).toEqual([
    422,
    ['body', 'operations', 1, 'reminders', 0, 'remind_at'],
  ]);
  const many = Array.from({ length: 21 }, () => reminders[0]);
  expect((await v1('POST', '/tasks', { title: 'a', reminders: many })).status).toBe(422);
});

describe('another zone in the profile', () => {
  test('moves reminders of floating tasks and of whole days, but no others', async () => {
    const client = await newClient(app);
    const floating = { due_date: '2030-06-01', due_time: '09:00' };
    const rule = (minutes_before: number) => [{ relative_to: 'due', minutes_before }];
    await client.create({ ...floating, reminders: rule(1) });
    await client.create({ due_date: '2030-06-01', reminders: rule(2) });
    await client.create({
      start_date: '2030-06-01',
      reminders: [{ relative_to: 'start', minutes_before: 3 }],
    });
    await client.create({ ...timed, reminders: rule(4) });
    await client.create({ reminders: [{ remind_at: '2030-06-01T00:00:05Z' }] });
    const read = async () => {
      const all: { minutes_before: number; next_at: string }[] = (await client.v1('GET', '/reminders')).body
        .data;
      return Object.fromEntries(
        all.map(({ minutes_before, next_at }) => [minutes_before, next_at.slice(5, 16)]),
      );
    };
    const [own, fixed] = ['06-01T06:56', '06-01T00:00'];
    expect(await read()).toEqual({
      1: '06-01T08:59',
      2: '05-31T23:58',
      3: '05-31T23:57',
      4: own,
      null: fixed,
    });
    await client.v1('PATCH', '', { time_zone: 'America/New_York' });
    expect(await read()).toEqual({
      1: '06-01T12:59',
      2: '06-01T03:58',
      3: '06-01T03:57',
      4: own,
      null: fixed,
    });
    await client.v1('PATCH', '', { time_zone: 'Asia/Tokyo' });
    expect(await read()).toEqual({
      1: '05-31T23:59',
      2: '05-31T14:58',
      3: '05-31T14:57',
      4: own,
      null: fixed,
    });
  });

  test('with the same clock leaves them, and a snooze too', async () => {
    const { send, v1, task } = await newReminded(app, { due_date: '2030-06-01', reminders });
    await v1('PATCH', '', { time_zone: 'Europe/Berlin' });
    const [{ id }] = await send('GET', '/reminders');
    const snoozed = await send('POST', `/tasks/${task.id}/reminders/${id}/snooze`, { minutes: 5 });
    await v1('PATCH', '', { time_zone: 'Europe/Paris' });
    expect(await send('GET', '/reminders')).toEqual([snoozed]);
    await v1('PATCH', '', { time_zone: 'Europe/London' });
    expect(await send('GET', '/reminders')).toMatchObject([
      { snoozed_until: null, next_at: '2030-05-31T22:30:00.000Z' },
    ]);
  });
});

describe('where the clock changes', () => {
  test.each([
    // 02:30 does not exist: it is 03:30. An hour before it is 01:30 on that day.
    [
      'a time that does not exist',
      { due_date: '2030-03-31', due_time: '02:30', time_zone: 'Europe/Berlin' },
      60,
      '2030-03-31T00:30:00.000Z',
    ],
    // 02:30 exists twice: it is the first one.
    [
      'a time that exists twice',
      { due_date: '2030-10-27', due_time: '02:30', time_zone: 'Europe/Berlin' },
      0,
      '2030-10-27T00:30:00.000Z',
    ],
    [
      'a day before, of 23 hours',
      { due_date: '2030-04-01', due_time: '00:00', time_zone: 'Europe/Berlin' },
      1_440,
      '2030-03-30T22:00:00.000Z',
    ],
  ])('%s', async (_, fields, minutes_before, next_at) => {
    const rules = [{ relative_to: 'due', minutes_before }];
    const { times, patch } = await newReminded(app, { ...fields, reminders: rules });
    expect(await times()).toEqual([next_at]);
    await patch({ due_date: '2031-01-01' });
    await patch({ due_date: fields.due_date });
    expect(await times()).toEqual([next_at]);
  });
});

test('a reminder that is due, but not sent yet, stays so while its own time stays', async () => {
  const rules = [{ remind_at: '2020-01-01T00:00:00Z' }];
  const { patch, times, user } = await newReminded(app, { ...timed, reminders: rules });
  expect(await times()).toEqual([null]);
  const reminders = app.ctx.db.updateTable('duly.reminders').where('user_id', '=', user.id);
  await reminders.set(({ ref }) => ({ next_at: ref('remind_at') })).execute();
  await patch({ due_date: '2031-01-01' });
  expect(await times()).toEqual(['2020-01-01T00:00:00.000Z']);
  await patch({ completed: true });
  expect(await times()).toEqual([null]);
});

test('verify-data finds wrong counts and times', async () => {
  const { user, task } = await newReminded(app, { ...timed, reminders });
  const { db } = app.ctx;
  const own = async () => (await findFaults(db)).faults.filter((fault) => fault.startsWith(user.id));
  expect(await own()).toEqual([]);
  await db.updateTable('duly.tasks').set({ reminder_count: 2 }).where('id', '=', task.id).execute();
  await db.updateTable('duly.reminders').set({ next_at: null }).where('task_id', '=', task.id).execute();
  expect(await own()).toEqual([
    `${user.id}: task ${task.id}: its row has a reminder_count of 2, its reminders are 1`,
    expect.stringContaining(`its row has the next_at null, its rule gives ${before}`),
  ]);
  await db.updateTable('duly.tasks').set({ reminder_count: 1 }).where('id', '=', task.id).execute();
  const next_at = new Date(before);
  await db.updateTable('duly.reminders').set({ next_at }).where('task_id', '=', task.id).execute();
  expect(await own()).toEqual([]);
});
