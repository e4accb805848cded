import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { mintToken, type Reply, startApp, type TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ SERVE_STALE: '1' });
});
afterAll(() => app.close());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Sets the clock. */
const at = (instant: string | number) => vi.setSystemTime(instant);
const second = 1_000;

async function clientIn(timeZone: string) {
  const { id } = await app.newUser();
  const send = async (
    method: string,
    below: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> => {
    // Fake times are years apart.
    const token = await mintToken({ sub: id });
    return app.request(method, below.startsWith('/api') ? below : `/api/v1/users/${id}${below}`, {
      ...{ token, headers },
      ...(body === undefined ? {} : { body }),
    });
  };
  const client = {
    id,
    send,
    async create(title: string, fields: object) {
      const { status, body } = await send('POST', '/tasks', { title, ...fields });
      expect(status).toBe(201);
      return body.data;
    },
    /** Titles on both surfaces, each asked twice: loaded and cached. */
    async titles(query: string): Promise<string> {
      const replies: string[] = [];
      for (const base of [`/api/v1/users/${id}`, `/api/${id}`])
        for (let time = 0; time < 2; time += 1) {
          const { body } = await send('GET', `${base}/tasks?${query}`);
          replies.push((body.data ?? body).map(({ title }: { title: string }) => title).join(''));
        }
      expect(new Set(replies).size).toBe(1);
      return replies[0] ?? '';
    },
  };
  expect((await send('PATCH', '', { time_zone: timeZone })).status).toBe(200);
  return client;
}

/**
 * The instants at which a date begins. Zones of all continents, without whole hours, without a midnight on the day that
 * a summer begins, and around the changes of spring and autumn.
 */
const midnights: [zone: string, date: string, start: string][] = [
  ['UTC', '2026-12-24', '2026-12-24T00:00:00Z'],
  ['Pacific/Kiritimati', '2026-12-24', '2026-12-23T10:00:00Z'],
  ['Pacific/Pago_Pago', '2026-12-24', '2026-12-24T11:00:00Z'],
  ['Etc/GMT+12', '2026-12-24', '2026-12-24T12:00:00Z'],
  ['Asia/Kathmandu', '2026-12-24', '2026-12-23T18:15:00Z'],
  ['Asia/Kolkata', '2026-12-24', '2026-12-23T18:30:00Z'],
  ['Pacific/Chatham', '2026-04-05', '2026-04-04T10:15:00Z'],
  ['Pacific/Chatham', '2026-04-06', '2026-04-05T11:15:00Z'],
  ['Pacific/Auckland', '2026-09-28', '2026-09-27T11:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-04', '2026-10-03T13:30:00Z'],
  ['Australia/Lord_Howe', '2026-10-05', '2026-10-04T13:00:00Z'],
  ['Australia/Adelaide', '2026-04-06', '2026-04-05T14:30:00Z'],
  ['Asia/Tokyo', '2026-12-24', '2026-12-23T15:00:00Z'],
  ['Asia/Tehran', '2026-12-24', '2026-12-23T20:30:00Z'],
  ['Asia/Beirut', '2026-03-29', '2026-03-28T22:00:00Z'],
  ['Asia/Beirut', '2026-10-25', '2026-10-24T22:00:00Z'],
  ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00Z'],
  ['Africa/Cairo', '2026-10-30', '2026-10-29T22:00:00Z'],
  ['Africa/Casablanca', '2025-12-24', '2025-12-23T23:00:00Z'],
  ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00Z'],
  ['Europe/Berlin', '2026-03-30', '2026-03-29T22:00:00Z'],
  ['Europe/London', '2026-10-25', '2026-10-24T23:00:00Z'],
  ['Europe/London', '2026-10-26', '2026-10-26T00:00:00Z'],
  ['Atlantic/Azores', '2026-03-29', '2026-03-29T01:00:00Z'],
  ['Atlantic/Azores', '2026-10-25', '2026-10-25T00:00:00Z'],
  ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00Z'],
  ['America/Sao_Paulo', '2018-02-18', '2018-02-18T03:00:00Z'],
  ['America/Havana', '2026-03-08', '2026-03-08T05:00:00Z'],
  ['America/Havana', '2026-11-01', '2026-11-01T04:00:00Z'],
  ['America/Santiago', '2026-09-06', '2026-09-06T04:00:00Z'],
  ['America/Santiago', '2026-04-05', '2026-04-05T04:00:00Z'],
  ['America/Asuncion', '2026-12-24', '2026-12-24T03:00:00Z'],
  ['America/Nuuk', '2026-03-29', '2026-03-29T01:00:00Z'],
  ['America/St_Johns', '2026-03-08', '2026-03-08T03:30:00Z'],
  ['America/New_York', '2026-11-02', '2026-11-02T05:00:00Z'],
  ['America/Los_Angeles', '2026-03-09', '2026-03-09T07:00:00Z'],
  ['America/Caracas', '2026-12-24', '2026-12-24T04:00:00Z'],
  ['America/Adak', '2026-12-24', '2026-12-24T10:00:00Z'],
  ['Pacific/Marquesas', '2026-12-24', '2026-12-24T09:30:00Z'],
  ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00Z'],
];

const dayBefore = (date: string) => new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
const daysAfter = (date: string, days: number) =>
  new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10);

