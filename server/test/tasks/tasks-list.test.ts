import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Task } from '../../src/tasks/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { type Random, seeded } from '../support/random.ts';
import { filterTasks, type ListQuery, pageOf, queryString } from '../support/task-model.ts';
import { type Client, linksOf, locsOf, newClient } from '../support/tasks.ts';
import { addDays } from '../support/user-clock.ts';

const words = [
  'report',
  'REPORT',
  '100%',
  '10',
  'a_b',
  'axb',
  'c\\d',
  'École',
  'ÉCOLE',
  'été',
  'Привет',
  '日本',
  '😀',
  "o'b",
];
const searches = [...words, 'repo', 'éc', 'ПРИВЕТ', '%', '_', '\\', '.*', '', ' ', 'absent'];
const tagNames = ['work', 'Work', 'home', 'a,b', 'x y', 'é', '50%', 'c++'];
const dates = ['1970-01-01', '2025-12-31', '2026-01-01', '2026-02-28', '2028-02-29', '2100-12-31'];
const dueWords = ['overdue', 'today', 'tomorrow', 'week', 'none', 'any'] as const;
const deferredWords = ['all', 'hide', 'only'] as const;
const [userZone, otherZones] = [
  'America/St_Johns',
  ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Europe/Berlin'],
];
const sorts = ['created_at', 'updated_at', 'title', 'due_date', 'priority'] as const;
const directions = ['asc', 'desc'] as const;
const statuses = ['all', 'pending', 'completed', 'ALL', 'Pending', 'COMPLETED'];
const priorities = ['all', 'High', 'Medium', 'Low', 'high', 'LOW'];

let app: TestApp;
/** A user whose tasks no test of this file changes. */
let client: Client;
let tasks: Task[];
beforeAll(async () => {
  // So that no time passes between a response and the model.
  vi.useFakeTimers({ toFake: ['Date'] });
  app = await startApp();
  client = await newClient(app);
  await client.v1('PATCH', '', { time_zone: userZone });
  tasks = await populate(client, seeded(1));
  // Another user's tasks, which must not be in any list of this user.
  await populate(await newClient(app), seeded(1), 5);
});
afterAll(async () => {
  await app.close();
  vi.useRealTimers();
});

const dayFromNow = (days: number) => addDays(new Date().toISOString().slice(0, 10), days);

/** Of all kinds, and many of them near. */
function someDates({ chance, pick, below }: Random) {
  const due_date = chance(0.4) ? pick(dates) : dayFromNow(below(12) - 3);
  const time = { due_time: `${pick(['00', '07', '15', '23'])}:${pick(['00', '59'])}` };
  return {
    ...pick([{}, { due_date }, { due_date, ...time }, { due_date, ...time, time_zone: pick(otherZones) }]),
    start_date: chance(0.5) ? dayFromNow(below(5) - 2) : null,
  };
}

async function populate({ create, v1 }: Client, random: Random, count = 150): Promise<Task[]> {
  const text = () => Array.from({ length: 1 + random.below(3) }, () => random.pick(words)).join(' ');
  const all: Task[] = [];
  for (let index = 0; index < count; index += 1) {
    const task = await create({
      title: text(),
      description: random.chance(0.5) ? text() : null,
      priority: random.pick(['High', 'Medium', 'Low']),
      ...someDates(random),
      tags: random.some(tagNames, 0.2),
      completed: random.chance(0.4),
    });
    const path = `/tasks/${task.id}`;
    if (random.chance(0.05)) await v1('DELETE', path);
    else all.push(random.chance(0.2) ? (await v1('PATCH', path, { title: text() })).body.data : task);
  }
  return withFewTimes(all);
}

/** Sets few different times, as after an import, so that the order has ties. */
async function withFewTimes(all: Task[]): Promise<Task[]> {
  const timed = all.map((task, index) => ({
    ...task,
    created_at: `2026-01-01T00:00:00.00${index % 8}Z`,
    updated_at: `2026-01-02T00:00:00.00${index % 5}Z`,
  }));
  await sql`
    update duly.tasks set created_at = timed.created_at, updated_at = timed.updated_at
    from jsonb_to_recordset(${JSON.stringify(timed)}::jsonb)
      as timed(id uuid, created_at timestamptz, updated_at timestamptz)
    where tasks.id = timed.id`.execute(app.ctx.db);
  return timed;
}

