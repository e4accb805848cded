import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Task } from '../../src/tasks/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { issueLocationsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** A user with a repeating task, and what is done with it. */
async function repeating(fields: Record<string, unknown>) {
  const client = await newClient(app);
  const task = await client.create({ due_date: '2026-12-24', recurrence: 'FREQ=DAILY', ...fields });
  const path = `/tasks/${task.id}`;
  const send = async (method: string, suffix: string, body?: object): Promise<Task> => {
    const reply = await client.v1(method, path + suffix, body);
    if (reply.status !== 200) throw new Error(`${method} ${suffix}: ${reply.text}`);
    return reply.body.data;
  };
  return {
    ...client,
    task,
    path,
    patch: (body: object) => send('PATCH', '', body),
    complete: (body: object = {}) => send('PATCH', '/complete', { completed: true, ...body }),
    following: (body: object) => send('PATCH', '/following', body),
    skip: (body?: object) => send('POST', '/occurrences/skip', body),
    undo: (body?: object) => send('POST', '/occurrences/undo', body),
    async recorded(): Promise<string[]> {
      const { body } = await client.v1('GET', `${path}/occurrences`);
      return body.data.map(
        ({ date, number, status }: Record<string, unknown>) => `${number} ${date} ${status}`,
      );
    },
    async coming(count = 10): Promise<string[]> {
      const { body } = await client.v1('GET', `${path}/occurrences?coming=${count}`);
      return body.coming.map(({ date }: { date: string }) => date);
    },
    /** Completes the task until it is completed. @returns its due dates */
    async dates(): Promise<string[]> {
      const found = [task.due_date ?? ''];
      for (let at = task; found.length < 50; found.push(at.due_date ?? '')) {
        at = await send('PATCH', '/complete', { completed: true });
        if (at.completed) return found;
      }
      throw new Error('never completed');
    },
  };
}

/** All but what every change changes. */
const fieldsOf = ({ version: _, updated_at: __, ...fields }: Task) => fields;

