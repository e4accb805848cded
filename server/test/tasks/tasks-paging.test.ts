import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Task } from '../../src/tasks/model.ts';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { sortTasks } from '../support/task-model.ts';
import { type Client, linksOf, locsOf, newClient } from '../support/tasks.ts';

const sorts = ['created_at', 'updated_at', 'title', 'due_date', 'priority'] as const;
const directions = ['asc', 'desc'] as const;
const orders = sorts.flatMap((key) => directions.map((direction) => [key, direction] as const));
const count = 33;

let app: TestApp;
/** A user's tasks with many ties in every order. A test that changes tasks uses another user. */
let client: Client;
let tasks: Task[];
beforeAll(async () => {
  app = await startApp();
  client = await newClient(app);
  tasks = await populate(client);
});
afterAll(() => app.close());

async function populate({ create, list, user }: Client): Promise<Task[]> {
  for (let index = 0; index < count; index += 1) {
    await create({
      title: ['same', 'Same', 'éa', '😀'][index % 4],
      priority: ['High', 'Medium', 'Low'][index % 3],
      due_date: ['2026-01-01', null, '2026-06-01', null, null][index % 5],
    });
  }
  await sql`
    update duly.tasks set created_at = date_trunc('hour', now()), updated_at = date_trunc('day', now())
    where user_id = ${user.id} and get_byte(uuid_send(id), 0) < 192`.execute(app.ctx.db);
  return list('?limit=100');
}

const ids = (page: readonly Task[]) => page.map(({ id }) => id);

/** Follows the links of one `rel` from `target` on. @returns every page */
async function readAllPages(
  { follow }: Client,
  target: string | undefined,
  rel: 'next' | 'prev',
): Promise<Reply[]> {
  const pages: Reply[] = [];
  for (let url = target; url !== undefined; ) {
    const page = await follow(url);
    expect(page.status).toBe(200);
    pages.push(page);
    expect(pages.length).toBeLessThanOrEqual(count);
    url = linksOf(page)[rel];
  }
  return pages;
}

describe.each(orders)('sorted by %s %s', (sort_by, sort_direction) => {
  test.each([1, 7, 11, 32, 33])(
    'pages of %i show each task once, in order, forward and back',
    async (limit) => {
      const query = `?sort_by=${sort_by}&sort_direction=${sort_direction}&limit=${limit}`;
      const pages = await readAllPages(client, `${client.user.v1}/tasks${query}`, 'next');
      expect(pages).toHaveLength(Math.ceil(count / limit));
      expect(pages.flatMap(({ body }) => body.data)).toEqual(sortTasks(tasks, sort_by, sort_direction));

      const back = await readAllPages(client, linksOf(pages.at(-1)).prev, 'prev');
      expect(back.map(({ body }) => ids(body.data)).reverse()).toEqual(
        pages.slice(0, -1).map(({ body }) => ids(body.data)),
      );
      for (const { body, headers } of [...pages, ...back]) {
        expect(body.pagination).toMatchObject({ total: count, limit });
        expect(headers.get('x-total-count')).toBe(String(count));
      }
    },
  );
});

describe('links', () => {
  const cursorOf = (target: string | undefined) =>
    new URL(target ?? '', 'http://any').searchParams.get('cursor');

  test('the first page has first and next, one between all three, the last first and prev', async () => {
    const pages = await readAllPages(client, `${client.user.v1}/tasks?limit=15`, 'next');
    expect(pages.map((page) => Object.keys(linksOf(page)).sort())).toEqual([
      ['first', 'next'],
      ['first', 'next', 'prev'],
      ['first', 'prev'],
    ]);
    for (const page of pages) {
      expect(linksOf(page).first).toBe(`${client.user.v1}/tasks?limit=15`);
      expect(page.body.pagination.next_cursor).toBe(cursorOf(linksOf(page).next));
    }
    expect(pages.map(({ body }) => body.pagination.offset)).toEqual([0, null, null]);
  });

  test('a page from further on leads forward again by its own next', async () => {
    const [first, second] = await readAllPages(client, `${client.user.v1}/tasks?limit=15`, 'next');
    const back = await client.follow(linksOf(second).prev ?? '');
    expect(back.body.data).toEqual(first?.body.data);
    const again = await client.follow(linksOf(back).next ?? '');
    expect(again.body.data).toEqual(second?.body.data);
  });

  test('the bare surface pages by the same links', async () => {
    const pages = await readAllPages(client, `${client.user.bare}/tasks?limit=15&sort_by=due_date`, 'next');
    expect(pages.flatMap(({ body }) => body)).toEqual(sortTasks(tasks, 'due_date', 'desc'));
    for (const page of pages) expect(page.headers.get('x-total-count')).toBe(String(count));
  });

  test('offset paging links by offset', async () => {
    const pages = await readAllPages(client, `${client.user.v1}/tasks?limit=15&offset=0`, 'next');
    expect(pages.flatMap(({ body }) => body.data)).toEqual(sortTasks(tasks, 'created_at', 'desc'));
    expect(pages.map(({ body }) => body.pagination.offset)).toEqual([0, 15, 30]);
    const offsetOf = (target = '') => new URL(target, 'http://any').searchParams.get('offset');
    expect(pages.map((page) => offsetOf(linksOf(page).next))).toEqual(['15', '30', null]);
    expect(pages.map((page) => offsetOf(linksOf(page).prev))).toEqual([null, '0', '15']);
    const odd = await client.follow(`${client.user.v1}/tasks?limit=15&offset=5`);
    expect(offsetOf(linksOf(odd).prev)).toBe('0');
  });

  test('the links keep every filter, whatever characters it has', async () => {
    const own = await newClient(app);
    const title = 'what? 50% a+b & c=d é#😀';
    const made = [];
    for (let index = 0; index < 3; index += 1) made.push(await own.create({ title, tags: ['a&b', 'c?d'] }));
    await own.create({ title: 'other' });
    const queries = [
      `search=${encodeURIComponent(title)}&tags[]=a%26b&tags=c%3Fd&tags_match=all&status=PENDING`,
      'search=what?+50%25&tags=c?d',
    ];
    for (const query of queries) {
      const pages = await readAllPages(own, `${own.user.v1}/tasks?${query}&limit=1`, 'next');
      expect(pages.flatMap(({ body }) => body.data)).toEqual(made.toReversed());
      const first = await own.follow(linksOf(pages[2]).first ?? '');
      expect(first.body.data).toEqual([made[2]]);
    }
  });
});