/** Requests both surfaces, and compares their responses with the model. */
async function check(query: ListQuery, listName: 'tags' | 'tags[]' = 'tags'): Promise<Task[]> {
  const found = filterTasks(tasks, query, { zone: userZone, now: new Date() });
  const page = pageOf(found, query);
  const search = queryString(query, listName);
  const v1 = await client.v1('GET', `/tasks${search}`);
  const bare = await client.bare('GET', `/tasks${search}`);
  expect(v1.body.data, search).toEqual(page);
  expect(bare.body, search).toEqual(page);
  const { limit = 50, offset = 0 } = query;
  expect(v1.body.pagination).toMatchObject({ total: found.length, limit, offset });
  for (const { headers } of [v1, bare]) expect(headers.get('x-total-count')).toBe(String(found.length));
  return found;
}

describe('each parameter alone', () => {
  test('without any: the newest 50', async () => {
    expect(await check({})).toHaveLength(tasks.length);
  });

  test.each(sorts.flatMap((key) => directions.map((direction) => [key, direction] as const)))(
    'sort_by=%s, %s',
    async (sort_by, sort_direction) => {
      await check({ sort_by, sort_direction, limit: 100 });
      await check({ sort_by, sort_direction, limit: 100, offset: 100 });
    },
  );

  test.each(searches)('search=%j is a literal part of title or description in any case', async (search) => {
    const found = await check({ search, limit: 100 });
    if (!['absent', '.*'].includes(search)) expect(found.length).toBeGreaterThan(0);
  });

  test.each([
    ['milk\nbread', 0],
    ['BREAD\nbutter', 1],
  ])('search=%j is not found across title and description', async (search, total) => {
    const other = await newClient(app);
    await other.create({ title: 'milk', description: 'bread\nbutter' });
    const { body } = await other.v1('GET', `/tasks?search=${encodeURIComponent(search)}`);
    expect(body.pagination.total).toBe(total);
  });

  test.each(statuses)('status=%s', async (status) => {
    await check({ status, limit: 100 });
  });
  test.each([true, false])('completed=%s', async (completed) => {
    await check({ completed, limit: 100 });
  });
  test.each(priorities)('priority=%s', async (priority) => {
    await check({ priority, limit: 100 });
  });
  test.each(tagNames)('tags=%s, case and all', async (name) => {
    expect(await check({ tags: [name] })).not.toHaveLength(0);
  });
  test.each([...dates, '2026-01-02'])('due_after and due_before %s include the day', async (day) => {
    await check({ due_after: day, limit: 100 });
    await check({ due_before: day, limit: 100 });
    await check({ due_after: day, due_before: day, limit: 100 });
  });
  test.each(dueWords)('due=%s', async (due) => {
    const found = await check({ due, limit: 100 });
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(tasks.length);
    await check({ due, sort_by: 'due_date', sort_direction: 'asc', limit: 100 });
  });
  test.each(deferredWords)('deferred=%s', async (deferred) => {
    expect((await check({ deferred, limit: 100 })).length).toBeGreaterThan(0);
  });
  test.each([1, 2, 49, 100])('limit=%i', async (limit) => {
    await check({ limit });
  });
  test.each([0, 1, 100, 10_000])('offset=%i', async (offset) => {
    await check({ offset });
  });
});

test('tags=a&tags=b, tags[]=a&tags[]=b and both forms mixed are the same filter', async () => {
  for (const tags_match of ['any', 'all'] as const) {
    const found = await check({ tags: ['work', 'home'], tags_match });
    expect(found.length).toBeGreaterThan(0);
    expect(await check({ tags: ['work', 'home'], tags_match }, 'tags[]')).toEqual(found);
    const mixed = await client.list(`?tags[]=work&tags=home&tags%5B%5D=work&tags_match=${tags_match}`);
    expect(mixed).toEqual(found.slice(0, 50));
  }
});

test('tags_match=any takes a task with one of the tags, all only one with every tag', async () => {
  const any = await check({ tags: ['work', 'home'], tags_match: 'any' });
  const all = await check({ tags: ['work', 'home', 'work'], tags_match: 'all' });
  expect(all.length).toBeGreaterThan(0);
  expect(any.length).toBeGreaterThan(all.length);
  expect(await check({ tags: ['work', 'home'] })).toEqual(any);
});

test("the front end's call lists High first", async () => {
  const { create, bare } = await newClient(app);
  for (const priority of ['Medium', 'Low', 'High']) {
    await create({ title: priority, priority, tags: ['urgent'] });
    await create({ title: priority, priority, tags: ['work', 'other'] });
    await create({ title: 'not this', priority, tags: ['other'] });
  }
  const asked = '?tags[]=urgent&tags[]=work&sort_by=priority&sort_direction=asc';
  const { body } = await bare('GET', `/tasks${asked}`);
  expect(body.map(({ title }: Task) => title)).toEqual(['High', 'High', 'Medium', 'Medium', 'Low', 'Low']);
});