describe('a completion', () => {
  test('records the occurrence and moves the task on, with its time, zone and start', async () => {
    const { task, complete, recorded, get } = await repeating({
      ...{
        due_time: '09:00',
        time_zone: 'Europe/Berlin',
        start_date: '2026-12-20',
        recurrence: 'FREQ=WEEKLY',
      },
    });
    expect(task).toMatchObject({ occurrence: '2026-12-24', recurrence_from: 'due', excluded_dates: [] });
    const after = await complete();
    expect(after).toMatchObject({
      ...{ due_date: '2026-12-31', due_time: '09:00', due_at: '2026-12-31T08:00:00.000Z' },
      ...{ start_date: '2026-12-27', occurrence: '2026-12-31', completed: false, completed_at: null },
      version: 2,
    });
    expect(await get(task.id)).toEqual(after);
    expect(await recorded()).toEqual(['1 2026-12-24 done']);
  });

  test('keeps the time on the clock across a change of the offset, also of a time that does not exist', async () => {
    const { complete } = await repeating({
      ...{ due_date: '2026-03-28', due_time: '02:30', time_zone: 'Europe/Berlin' },
    });
    expect((await complete()).due_at).toBe('2026-03-29T01:30:00.000Z');
    expect(await complete()).toMatchObject({ due_time: '02:30', due_at: '2026-03-30T00:30:00.000Z' });
  });

  test('is what COUNT counts, excluded dates included', async () => {
    const { dates, recorded } = await repeating({
      ...{ recurrence: 'FREQ=DAILY;COUNT=4', excluded_dates: ['2026-12-26', '2026-12-26'] },
    });
    expect(await dates()).toEqual(['2026-12-24', '2026-12-25', '2026-12-27']);
    expect(await recorded()).toEqual(['4 2026-12-27 done', '2 2026-12-25 done', '1 2026-12-24 done']);
  });

  test.each([
    ['a date', '20261226', {}, 3],
    ['a time on the clock', '20261226T085959', { due_time: '09:00' }, 2],
    ['that time', '20261226T090000', { due_time: '09:00' }, 3],
    ['an instant', '20261226T075959Z', { due_time: '09:00', time_zone: 'Europe/Berlin' }, 2],
    ['that instant', '20261226T080000Z', { due_time: '09:00', time_zone: 'Europe/Berlin' }, 3],
  ])('ends at UNTIL, %s', async (_, until, fields, count) => {
    const { dates } = await repeating({ recurrence: `FREQ=DAILY;UNTIL=${until}`, ...fields });
    expect(await dates()).toHaveLength(count);
  });

  test('of the last occurrence completes the task and keeps the rule', async () => {
    const { complete, task, patch } = await repeating({ recurrence: 'FREQ=DAILY;COUNT=1' });
    const done = await complete();
    expect(done).toMatchObject({ completed: true, due_date: task.due_date, recurrence: task.recurrence });
    expect(done.completed_at).toBe(done.updated_at);
    expect(await complete()).toEqual(done);
    expect(fieldsOf(await patch({ completed: false }))).toEqual(fieldsOf(task));
  });

  test('in the completion mode counts from the day of completion, and never repeats a date', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const later = (days: number) =>
      new Date(Date.parse(today) + days * 86_400_000).toISOString().slice(0, 10);
    const fields = { recurrence: 'FREQ=DAILY;INTERVAL=3', recurrence_from: 'completion' };
    const late = await repeating({ due_date: '2020-01-01', ...fields });
    expect(await late.complete()).toMatchObject({ due_date: later(3), occurrence: later(3) });
    expect(await late.coming()).toEqual([later(3)]);
    const early = await repeating({ due_date: later(30), ...fields });
    expect(await early.complete({ occurrence: later(30) })).toMatchObject({ due_date: later(33) });
    expect(await early.complete({ occurrence: later(30) })).toMatchObject({ due_date: later(33) });
  });

  test('leaves subtasks, unless they are to be completed too', async () => {
    const { create, get, task, complete, v1 } = await repeating({});
    const child = await create({ parent_id: task.id });
    const each = await create({ parent_id: task.id, due_date: '2026-12-24', recurrence: 'FREQ=DAILY' });
    expect(await complete()).toMatchObject({ progress: { done: 0, total: 2 } });
    expect(await complete({ children: 'complete' })).toMatchObject({ due_date: '2026-12-26' });
    expect(await get(child.id)).toMatchObject({ completed: true });
    expect(await get(each.id)).toMatchObject({ completed: false, due_date: '2026-12-25' });
    expect((await v1('GET', `/tasks/${each.id}/occurrences`)).body.data).toHaveLength(1);
  });
});

