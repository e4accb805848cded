import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Task } from '../../src/tasks/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { bulkResultsOf, sendBulk } from '../support/bulk.ts';
import { type Client, locsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

async function clientIn(timeZone: string): Promise<Client> {
  const client = await newClient(app);
  expect((await client.v1('PATCH', '', { time_zone: timeZone })).status).toBe(200);
  return client;
}

const dueOf = ({ due_date, due_time, time_zone, due_at }: Task) => [due_date, due_time, time_zone, due_at];

const zoned = { due_date: '2026-12-24', due_time: '18:30', time_zone: 'America/New_York' };
const zonedAt = '2026-12-24T23:30:00.000Z';

describe('a due value', () => {
  test.each([
    ['a date', { due_date: '2026-12-24' }, null],
    [
      'a time in the zone of the profile',
      { due_date: '2026-12-24', due_time: '18:30' },
      '2026-12-24T17:30:00.000Z',
    ],
    ['a time in a zone', zoned, zonedAt],
    ['a zone in any case', { ...zoned, time_zone: 'america/new_york' }, zonedAt],
    ['an old name of a zone', { ...zoned, time_zone: 'US/Eastern' }, zonedAt],
    ['the first minute', { due_date: '2026-07-01', due_time: '00:00' }, '2026-06-30T22:00:00.000Z'],
    ['the last minute', { due_date: '2026-07-01', due_time: '23:59' }, '2026-07-01T21:59:00.000Z'],
    ['a time that does not exist', { due_date: '2026-03-29', due_time: '02:30' }, '2026-03-29T01:30:00.000Z'],
    ['a time that exists twice', { due_date: '2026-10-25', due_time: '02:30' }, '2026-10-25T00:30:00.000Z'],
    [
      'the same in a zone',
      { due_date: '2026-11-01', due_time: '01:30', time_zone: 'America/New_York' },
      '2026-11-01T05:30:00.000Z',
    ],
    [
      'a time of a day that a zone left out',
      { due_date: '2011-12-30', due_time: '10:00', time_zone: 'Pacific/Apia' },
      '2011-12-30T20:00:00.000Z',
    ],
    [
      'the last day',
      { due_date: '2100-12-31', due_time: '23:59', time_zone: 'UTC' },
      '2100-12-31T23:59:00.000Z',
    ],
  ])('is %s: %j', async (_, fields, dueAt) => {
    const client = await clientIn('Europe/Berlin');
    const expected = { due_time: null, time_zone: null, ...fields, due_at: dueAt };
    const created = await client.create(fields);
    expect(created).toMatchObject(expected);
    expect(await client.get(created.id)).toEqual(created);
    expect(await client.list()).toEqual([created]);
    const { body } = await client.bare('GET', `/tasks/${created.id}`);
    expect(body).toMatchObject(expected);
    const patched = await client.create();
    expect((await client.v1('PATCH', `/tasks/${patched.id}`, fields)).body.data).toMatchObject(expected);
    expect(await bulkResultsOf(client, [{ op: 'create', title: 'x', ...fields }])).toMatchObject([
      { task: expected },
    ]);
  });

  test('needs a date for a time, and a time for a zone', async () => {
    const client = await newClient(app);
    const task = await client.create();
    const wrong: [Record<string, unknown>, string[]][] = [
      [{ due_time: '10:00' }, ['body.due_time']],
      [{ due_time: '10:00', time_zone: 'UTC' }, ['body.due_time']],
      [{ due_date: '2026-12-24', time_zone: 'UTC' }, ['body.time_zone']],
      [{ due_date: null, due_time: '10:00' }, ['body.due_time']],
      [{ due_date: '2026-12-24', due_time: '24:00' }, ['body.due_time']],
      [{ due_date: '2026-12-24', due_time: '9:00' }, ['body.due_time']],
      [{ due_date: '2026-12-24', due_time: '10:00:00' }, ['body.due_time']],
      [{ due_date: '2026-12-24', due_time: '10:00', time_zone: 'Europe/Nowhere' }, ['body.time_zone']],
      [{ due_date: '2026-12-24', due_time: '10:00', time_zone: '+01:00' }, ['body.time_zone']],
    ];
    const before = await client.stored();
    for (const [fields, locs] of wrong) {
      const ways = [
        await client.v1('POST', '/tasks', { title: 'x', ...fields }),
        await client.v1('PATCH', `/tasks/${task.id}`, fields),
        await client.v1('PUT', `/tasks/${task.id}`, fields),
      ];
      for (const { status, body } of ways) expect([status, locsOf(body.errors)]).toEqual([422, locs]);
      expect((await client.bare('POST', '/tasks', { title: 'x', ...fields })).status).toBe(400);
      const bulk = await sendBulk(client, [{ op: 'update', id: task.id, ...fields }]);
      expect(bulk.body.data?.[0]?.status ?? bulk.status).toBe(422);
    }
    expect(await client.stored()).toEqual(before);
  });

  test.each<[string, Record<string, unknown>, unknown[]]>([
    ['a date that is cleared takes time and zone with it', { due_date: null }, [null, null, null, null]],
    ['an empty text clears the date too', { due_date: '' }, [null, null, null, null]],
    ['a time that is cleared takes the zone with it', { due_time: null }, ['2026-12-24', null, null, null]],
    [
      'a zone that is cleared makes it that of the profile',
      { time_zone: null },
      [...['2026-12-24', '18:30', null, '2026-12-24T17:30:00.000Z']],
    ],
    [
      'another date keeps time and zone',
      { due_date: '2026-07-01' },
      [...['2026-07-01', '18:30', 'America/New_York', '2026-07-01T22:30:00.000Z']],
    ],
    [
      'another time keeps date and zone',
      { due_time: '08:00' },
      [...['2026-12-24', '08:00', 'America/New_York', '2026-12-24T13:00:00.000Z']],
    ],
    [
      'another zone keeps date and time',
      { time_zone: 'Asia/Tokyo' },
      [...['2026-12-24', '18:30', 'Asia/Tokyo', '2026-12-24T09:30:00.000Z']],
    ],
    [
      'all three are cleared together',
      { due_date: null, due_time: null, time_zone: null },
      [...[null, null, null, null]],
    ],
  ])('%s', async (_, patch, expected) => {
    const client = await clientIn('Europe/Berlin');
    for (const method of ['PATCH', 'PUT']) {
      const { id } = await client.create(zoned);
      const { body } = await client.v1(method, `/tasks/${id}`, patch);
      expect(dueOf(body.data)).toEqual(expected);
      expect(body.data.version).toBe(2);
      expect(await client.get(id)).toEqual(body.data);
    }
    const { id } = await client.create(zoned);
    const [result] = await bulkResultsOf(client, [{ op: 'update', id, ...patch }]);
    expect(result).toMatchObject({ task: { version: 2 } });
    expect(dueOf(await client.get(id))).toEqual(expected);
    const { body } = await client.bare('PUT', `/tasks/${(await client.create(zoned)).id}`, patch);
    expect(dueOf(body)).toEqual(expected);
  });

  test('stays as it was when a client sends the whole task back', async () => {
    const client = await clientIn('Europe/Berlin');
    for (const fields of [zoned, { due_date: '2026-12-24', due_time: '18:30' }, { due_date: '2026-12-24' }]) {
      const task = await client.create({ ...fields, start_date: '2026-12-01' });
      for (const method of ['PATCH', 'PUT']) {
        const { status, body } = await client.v1(method, `/tasks/${task.id}`, task);
        expect([status, body.data]).toEqual([200, task]);
      }
      const { body } = await client.v1('PUT', `/tasks/${task.id}`, { ...task, title: 'other' });
      expect(body.data).toMatchObject({
        ...task,
        title: 'other',
        version: 2,
        updated_at: expect.any(String),
      });
    }
  });

  test('is stored once under an Idempotency-Key', async () => {
    const client = await clientIn('Asia/Tokyo');
    const body = { title: 'once', due_date: '2026-12-24', due_time: '09:00' };
    const key = { 'idempotency-key': randomUUID() };
    const first = await client.v1('POST', '/tasks', body, key);
    expect(first.body.data.due_at).toBe('2026-12-24T00:00:00.000Z');
    const again = await client.v1('POST', '/tasks', body, key);
    expect([again.headers.get('idempotency-replayed'), again.body]).toEqual(['true', first.body]);
    expect(await client.list()).toHaveLength(1);
  });
});

test('a start date is a date of its own, which a PATCH changes and clears', async () => {
  const client = await newClient(app);
  const { id, start_date } = await client.create({ start_date: '2026-12-20', due_date: '2026-12-10' });
  expect(start_date).toBe('2026-12-20');
  const after = async (patch: object) =>
    (await client.v1('PATCH', `/tasks/${id}`, patch)).body.data.start_date;
  expect(await after({ due_date: null })).toBe('2026-12-20');
  expect(await after({ start_date: '2026-12-21' })).toBe('2026-12-21');
  expect(await after({ start_date: null })).toBeNull();
});
