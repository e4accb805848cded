import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startOfDay } from '../../src/dates/zones.ts';
import type { Task } from '../../src/tasks/model.ts';
import { inDatabaseZone } from '../../src/tasks/user-zones.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { sendBulk } from '../support/bulk.ts';
import { seeded } from '../support/random.ts';
import { type Client, linksOf, locsOf, newClient } from '../support/tasks.ts';
import { createView } from '../support/views.ts';

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

const titlesOf = async (client: Client, query: string) =>
  (await client.list(`?${query}`)).map(({ title }) => title).join('');
const ascending = 'sort_by=due_date&sort_direction=asc';

test('all three kinds are in the order of their instants, and those without a date last', async () => {
  const client = await clientIn('America/New_York');
  await client.create({ title: 'n' });
  await client.create({ title: 'c', due_date: '2026-12-24', due_time: '00:01' });
  await client.create({ title: 'd', due_date: '2026-12-24', due_time: '12:00', time_zone: 'Europe/Berlin' });
  await client.create({ title: 'b', due_date: '2026-12-24' });
  await client.create({ title: 'a', due_date: '2026-12-24', due_time: '05:00', time_zone: 'Europe/Berlin' });
  await client.create({ title: 'e', due_date: '2026-12-25', due_time: '00:00', time_zone: 'Asia/Tokyo' });
  await client.create({ title: 'f', due_date: '2026-12-25' });
  expect(await titlesOf(client, ascending)).toBe('abcdefn');
  expect(await titlesOf(client, 'sort_by=due_date&sort_direction=desc')).toBe('fedcban');
  // The day begins five hours earlier, and the floating time with it.
  await client.v1('PATCH', '', { time_zone: 'UTC' });
  expect(await titlesOf(client, ascending)).toBe('bcadefn');
});

test('a cursor is bound to the zone of the profile', async () => {
  const client = await clientIn('America/New_York');
  for (const title of ['a', 'b', 'c'])
    await client.create({ title, due_date: `2026-12-2${title === 'a' ? 1 : 2}` });
  const { body } = await client.v1('GET', `/tasks?${ascending}&limit=1`);
  const path = `/tasks?${ascending}&limit=5&cursor=${body.pagination.next_cursor}`;
  expect((await client.v1('GET', path)).body.data).toHaveLength(2);
  await client.v1('PATCH', '', { time_zone: 'Asia/Tokyo' });
  const refused = await client.v1('GET', path);
  expect([refused.status, locsOf(refused.body.errors)]).toEqual([422, ['query.cursor']]);
  await client.v1('PATCH', '', { time_zone: 'America/New_York' });
  expect((await client.v1('GET', path)).body.data).toHaveLength(2);
  // Of another order it stays one: instants do not decide there.
  const { body: plain } = await client.v1('GET', '/tasks?limit=1');
  await client.v1('PATCH', '', { time_zone: 'Asia/Tokyo' });
  expect((await client.v1('GET', `/tasks?cursor=${plain.pagination.next_cursor}`)).body.data).toHaveLength(2);
});

const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_129);

test(`pages of dates in zones far apart are parts of the whole list, forward, back and by offset, seed ${seed}`, async () => {
  const random = seeded(seed);
  const client = await clientIn('America/St_Johns');
  const operations = Array.from({ length: 90 }, (_, index) => ({
    op: 'create',
    title: `${index}`,
    due_date: random.chance(0.2) ? null : `2026-10-${10 + random.below(random.pick([3, 20]))}`,
  }));
  const timed = operations.map((operation) =>
    operation.due_date === null || random.chance(0.3)
      ? operation
      : {
          ...operation,
          due_time: random.pick(['00:00', '12:00', '23:59']),
          time_zone: random.pick(['Pacific/Kiritimati', 'Etc/GMT+12', 'America/St_Johns']),
        },
  );
  await sendBulk(client, timed);
  const instantOf = ({ due_date, due_at }: Task) => due_at ?? startOfDay(due_date ?? '', 'America/St_Johns');
  let lastUrl: string | undefined;
  for (const direction of ['asc', 'desc'] as const) {
    const sign = direction === 'asc' ? 1 : -1;
    const byId = (a: Task, b: Task) => sign * (a.id < b.id ? -1 : 1);
    const all = await client.list('?limit=100');
    const dated = all.filter(({ due_date }) => due_date !== null);
    dated.sort((a, b) => {
      const apart = Date.parse(instantOf(a)) - Date.parse(instantOf(b));
      return apart === 0 ? byId(a, b) : sign * apart;
    });
    const undated = all.filter(({ due_date }) => due_date === null).sort(byId);
    const wanted = [...dated, ...undated].map(({ title }) => title);
    const path = `${client.user.v1}/tasks?sort_by=due_date&sort_direction=${direction}&limit=7`;
    for (const rel of ['next', 'prev'] as const) {
      const seen: string[] = [];
      for (let url: string | undefined = rel === 'next' ? path : lastUrl; url !== undefined; ) {
        const page = await client.follow(url);
        const titles = page.body.data.map(({ title }: Task) => title);
        if (rel === 'next') seen.push(...titles);
        else seen.unshift(...titles);
        lastUrl = url;
        url = linksOf(page)[rel];
      }
      expect([direction, rel, ...seen]).toEqual([direction, rel, ...wanted]);
    }
    for (const offset of [1, 30, 70, 85])
      expect(
        await client.list(`?sort_by=due_date&sort_direction=${direction}&limit=7&offset=${offset}`),
      ).toMatchObject(wanted.slice(offset, offset + 7).map((title) => ({ title })));
  }
});

