import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { fire, newReminded } from '../support/reminders.ts';
import { issueLocationsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const timed = { due_date: '2030-06-01', due_time: '09:00', time_zone: 'Europe/Berlin' };
const halfAnHour = { relative_to: 'due', minutes_before: 30 };
const absolute = { remind_at: '2030-01-01T08:00:00Z' };

describe('a new reminder', () => {
  test('has its instant, its defaults, an entity tag and a location', async () => {
    const { v1, path, task, user } = await newReminded(app, timed);
    const { status, body, headers } = await v1('POST', path, halfAnHour);
    expect(status).toBe(201);
    const { id, created_at, updated_at, ...rest } = body.data;
    expect(rest).toEqual({
      ...{ task_id: task.id, ...halfAnHour, remind_at: null, channels: null },
      ...{ snoozed_until: null, next_at: '2030-06-01T06:30:00.000Z', fired_at: null, version: 1 },
    });
    expect(updated_at).toBe(created_at);
    expect(headers.get('location')).toBe(`${user.v1}${path}/${id}`);
    const read = await v1('GET', `${path}/${id}`);
    expect(read.body.data).toEqual(body.data);
    expect(read.headers.get('etag')).toBe(headers.get('etag'));
  });

  test.each([
    [
      'a timed task, after it',
      timed,
      { relative_to: 'due', minutes_before: -45 },
      '2030-06-01T07:45:00.000Z',
    ],
    [
      'a whole day',
      { due_date: '2030-06-01' },
      { relative_to: 'due', minutes_before: 60 },
      '2030-05-31T14:00:00.000Z',
    ],
    [
      'the start',
      { start_date: '2030-06-01' },
      { relative_to: 'start', minutes_before: 0 },
      '2030-05-31T15:00:00.000Z',
    ],
    ['an instant', {}, { remind_at: '2030-06-01T10:00:00.25+02:00' }, '2030-06-01T08:00:00.250Z'],
    ['a task without the date', {}, { relative_to: 'due', minutes_before: 0 }, null],
    ['a completed task', { ...timed, completed: true }, halfAnHour, null],
    ['a time that has passed', {}, { remind_at: '2020-01-01T00:00:00Z' }, null],
  ])('of %s in Tokyo is sent at that time', async (_, fields, sent, next_at) => {
    const { v1, create } = await newClient(app);
    await v1('PATCH', '', { time_zone: 'Asia/Tokyo' });
    const { id } = await create(fields);
    const { status, body } = await v1('POST', `/tasks/${id}/reminders`, sent);
    expect([status, body.data.next_at]).toEqual([201, next_at]);
  });

  test.each([
    [{}, 'remind_at'],
    [{ relative_to: 'due' }, 'minutes_before'],
    [{ minutes_before: 5 }, 'relative_to'],
    [{ ...halfAnHour, ...absolute }, 'remind_at'],
    [{ relative_to: 'due', minutes_before: 525_601 }, 'minutes_before'],
    [{ relative_to: 'due', minutes_before: -10_081 }, 'minutes_before'],
    [{ remind_at: '2101-01-01T00:00:00Z' }, 'remind_at'],
    [{ ...absolute, channels: ['fax'] }, 'channels.0'],
    [{ ...absolute, channels: [] }, 'channels'],
    [{ ...absolute, next_at: '2030-01-01T00:00:00Z' }, 'next_at'],
  ])('is refused as %j', async (body, field) => {
    const { v1, path } = await newReminded(app, timed);
    const reply = await v1('POST', path, body);
    expect(reply.status).toBe(422);
    expect(issueLocationsOf('v1', reply)).toContain(`body.${field}`);
  });

  test('is the same one when the request is repeated under its key', async () => {
    const { v1, path, times } = await newReminded(app, timed);
    const key = { 'idempotency-key': 'once' };
    const [first, again] = [await v1('POST', path, halfAnHour, key), await v1('POST', path, halfAnHour, key)];
    expect(again.text).toBe(first.text);
    expect(await times()).toHaveLength(1);
  });

  test('is one of at most twenty of a task', async () => {
    const { v1, path, remind, get, task } = await newReminded(app, timed);
    for (let minutes_before = 0; minutes_before < 20; minutes_before += 1)
      await remind({ relative_to: 'due', minutes_before });
    const { status, body } = await v1('POST', path, halfAnHour);
    expect([status, body.error_code]).toEqual([409, 'LIMIT_EXCEEDED']);
    expect((await get(task.id)).reminder_count).toBe(20);
  });
});

describe('a change', () => {
  test('raises the version and keeps what was not sent; the same values change nothing', async () => {
    const { v1, path, remind, revision } = await newReminded(app, timed);
    const { id } = await remind({ ...halfAnHour, channels: ['push', 'email', 'push'] });
    const { body } = await v1('PATCH', `${path}/${id}`, { minutes_before: 60 });
    expect(body.data).toMatchObject({ version: 2, relative_to: 'due', channels: ['email', 'push'] });
    expect(body.data.next_at).toBe('2030-06-01T06:00:00.000Z');
    const before = await revision();
    const same = await v1('PATCH', `${path}/${id}`, body.data);
    expect([same.body.data, await revision()]).toEqual([body.data, before]);
  });

  test('to the other kind of time replaces the one that was there', async () => {
    const { path, remind, send } = await newReminded(app, timed);
    const { id } = await remind(halfAnHour);
    const changed = await send('PATCH', `${path}/${id}`, absolute);
    expect(changed).toMatchObject({
      relative_to: null,
      minutes_before: null,
      next_at: '2030-01-01T08:00:00.000Z',
    });
    const back = await send('PATCH', `${path}/${id}`, { relative_to: 'due', minutes_before: 5 });
    expect(back).toMatchObject({ remind_at: null, next_at: '2030-06-01T06:55:00.000Z' });
  });

  test('is refused by a stale version, tag or copy', async () => {
    const { v1, path, remind, send } = await newReminded(app, timed);
    const old = await remind(halfAnHour);
    const url = `${path}/${old.id}`;
    const current = await send('PATCH', url, { minutes_before: 60 });
    const stale = await v1('PATCH', url, { minutes_before: 5, version: 1 });
    expect([stale.status, stale.body.current]).toEqual([409, current]);
    const tagged = await v1('PATCH', url, { minutes_before: 5 }, { 'if-match': '"1"' });
    expect([tagged.status, tagged.body.current]).toEqual([412, current]);
    const { version: _, ...copy } = old;
    expect((await v1('PATCH', url, copy)).status).toBe(409);
    expect((await v1('DELETE', url, { version: 1 })).status).toBe(409);
    expect((await v1('POST', `${url}/snooze`, { minutes: 5, version: 1 })).status).toBe(409);
    expect((await v1('PATCH', url, { minutes_before: 5 }, { 'if-match': '"2"' })).status).toBe(200);
  });

  test('of a read-only field is refused, and what only the service sets is ignored', async () => {
    const { v1, path, remind } = await newReminded(app, timed);
    const reminder = await remind(halfAnHour);
    const url = `${path}/${reminder.id}`;
    const wrong = await v1('PATCH', url, { id: randomUUID(), task_id: randomUUID() });
    expect(wrong.status).toBe(422);
    const times = {
      next_at: absolute.remind_at,
      fired_at: absolute.remind_at,
      snoozed_until: absolute.remind_at,
    };
    expect((await v1('PATCH', url, { ...reminder, ...times })).body.data).toEqual(reminder);
  });
});

describe('a snooze', () => {
  test('sends a reminder that was sent already again, and ends with the next change of its time', async () => {
    const { path, remind, send, user, reminder, patch } = await newReminded(app, timed);
    const { id } = await remind(halfAnHour);
    await fire(app, user.id, id);
    expect(await reminder(id)).toMatchObject({ next_at: null, version: 1 });
    const until = '2030-02-01T10:00:00.000Z';
    const snoozed = await send('POST', `${path}/${id}/snooze`, { until });
    expect(snoozed).toMatchObject({ snoozed_until: until, next_at: until, version: 2 });
    await patch({ due_time: '10:00' });
    expect(await reminder(id)).toMatchObject({
      snoozed_until: null,
      next_at: '2030-06-01T07:30:00.000Z',
      version: 2,
    });
  });

  test('counts minutes from now', async () => {
    const { path, remind, send } = await newReminded(app, timed);
    const { id } = await remind(halfAnHour);
    const { next_at } = await send('POST', `${path}/${id}/snooze`, { minutes: 10 });
    expect(Math.abs(Date.parse(next_at) - Date.now() - 600_000)).toBeLessThan(30_000);
  });

  test.each([
    [{}],
    [{ minutes: 5, until: '2030-01-01T00:00:00Z' }],
    [{ until: '2020-01-01T00:00:00Z' }],
    [{ minutes: 0 }],
    [{ minutes: 10_081 }],
  ])('is refused as %j', async (body) => {
    const { path, remind, v1 } = await newReminded(app, timed);
    const { id } = await remind(halfAnHour);
    expect((await v1('POST', `${path}/${id}/snooze`, body)).status).toBe(422);
  });

  test('of a completed task is refused', async () => {
    const { path, remind, v1, patch } = await newReminded(app, timed);
    const { id } = await remind(halfAnHour);
    await patch({ completed: true });
    expect((await v1('POST', `${path}/${id}/snooze`, { minutes: 5 })).status).toBe(422);
  });
});

describe('a deletion', () => {
  test('is for good: the reminder is gone, the task counts without it', async () => {
    const { path, remind, v1, get, task } = await newReminded(app, timed);
    const { id } = await remind(halfAnHour);
    const before = await get(task.id);
    expect(before.reminder_count).toBe(1);
    expect((await v1('DELETE', `${path}/${id}`)).status).toBe(200);
    expect((await v1('GET', `${path}/${id}`)).status).toBe(404);
    expect(await get(task.id)).toEqual({ ...before, reminder_count: 0 });
  });
});

test('a reminder is found below its own task of its own user only', async () => {
  const { v1, remind, create, path, send } = await newReminded(app, timed);
  const { id } = await remind(halfAnHour);
  const other = await create(timed);
  const stranger = await newReminded(app, timed);
  const elsewhere = [
    await Promise.all(
      [['GET'], ['PATCH', { minutes_before: 5 }], ['DELETE']].map(([method, body]) =>
        v1(String(method), `/tasks/${other.id}/reminders/${id}`, body),
      ),
    ),
    [await v1('POST', `/tasks/${other.id}/reminders/${id}/snooze`, { minutes: 5 })],
    [await stranger.v1('GET', `${stranger.path}/${id}`), await stranger.v1('GET', `${path}/${id}`)],
    [await stranger.v1('GET', path), await stranger.v1('POST', path, halfAnHour)],
  ].flat();
  expect(elsewhere.map(({ status }) => status)).toEqual(elsewhere.map(() => 404));
  expect(await send('GET', path)).toHaveLength(1);
});

describe('a list', () => {
  test('has the next reminder first, pages by cursor, and can leave out what is not sent any more', async () => {
    const { remind, send, v1, times, create } = await newReminded(app, timed);
    for (const minutes_before of [10, 30, 20]) await remind({ relative_to: 'due', minutes_before });
    await remind({ relative_to: 'start', minutes_before: 0 });
    const { id: trashedId } = await create({ ...timed, reminders: [halfAnHour] });
    await send('DELETE', `/tasks/${trashedId}`);
    const all = ['2030-06-01T06:30:00.000Z', '2030-06-01T06:40:00.000Z', '2030-06-01T06:50:00.000Z'];
    expect(await times()).toEqual([...all, null]);
    const nextOf = (reply: { body: { data: { next_at: string }[] } }) =>
      reply.body.data.map(({ next_at }) => next_at);
    expect(nextOf(await v1('GET', '/reminders?pending=true'))).toEqual(all);
    expect(nextOf(await v1('GET', '/reminders?pending=false'))).toEqual([null]);
    const found: (string | null)[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const reply = await v1('GET', `/reminders?limit=1${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      found.push(...nextOf(reply));
      expect(reply.body.pagination.total).toBe(4);
      cursor = reply.body.pagination.next_cursor;
    }
    expect(found).toEqual([...all, null]);
  });

  test('of tasks can be of those with or without reminders', async () => {
    const { list, remind, task, create, bare } = await newReminded(app, timed);
    await remind(halfAnHour);
    const { id } = await create();
    const idsOf = (tasks: { id: string }[]) => tasks.map((each) => each.id);
    expect(idsOf(await list('?has_reminder=true'))).toEqual([task.id]);
    expect(idsOf(await list('?has_reminder=false'))).toEqual([id]);
    expect(idsOf((await bare('GET', '/tasks?has_reminder=true')).body)).toEqual([task.id]);
  });
});