describe('cursors', () => {
  const cursorFor = async ({ v1 }: Client, query: string): Promise<string> =>
    (await v1('GET', `/tasks?limit=2&${query}`)).body.pagination.next_cursor;

  async function expectRefused({ v1, bare }: Client, query: string): Promise<void> {
    const full = await v1('GET', `/tasks?${query}`);
    expect(full.status, query).toBe(422);
    expect(locsOf(full.body.errors)).toEqual(['query.cursor']);
    const plain = await bare('GET', `/tasks?${query}`);
    expect(plain.status).toBe(400);
    expect(locsOf(plain.body.detail)).toEqual(['query.cursor']);
  }

  test('an edited, cut, lengthened or invented cursor is refused', async () => {
    const cursor = await cursorFor(client, '');
    for (let at = 0; at < cursor.length; at += 5) {
      const edited = cursor.slice(0, at) + (cursor[at] === 'A' ? 'B' : 'A') + cursor.slice(at + 1);
      await expectRefused(client, `cursor=${edited}`);
    }
    for (const text of [cursor.slice(0, -1), `${cursor}A`, `${cursor}=`, `${cursor}%20`, '', 'x', '%20'])
      await expectRefused(client, `cursor=${text}`);
    await expectRefused(client, `cursor=${'A'.repeat(2001)}`);
  });

  test('a cursor of another user, filter or order is refused', async () => {
    const other = await newClient(app);
    for (let index = 0; index < 3; index += 1) await other.create({ title: 'same' });
    await expectRefused(client, `cursor=${await cursorFor(other, '')}`);
    const cursor = await cursorFor(client, 'sort_by=title');
    for (const query of [
      'sort_by=priority',
      'sort_by=created_at',
      'sort_by=title&sort_direction=asc',
      'sort_by=title&search=a',
      'sort_by=title&status=pending',
      'sort_by=title&priority=High',
      'sort_by=title&tags=a',
      'sort_by=title&due_before=2026-01-01',
    ])
      await expectRefused(client, `${query}&cursor=${cursor}`);
  });

  test('a cursor goes with another limit, and with the same parameters in another order or form', async () => {
    const cursor = await cursorFor(client, 'search=same&sort_by=title&status=Pending');
    const { data } = (await client.v1('GET', '/tasks?search=same&sort_by=title&status=pending')).body;
    const queries = [
      'status=pending&sort_by=title&search=same',
      'sort_direction=desc&sort_by=title&search=same&status=PENDING&priority=all',
    ];
    for (const query of queries) {
      const page = await client.v1('GET', `/tasks?${query}&cursor=${cursor}&limit=9`);
      expect(page.body.data, query).toEqual(data.slice(2, 11));
    }
  });

  test('a cursor cannot be used with an offset', async () => {
    const cursor = await cursorFor(client, '');
    await expectRefused(client, `cursor=${cursor}&offset=0`);
    await expectRefused(client, `cursor=${cursor}&offset=2`);
  });
});

test.each(directions)(
  'paging by cursor, %s, shows nothing twice and leaves nothing out while others write',
  async (direction) => {
    const own = await newClient(app);
    const before = await populate(own);
    const removed = new Set<string>();
    const seen: string[] = [];
    let url: string | undefined = `${own.user.v1}/tasks?limit=4&sort_direction=${direction}`;
    for (let step = 0; url !== undefined; step += 1) {
      const page: Reply = await own.follow(url);
      seen.push(...ids(page.body.data));
      const [victim] = before.filter(({ id }) => !removed.has(id) && seen.includes(id) === (step % 2 === 0));
      if (step < 6) await own.create({ title: `new ${step}` });
      for (const { id } of before.slice(step, step + 3))
        await own.v1('PATCH', `/tasks/${id}`, { title: `moved ${step}`, completed: true });
      if (victim !== undefined) {
        await own.v1('DELETE', `/tasks/${victim.id}`);
        removed.add(victim.id);
      }
      url = linksOf(page).next;
    }
    expect(new Set(seen).size).toBe(seen.length);
    const staying = ids(before).filter((id) => !removed.has(id));
    expect(staying.filter((id) => !seen.includes(id))).toEqual([]);
  },
);
