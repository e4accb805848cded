import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Task } from '../../src/tasks/model.ts';
import { password } from '../support/accounts.ts';
import type { TestApp } from '../support/app.ts';
import { locales, startAppIn } from '../support/folding.ts';
import { seeded } from '../support/random.ts';
import { sortTasks } from '../support/task-model.ts';
import { newClient } from '../support/tasks.ts';

/** Each text finds the other, as title, description and tag. */
const alike = [
  ['ärger', 'Ärger'],
  ['STRASSE', 'Straße'],
  ['cafe', 'Café'],
  ['Cafe\u0301', 'Café'],
  ['ΟΔΥΣΣΕΥΣ', 'Ὀδυσσεύς'],
  ['ΣΑΣ', 'σας'],
  ['istanbul', 'İstanbul'],
  ['TITLE', 'title'],
  ['ʼN', 'ŉ'],
  ['EFFICIENT', 'eﬃcient'],
  ['ｆｕｌｌ', 'full'],
  ['елка', 'Ёлка'],
  ['Чай', 'чаЙ'],
  ['кино Ў', 'КИНО ў'],
  ['パン', 'ハ\u309aン'],
  ['ガ', 'ｶﾞ'],
  ['क़लम', '\u0915\u093cलम'],
  ['한국', '한국'.normalize('NFD')],
  ['100% a_b c\\d', '１００％ A＿B C＼D'],
] as const;

/** The first text does not find the second. */
const unlike = [
  ['чаи', 'чай'],
  ['у', 'ў'],
  ['lodz', 'Łódź'],
  ['ore', 'Øre'],
  ['dak', 'đak'],
  ['isik', 'ışık'],
  ['か', 'が'],
  ['हिनदी', 'हिन्दी'],
  ['محمد', 'مُحَمَّد'],
  ['שלום', 'שָׁלוֹם'],
  ['ㅋ', '크'],
  ['%', '100'],
  ['_', 'ab'],
  ['\u0301', 'é e\u0301'],
] as const;

/** The results of a search in titles, descriptions and tags, on both surfaces. */
async function found({ v1, bare }: Awaited<ReturnType<typeof newClient>>, search: string) {
  const query = `?${new URLSearchParams({ search })}`;
  const tasks: Task[] = (await v1('GET', `/tasks${query}`)).body.data;
  const tags: { name: string }[] = (await v1('GET', `/tags${query}`)).body.data;
  expect((await bare('GET', `/tasks${query}`)).body).toEqual(tasks);
  expect((await bare('GET', `/tags${query}`)).body).toEqual(tags);
  return {
    texts: tasks.map(({ title, description }) => description ?? title).sort(),
    tags: tags.map(({ name }) => name),
  };
}

describe.each(Object.keys(locales) as (keyof typeof locales)[])('a database of the locale %s', (locale) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startAppIn(locale);
  });
  afterAll(() => app.close());

  test.each([...alike, ...alike.map(([a, b]) => [b, a] as const)])(
    'finds by %s what is %s',
    async (search, text) => {
      const client = await newClient(app);
      await client.create({ title: `<${text}>`, tags: [`<${text}>`] });
      await client.create({ title: 'other', description: `[${text}]`, tags: ['other'] });
      expect(await found(client, search)).toEqual({
        texts: [`<${text}>`, `[${text}]`].sort(),
        tags: [`<${text}>`],
      });
      // Cut at any grapheme, as while it is typed.
      for (const { index } of new Intl.Segmenter('und').segment(search))
        if (index > 0)
          expect(
            (await client.list(`?${new URLSearchParams({ search: search.slice(0, index) })}`)).length,
          ).toBe(2);
    },
  );

  test.each(unlike)('does not find by %s what is %s', async (search, text) => {
    const client = await newClient(app);
    await client.create({ title: text, description: text, tags: [text] });
    expect(await found(client, search)).toEqual({ texts: [], tags: [] });
    expect((await found(client, text)).tags).toEqual([text]);
  });

  test('keeps title and description apart, also where a search or a title has lines', async () => {
    const client = await newClient(app);
    await client.create({ title: 'Milk\nCafé', description: 'Bread\nbutter' });
    for (const [search, count] of [
      ['milk\ncafe', 1],
      ['BREAD\nBUTTER', 1],
      ['café\nbread', 0],
      ['café\u00a0bread', 0],
    ] as const)
      expect(await client.list(`?${new URLSearchParams({ search })}`), search).toHaveLength(count);
  });

  test.each(['asc', 'desc'] as const)(
    'orders titles by what they fold to, then by code point: %s',
    async (direction) => {
      const client = await newClient(app);
      const titles = [
        ...[
          'Zebra',
          'apple',
          'Äpfel',
          'apfel',
          'Apfel',
          'ÄPFEL',
          'apfel',
          'Straße',
          'STRASSE',
          'strasse',
          'İ',
          'ı',
          'I',
          'i',
        ],
        ...[
          'Ёлка',
          'елка',
          'Елка',
          'Ω',
          'ω',
          'ς',
          'σ',
          '日本',
          '한국',
          'が',
          'か',
          '😀',
          '\uff5e',
          '~',
          '1',
          '①',
          'a\nb',
          'A\na',
          'a\tx',
        ],
      ];
      const random = seeded(3);
      const tasks: Task[] = [];
      for (const title of titles.toSorted(() => random.below(3) - 1))
        tasks.push(await client.create({ title }));
      const walked: Task[] = [];
      for (let cursor = ''; ; ) {
        const { body } = await client.v1(
          'GET',
          `/tasks?sort_by=title&sort_direction=${direction}&limit=4${cursor}`,
        );
        walked.push(...body.data);
        if (body.pagination.next_cursor === null) break;
        cursor = `&cursor=${body.pagination.next_cursor}`;
      }
      const wanted = sortTasks(tasks, 'title', direction);
      expect(walked).toEqual(wanted);
      // A search uses the same order.
      expect(await client.list(`?sort_by=title&sort_direction=${direction}&search=a&limit=100`)).toEqual(
        wanted.filter(({ title }) => /[aä]/i.test(title)),
      );
    },
  );

  test('finds an account by its mail address in any case', async () => {
    const email = `Idil.${randomUUID()}@Example.com`;
    const person = { email, password, first_name: 'Idil', last_name: 'A' };
    const { body } = await app.request('POST', '/api/v1/auth/register', { body: person });
    await sql`update better_auth."user" set role = 'admin' where id = ${body.user.id}`.execute(app.ctx.db);
    const login = await app.request('POST', '/api/v1/auth/login', { body: { email, password } });
    const token = String(login.body.access_token);
    for (const search of ['IDIL', 'idil', email.toUpperCase()]) {
      const reply = await app.request('GET', `/api/v1/admin/users?search=${search}`, { token });
      expect(reply.body.data, search).toMatchObject([{ id: body.user.id }]);
    }
  });
});