describe('one that is sent twice moves the task on once', () => {
  const second = { due_date: '2026-12-25', occurrence: '2026-12-25' };

  test('with the occurrence', async () => {
    const { complete, revision, recorded, v1, path, patch } = await repeating({});
    const after = await complete({ occurrence: '2026-12-24' });
    const before = await revision();
    expect(await complete({ occurrence: '2026-12-24' })).toEqual(after);
    expect(await patch({ completed: true, occurrence: '2026-12-24', due_date: '2026-12-24' })).toEqual(after);
    expect([await revision(), await recorded()]).toEqual([before, ['1 2026-12-24 done']]);
    const other = await v1('PATCH', `${path}/complete`, { completed: true, occurrence: '2026-12-30' });
    expect([other.status, other.body.error_code]).toEqual([409, 'VERSION_CONFLICT']);
    expect(other.body.current).toEqual(after);
  });

  test('with the occurrence, also after the rule was taken away', async () => {
    const { complete, patch } = await repeating({});
    await complete({ occurrence: '2026-12-24' });
    const once = await patch({ recurrence: null });
    expect(once).toMatchObject({ recurrence: null, occurrence: null, due_date: '2026-12-25' });
    expect(await complete({ occurrence: '2026-12-24' })).toEqual(once);
    expect(await complete({ occurrence: '2026-12-25' })).toMatchObject({ completed: true });
  });

  test('with a key, and with a version', async () => {
    const { v1, path, get, task } = await repeating({});
    const key = { 'idempotency-key': 'once' };
    for (let count = 0; count < 2; count += 1)
      await v1('PATCH', `${path}/complete`, { completed: true }, key);
    expect(await get(task.id)).toMatchObject(second);
    const body = { completed: true, version: 2 };
    const replies = [
      await v1('PATCH', `${path}/complete`, body),
      await v1('PATCH', `${path}/complete`, body),
    ];
    expect(replies.map(({ status }) => status)).toEqual([200, 409]);
    expect(await get(task.id)).toMatchObject({ due_date: '2026-12-26' });
  });

  test('by fifty at once', async () => {
    const { complete, recorded, get, task } = await repeating({});
    const body = { occurrence: '2026-12-24' };
    const answers = await Promise.all(Array.from({ length: 50 }, () => complete(body)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await get(task.id)).toMatchObject(second);
    expect(await recorded()).toEqual(['1 2026-12-24 done']);
  });

  test('as a whole task, which names its occurrence', async () => {
    const { v1, bare, path, get, task } = await repeating({});
    const { version: _, updated_at: __, ...whole } = task;
    for (const call of [v1, bare, v1])
      expect((await call('PUT', path, { ...whole, title: 'done', completed: true })).status).toBe(200);
    expect(await get(task.id)).toMatchObject({ ...second, title: 'done', version: 2 });
  });

  test('in bulk', async () => {
    const { v1, task, recorded } = await repeating({});
    const complete = { op: 'complete', id: task.id, occurrence: '2026-12-24' };
    const update = { op: 'update', id: task.id, completed: true, occurrence: '2026-12-24', title: 'done' };
    const { body } = await v1('POST', '/tasks/bulk', { operations: [complete, update, complete] });
    expect(body.data.map(({ status }: { status: number }) => status)).toEqual([200, 200, 200]);
    expect(body.data[2].task).toMatchObject({ ...second, title: 'done' });
    expect(await recorded()).toEqual(['1 2026-12-24 done']);
  });
});

test('a bare toggle completes each time, and takes a completed task back', async () => {
  const { bare, path, recorded } = await repeating({ recurrence: 'FREQ=DAILY;COUNT=2' });
  const toggle = async () => (await bare('PATCH', `${path}/complete`)).body;
  expect(await toggle()).toMatchObject({ due_date: '2026-12-25', completed: false });
  expect(await toggle()).toMatchObject({ due_date: '2026-12-25', completed: true });
  expect(await recorded()).toHaveLength(2);
  expect(await toggle()).toMatchObject({ due_date: '2026-12-25', completed: false });
  expect(await recorded()).toEqual(['1 2026-12-24 done']);
});

describe('an undo', () => {
  test('brings each occurrence back exactly, the newest first', async () => {
    const fields = {
      due_time: '09:00',
      start_date: '2026-12-01',
      recurrence: 'FREQ=WEEKLY;BYDAY=TH,FR;COUNT=4',
    };
    const { task, complete, skip, undo, patch, recorded } = await repeating(fields);
    const states = [task];
    states.push(await complete());
    states.push(await patch({ due_date: '2026-12-27', due_time: null }));
    await skip();
    states.push(await complete());
    await complete();
    expect(await recorded()).toHaveLength(4);
    const { length } = states;
    expect(fieldsOf(await undo())).toEqual(fieldsOf(states[length - 1] ?? task));
    await undo();
    expect(fieldsOf(await undo({ occurrence: '2026-12-25' }))).toEqual(fieldsOf(states[2] ?? task));
    expect(fieldsOf(await undo())).toEqual(fieldsOf(task));
    expect(await recorded()).toEqual([]);
  });

  test('sent twice with its occurrence undoes one, and refuses any other', async () => {
    const { complete, undo, v1, path, recorded } = await repeating({});
    await complete();
    await complete();
    const refused = await v1('POST', `${path}/occurrences/undo`, { occurrence: '2026-12-24' });
    expect([refused.status, refused.body.error_code]).toEqual([409, 'VERSION_CONFLICT']);
    const back = await undo({ occurrence: '2026-12-25' });
    expect(await undo({ occurrence: '2026-12-25' })).toEqual(back);
    expect(await recorded()).toEqual(['1 2026-12-24 done']);
    await undo();
    expect((await v1('POST', `${path}/occurrences/undo`)).status).toBe(409);
  });

  test('does not take a change of the rule back: it is refused', async () => {
    const { complete, patch, v1, path, get, task } = await repeating({});
    await complete();
    const changed = await patch({ recurrence: 'FREQ=WEEKLY' });
    expect((await v1('POST', `${path}/occurrences/undo`)).status).toBe(409);
    expect(await get(task.id)).toEqual(changed);
  });

  test('of the last occurrence keeps what was changed since', async () => {
    const { complete, patch, undo } = await repeating({ recurrence: 'FREQ=DAILY;COUNT=1' });
    await complete();
    await patch({ due_date: '2026-12-26' });
    expect(await undo()).toMatchObject({
      completed: false,
      due_date: '2026-12-26',
      occurrence: '2026-12-24',
    });
  });
});

test('a skip moves on without a completion, and counts; the last one completes the task', async () => {
  const { skip, recorded } = await repeating({ recurrence: 'FREQ=DAILY;COUNT=2' });
  expect(await skip({ occurrence: '2026-12-24' })).toMatchObject({ due_date: '2026-12-25' });
  expect(await skip({ occurrence: '2026-12-24' })).toMatchObject({ due_date: '2026-12-25' });
  expect(await skip()).toMatchObject({ completed: true });
  expect(await skip()).toMatchObject({ completed: true });
  expect(await recorded()).toEqual(['2 2026-12-25 skipped', '1 2026-12-24 skipped']);
});

test('bulk operations skip and undo, each after those before it', async () => {
  const { v1, task, recorded, create } = await repeating({});
  const plain = await create();
  const operations = [
    { op: 'complete', id: task.id },
    { op: 'skip', id: task.id },
    { op: 'undo', id: task.id, occurrence: '2026-12-25' },
    { op: 'undo', id: task.id },
    { op: 'undo', id: task.id },
    { op: 'skip', id: task.id, occurrence: '2026-12-24' },
    { op: 'skip', id: plain.id },
    { op: 'create', temp_id: 'new', title: 'new', due_date: '2026-12-24', recurrence: 'FREQ=WEEKLY' },
    { op: 'complete', id: 'new' },
  ];
  const { body } = await v1('POST', '/tasks/bulk', { operations });
  const statuses = body.data.map(({ status }: { status: number }) => status);
  expect(statuses).toEqual([200, 200, 200, 200, 409, 200, 422, 201, 200]);
  expect(await recorded()).toEqual(['1 2026-12-24 skipped']);
  expect(body.data[8].task).toMatchObject({ due_date: '2026-12-31' });
});

describe('"this one"', () => {
  test('is a PATCH of the due value: the next one is where the rule has it', async () => {
    const { patch, complete, task } = await repeating({ due_time: '09:00' });
    const moved = await patch({ due_date: '2026-12-30', due_time: '11:00' });
    expect(moved).toMatchObject({ occurrence: '2026-12-24', recurrence: task.recurrence });
    expect(await complete()).toMatchObject({ due_date: '2026-12-25', due_time: '09:00' });
  });
});

describe('"all following"', () => {
  test('moves the rule along, and counts what is left', async () => {
    const { complete, following, dates, coming } = await repeating({
      ...{ recurrence: 'freq=weekly;byday=TH;COUNT=4', excluded_dates: ['2027-01-07'] },
    });
    await complete();
    const moved = await following({ due_date: '2027-01-01', due_time: '10:00' });
    expect(moved).toMatchObject({
      ...{ due_date: '2027-01-01', due_time: '10:00', occurrence: '2027-01-01' },
      ...{ recurrence: 'freq=weekly;BYDAY=FR;COUNT=3', excluded_dates: ['2027-01-08'] },
    });
    expect(await coming()).toEqual(['2027-01-01', '2027-01-15']);
    expect(await complete()).toMatchObject({ due_date: '2027-01-15', due_time: '10:00' });
    expect(await dates()).toHaveLength(1);
  });

  test('leaves excluded dates a set in order: the task sent back as it was read is no change', async () => {
    const { following, patch } = await repeating({
      excluded_dates: ['2026-12-10', '2026-12-26', '2027-01-05'],
    });
    const earlier = await following({ due_date: '2026-12-08' });
    expect(earlier.excluded_dates).toEqual(['2026-12-10', '2026-12-20']);
    expect(await patch(earlier)).toEqual(earlier);
  });

  test('of a time leaves the dates, also that of an occurrence that was moved', async () => {
    const { patch, following, complete } = await repeating({ due_time: '09:00' });
    await patch({ due_date: '2026-12-30' });
    expect(await following({ due_time: '07:00' })).toMatchObject({
      due_date: '2026-12-30',
      due_time: '07:00',
    });
    expect(await complete()).toMatchObject({ due_date: '2026-12-25', due_time: '07:00' });
  });

  test('with a rule starts it from the due date; without a change it changes nothing', async () => {
    const { following, complete, task, revision } = await repeating({ recurrence: 'FREQ=DAILY;COUNT=9' });
    const before = await revision();
    expect(await following({})).toEqual(task);
    expect(await following({ due_date: '2026-12-24', recurrence: 'FREQ=DAILY;COUNT=9' })).toEqual(task);
    expect(await revision()).toBe(before);
    expect(await following({ recurrence: 'FREQ=MONTHLY' })).toMatchObject({ recurrence: 'FREQ=MONTHLY' });
    expect(await complete()).toMatchObject({ due_date: '2027-01-24' });
  });

  test('is refused where the rule cannot be moved along, and of a task without a rule', async () => {
    const { v1, path, create } = await repeating({ recurrence: 'FREQ=MONTHLY;BYMONTHDAY=1,24' });
    const refused = await v1('PATCH', `${path}/following`, { due_date: '2026-12-25' });
    expect([refused.status, issueLocationsOf('v1', refused)]).toEqual([422, ['body.recurrence']]);
    const { id } = await create({ due_date: '2026-12-25' });
    expect((await v1('PATCH', `/tasks/${id}/following`, { due_time: '09:00' })).status).toBe(422);
  });
});

test.each([
  ['a rule without a date', { due_date: null, recurrence: 'FREQ=DAILY' }, 'body.recurrence'],
  ['an empty rule', { recurrence: '' }, 'body.recurrence'],
  ['no rule at all', { recurrence: 'every day' }, 'body.recurrence'],
  ['a rule that never happens', { recurrence: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' }, 'body.recurrence'],
  ['too many excluded dates', { excluded_dates: Array(101).fill('2026-12-24') }, 'body.excluded_dates'],
  ['an excluded date that is none', { excluded_dates: ['2026-02-30'] }, 'body.excluded_dates.0'],
])('%s is refused on creation and by a change', async (_, fields, place) => {
  const { v1, create } = await newClient(app);
  const { id } = await create({ due_date: 'due_date' in fields ? null : '2026-12-24' });
  const replies = [
    await v1('POST', '/tasks', { title: 'a', due_date: '2026-12-24', ...fields }),
    await v1('PATCH', `/tasks/${id}`, fields),
  ];
  for (const reply of replies) expect([reply.status, issueLocationsOf('v1', reply)]).toEqual([422, [place]]);
});

test('a repeating task keeps its date and its rule, until the rule is taken away', async () => {
  const { v1, path, patch, task, get } = await repeating({});
  for (const fields of [{ due_date: null }, { due_date: '' }]) {
    const reply = await v1('PATCH', path, fields);
    expect([reply.status, issueLocationsOf('v1', reply)]).toEqual([422, ['body.due_date']]);
    expect(reply.body.errors[0].msg).toContain('take the rule away first');
  }
  expect(await get(task.id)).toEqual(task);
  expect(await patch({ recurrence: null, due_date: null })).toMatchObject({
    occurrence: null,
    due_date: null,
  });
});

test('the trash keeps all, and a purge leaves tombstones', async () => {
  const { v1, task, path, complete, recorded } = await repeating({});
  await complete();
  await complete();
  const before = await recorded();
  await v1('DELETE', path);
  expect((await v1('GET', `${path}/occurrences`)).status).toBe(404);
  expect(fieldsOf((await v1('POST', `/trash/${task.id}/restore`)).body.data)).toMatchObject({
    occurrence: '2026-12-26',
  });
  expect(await recorded()).toEqual(before);
  await v1('DELETE', path);
  const { body } = await v1('GET', '/changes');
  await v1('DELETE', `/trash/${task.id}`);
  const gone = (await v1('GET', `/changes?since=${encodeURIComponent(body.next_cursor)}`)).body.data;
  expect(gone.map(({ type, op }: Record<string, string>) => `${op} ${type}`)).toEqual([
    'delete occurrence',
    'delete occurrence',
    'delete task',
  ]);
});