test.each([
  ['CET', '2026-06-30T22:00:00Z'],
  ['EET', '2026-06-30T21:00:00Z'],
  ['MET', '2026-06-30T22:00:00Z'],
  ['WET', '2026-06-30T23:00:00Z'],
  ['EST', '2026-07-01T05:00:00Z'],
  ['CST', '2026-07-01T05:00:00Z'],
  ['IST', '2026-06-30T18:30:00Z'],
  ['PST8PDT', '2026-07-01T07:00:00Z'],
  ['europe/berlin', '2026-06-30T22:00:00Z'],
])('%s is sorted by what it is to this process, whatever the database takes it for', async (zone, start) => {
  const client = await clientIn(zone);
  const timed = (title: string, minutes: number) => {
    const at = new Date(Date.parse(start) + minutes * 60_000).toISOString();
    return client.create({ title, due_date: at.slice(0, 10), due_time: at.slice(11, 16), time_zone: 'UTC' });
  };
  await timed('c', 1);
  await client.create({ title: 'b', due_date: '2026-07-01' });
  await timed('a', -1);
  expect(await titlesOf(client, ascending)).toBe('abc');
});

test.each([
  ['America/St_Johns', '2026-12-23T12:00:00Z', '2026-12-24 03:30:00'],
  ['Asia/Kathmandu', '2026-12-23T12:00:00Z', '2026-12-23 18:15:00'],
  ['Africa/Abidjan', '2026-12-23T12:00:00Z', '2026-12-24 00:00:00'],
])(
  'a zone that the database does not know is sorted by its offset at present: %s',
  async (zone, now, wanted) => {
    const texts: string[] = [];
    const read = async (name: string) => {
      texts.push(name);
      const known = name.startsWith('<') ? name : 'Not/There';
      const { rows } = await sql<{ start: string }>`
      select ((date '2026-12-24'::timestamp at time zone ${known}::text) at time zone 'UTC')::text as start`.execute(
        app.ctx.db,
      );
      return rows[0]?.start;
    };
    const clock = { zone, now: new Date(now) };
    expect(await inDatabaseZone(clock, read)).toBe(wanted);
    expect(await inDatabaseZone(clock, read)).toBe(wanted);
    // The second time it is known.
    expect(texts).toEqual([
      expect.stringMatching(/^\w+\//),
      expect.stringMatching(/^</),
      expect.stringMatching(/^</),
    ]);
  },
);

test('a saved view has these filters, and the built-in views are such', async () => {
  const client = await clientIn('Europe/Berlin');
  const view = await createView(client, {
    due: 'any',
    deferred: 'hide',
    sort_by: 'due_date',
    sort_direction: 'asc',
  });
  await client.create({ title: 'n' });
  await client.create({ title: 'b', due_date: '2026-12-24' });
  await client.create({ title: 'a', due_date: '2026-12-20', start_date: '1999-12-31' });
  await client.create({ title: 'h', due_date: '2026-12-20', start_date: '2100-12-31' });
  expect(await titlesOf(client, `view=${view.id}`)).toBe('ab');
  expect(await titlesOf(client, `view=${view.id}&deferred=all&sort_by=title`)).toBe('abh');
  const same = `status=pending&deferred=hide&${ascending}`;
  const words = { today: 'today', tomorrow: 'tomorrow', overdue: 'overdue', upcoming: 'week' };
  for (const [name, due] of Object.entries(words)) {
    const byView = await client.v1('GET', `/tasks?view=${name}`);
    const byFilter = await client.v1('GET', `/tasks?due=${due}&${same}`);
    expect([byView.status, byView.body]).toEqual([200, byFilter.body]);
    expect(byView.headers.get('x-valid-until')).toBe(byFilter.headers.get('x-valid-until'));
  }
});