test('200 random combinations of parameters agree with the model on both surfaces', async () => {
  const random = seeded(20_260_101);
  const maybe = <T>(name: string, probability: number, make: () => T) =>
    random.chance(probability) ? { [name]: make() } : {};
  let hits = 0;
  for (let round = 0; round < 200; round += 1) {
    const found = await check(
      {
        ...maybe('search', 0.4, () => random.pick(searches)),
        ...maybe('status', 0.4, () => random.pick(statuses)),
        ...maybe('completed', 0.15, () => random.chance(0.5)),
        ...maybe('priority', 0.4, () => random.pick(priorities)),
        ...maybe('tags', 0.4, () => random.some(tagNames, 0.4)),
        ...maybe('tags_match', 0.3, () => random.pick(['any', 'all'])),
        ...maybe('due_after', 0.2, () => random.pick(dates)),
        ...maybe('due_before', 0.2, () => random.pick(dates)),
        ...maybe('due', 0.3, () => random.pick(dueWords)),
        ...maybe('deferred', 0.3, () => random.pick(deferredWords)),
        ...maybe('sort_by', 0.8, () => random.pick(sorts)),
        ...maybe('sort_direction', 0.7, () => random.pick(directions)),
        ...maybe('limit', 0.6, () => 1 + random.below(100)),
        ...maybe('offset', 0.3, () => random.below(20)),
      },
      random.pick(['tags', 'tags[]']),
    );
    if (found.length > 1) hits += 1;
  }
  expect(hits).toBeGreaterThan(100);
});

test('links that make the headers too long for common clients are left out, that to the next page last', async () => {
  const client = await newClient(app);
  const tags = Array.from({ length: 15 }, (_, index) => String.fromCodePoint(0x6728 + index).repeat(50));
  for (let count = 0; count < 3; count += 1) await client.create({ tags });
  const relsWith = async (count: number) => {
    const query = new URLSearchParams(tags.slice(0, count).map((tag) => ['tags', tag] as [string, string]));
    const { body } = await client.v1('GET', `/tasks?${query}&limit=1`);
    const second = await client.v1('GET', `/tasks?${query}&limit=1&cursor=${body.pagination.next_cursor}`);
    return Object.keys(linksOf(second));
  };
  expect([await relsWith(1), await relsWith(6), await relsWith(12)]).toEqual([
    ['next', 'prev', 'first'],
    ['next', 'prev'],
    ['next'],
  ]);
});

test.each<[string, string]>([
  ['unknown=1', 'unknown'],
  ['Search=x', 'Search'],
  ['search[]=x', 'search[]'],
  ['__proto__=x', '__proto__'],
  ['constructor=x', 'constructor'],
  ['status=done', 'status'],
  ['status=', 'status'],
  ['completed=1', 'completed'],
  ['completed=TRUE', 'completed'],
  ['priority=urgent', 'priority'],
  ['tags=', 'tags.0'],
  ['tags[]=a&tags[]=%20', 'tags.1'],
  [`tags=${'x'.repeat(51)}`, 'tags.0'],
  ['tags_match=some', 'tags_match'],
  ['due_after=2026-02-30', 'due_after'],
  ['due_before=tomorrow', 'due_before'],
  ['due_before=', 'due_before'],
  ['due=yesterday', 'due'],
  ['due=', 'due'],
  ['due=Today', 'due'],
  ['deferred=yes', 'deferred'],
  ['sort_by=user_id', 'sort_by'],
  ['sort_by=title;drop', 'sort_by'],
  ['sort_direction=up', 'sort_direction'],
  [`search=${'x'.repeat(201)}`, 'search'],
  ['search=%00', 'search'],
  ['search=%ff', 'search'],
  ['search=ok%C3', 'search'],
  ...['0', '101', '-1', 'x', '1e9', '', '1.5', '9007199254740993'].map((text): [string, string] => [
    `limit=${text}`,
    'limit',
  ]),
  ...['-1', '1e19', 'x', '', '99999999999'].map((text): [string, string] => [`offset=${text}`, 'offset']),
  ...['search', 'status', 'limit', 'sort_by', 'due_after', 'cursor', 'completed'].map(
    (name): [string, string] => [
      `${name}=${name === 'limit' ? 1 : 'all'}&${name}=${name === 'limit' ? 1 : 'all'}`,
      name,
    ],
  ),
])('?%s is refused, naming %s', async (search, name) => {
  const v1 = await client.v1('GET', `/tasks?${search}`);
  expect(v1.status).toBe(422);
  expect(new Set(locsOf(v1.body.errors))).toEqual(new Set([`query.${name}`]));
  const bare = await client.bare('GET', `/tasks?${search}`);
  expect(bare.status).toBe(400);
  expect(new Set(locsOf(bare.body.detail))).toEqual(new Set([`query.${name}`]));
});