test('the midnights are of more than thirty zones', () => {
  expect(new Set(midnights.map(([zone]) => zone)).size).toBeGreaterThanOrEqual(30);
});

test.each(midnights)('in %s, %s begins at %s, for every filter, cached or not', async (zone, date, start) => {
  const [before, after] = [Date.parse(start) - second, Date.parse(start)];
  at(before);
  const client = await clientIn(zone);
  const yesterday = zone === 'Pacific/Apia' ? '2011-12-29' : dayBefore(date);
  await client.create('y', { due_date: yesterday });
  await client.create('t', { due_date: date });
  await client.create('m', { due_date: daysAfter(date, 1) });
  await client.create('w', { due_date: daysAfter(date, 6) });
  await client.create('s', { start_date: date });
  const none = await client.send('GET', '/tasks?due=none');
  expect(none.headers.get('x-valid-until')).toBeNull();
  const lists = ['due=today', 'due=tomorrow', 'due=overdue', 'due=week', 'deferred=hide', 'deferred=only'];
  const show = async () => {
    const found: Record<string, string> = {};
    for (const list of lists) found[list] = await client.titles(`${list}&sort_by=title&sort_direction=asc`);
    return found;
  };
  const apia = zone === 'Pacific/Apia';
  const expected = {
    before: {
      'due=today': 'y',
      // A day that a zone left out is tomorrow for nobody.
      'due=tomorrow': apia ? '' : 't',
      'due=overdue': '',
      'due=week': 'mty',
      'deferred=hide': 'mtwy',
      'deferred=only': 's',
    },
    after: {
      'due=today': 't',
      'due=tomorrow': 'm',
      'due=overdue': 'y',
      'due=week': 'mtw',
      'deferred=hide': 'mstwy',
      'deferred=only': '',
    },
  };
  expect(await show()).toEqual(expected.before);
  const tags = new Map<string, string>();
  for (const list of lists) {
    const { headers } = await client.send('GET', `/tasks?${list}`);
    tags.set(list, headers.get('etag') ?? '');
    expect(headers.get('x-valid-until')).toBe(new Date(after).toISOString());
    const same = await client.send('GET', `/tasks?${list}`, undefined, {
      'if-none-match': tags.get(list) ?? '',
    });
    expect([same.status, same.headers.get('x-valid-until')]).toEqual([304, new Date(after).toISOString()]);
  }
  at(after);
  expect(await show()).toEqual(expected.after);
  for (const list of lists) {
    const { status, headers } = await client.send('GET', `/tasks?${list}`, undefined, {
      'if-none-match': tags.get(list) ?? '',
    });
    expect([list, status]).toEqual([list, 200]);
    expect(Date.parse(headers.get('x-valid-until') ?? '')).toBeGreaterThan(after + 22 * 3_600 * second);
  }
});

test('a task with a time becomes overdue at its instant, which ends what was cached', async () => {
  at('2026-06-01T06:00:00Z');
  const client = await clientIn('Europe/Berlin');
  await client.create('f', { due_date: '2026-06-01', due_time: '10:00' });
  await client.create('z', { due_date: '2026-06-01', due_time: '10:00', time_zone: 'Europe/London' });
  await client.create('d', { due_date: '2026-06-01' });
  const done = await client.create('c', { due_date: '2026-06-01', due_time: '09:00' });
  await client.send('PATCH', `/tasks/${done.id}/complete`, { completed: true });
  const query = 'due=overdue&sort_by=due_date&sort_direction=asc';
  const steps: [now: string, titles: string, validUntil: string][] = [
    ['2026-06-01T06:00:00.000Z', '', '2026-06-01T08:00:00.000Z'],
    ['2026-06-01T07:59:59.999Z', '', '2026-06-01T08:00:00.000Z'],
    ['2026-06-01T08:00:00.000Z', 'f', '2026-06-01T09:00:00.000Z'],
    ['2026-06-01T08:59:59.999Z', 'f', '2026-06-01T09:00:00.000Z'],
    ['2026-06-01T09:00:00.000Z', 'fz', '2026-06-01T22:00:00.000Z'],
    ['2026-06-01T21:59:59.999Z', 'fz', '2026-06-01T22:00:00.000Z'],
    ['2026-06-01T22:00:00.000Z', 'dfz', '2026-06-02T22:00:00.000Z'],
  ];
  for (const [now, titles, validUntil] of steps) {
    at(now);
    expect(await client.titles(query)).toBe(titles);
    expect((await client.send('GET', `/tasks?${query}`)).headers.get('x-valid-until')).toBe(validUntil);
  }
});

test('a response whose content stays keeps its ETag, with another time', async () => {
  at('2026-06-01T06:00:00Z');
  const client = await clientIn('Asia/Tokyo');
  await client.create('x', { due_date: '2026-01-01' });
  const { headers } = await client.send('GET', '/tasks?due=overdue');
  const etag = headers.get('etag') ?? '';
  at('2026-06-02T06:00:00Z');
  const again = await client.send('GET', '/tasks?due=overdue', undefined, { 'if-none-match': etag });
  expect([again.status, again.headers.get('etag')]).toEqual([304, etag]);
  expect(again.headers.get('x-valid-until')).toBe('2026-06-02T15:00:00.000Z');
});

test('tasks of other zones are due on the day that it is for the user', async () => {
  at('2026-06-01T12:00:00Z');
  const client = await clientIn('Pacific/Kiritimati');
  // It is June 2 for the user.
  await client.create('a', { due_date: '2026-05-31', due_time: '22:00', time_zone: 'Etc/GMT+12' });
  await client.create('b', { due_date: '2026-05-31', due_time: '21:59', time_zone: 'Etc/GMT+12' });
  await client.create('c', { due_date: '2026-06-02' });
  await client.create('d', { due_date: '2026-06-01', due_time: '22:00', time_zone: 'Etc/GMT+12' });
  await client.create('e', { due_date: '2026-06-02', due_time: '23:59' });
  const order = '&sort_by=due_date&sort_direction=asc';
  expect(await client.titles(`due=today${order}`)).toHaveLength(3);
  expect([...(await client.titles(`due=today${order}`))].sort().join('')).toBe('ace');
  expect(await client.titles(`due=tomorrow${order}`)).toBe('d');
  expect(await client.titles(`due=overdue${order}`)).toBe('ba');
});

test('another zone of the profile changes the lists at once', async () => {
  at('2026-06-01T12:00:00Z');
  const client = await clientIn('UTC');
  await client.create('a', { due_date: '2026-06-01' });
  await client.create('b', { due_date: '2026-06-02' });
  expect(await client.titles('due=today')).toBe('a');
  await client.send('PATCH', '', { time_zone: 'Pacific/Kiritimati' });
  expect(await client.titles('due=today')).toBe('b');
  await client.send('PATCH', '', { time_zone: 'Pacific/Pago_Pago' });
  expect(await client.titles('due=today')).toBe('a');
  await client.send('PATCH', '', { time_zone: 'UTC' });
  expect(await client.titles('due=tomorrow')).toBe('b');
});

test('without the database, what was cached is served after its time too, with a warning', async () => {
  at('2026-06-01T12:00:00Z');
  const client = await clientIn('UTC');
  await client.create('a', { due_date: '2026-06-01' });
  await client.send('GET', '/tasks?due=today', undefined, { 'accept-encoding': 'identity' });
  at('2026-06-02T12:00:00Z');
  const result = await app.ctx.responseCache.getOrLoad(
    {
      userId: client.id,
      url: `/api/v1/users/${client.id}/tasks?due=today`,
      coding: '',
      isDatabaseUnavailable: true,
    },
    () => Promise.reject(new Error('not to be loaded')),
  );
  expect(result.staleForMs).not.toBeNull();
  expect(JSON.parse(result.response.body.toString()).data).toMatchObject([{ title: 'a' }]);
});
