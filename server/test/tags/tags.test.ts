import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { locsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const names = (tags: { name: string }[]) => tags.map(({ name }) => name);

test('a user without tasks has no tags', async () => {
  const { v1, bare } = await newClient(app);
  const full = await v1('GET', '/tags');
  expect(full.status).toBe(200);
  expect(full.body).toEqual({ data: [], message: 'Tags retrieved successfully', status_code: 200 });
  expect(full.headers.get('x-total-count')).toBe('0');
  const plain = await bare('GET', '/tags');
  expect(plain.status).toBe(200);
  expect(plain.body).toEqual([]);
});

test('every tag comes with the number of live tasks that carry it', async () => {
  const { create, tags, v1 } = await newClient(app);
  const both = await create({ tags: ['home', 'work'] });
  const work = await create({ tags: ['work'], completed: true });
  await create();
  expect(await tags()).toEqual([
    { name: 'home', usage_count: 1 },
    { name: 'work', usage_count: 2 },
  ]);
  await v1('PATCH', `/tasks/${work.id}`, { tags: ['work', 'later'] });
  await v1('DELETE', `/tasks/${both.id}`);
  expect(await tags()).toEqual([
    { name: 'later', usage_count: 1 },
    { name: 'work', usage_count: 1 },
  ]);
  await v1('PATCH', `/tasks/${work.id}`, { tags: [] });
  expect(await tags()).toEqual([]);
});

test('names differ by case and by spelling, and are sorted by code point', async () => {
  const { create, tags } = await newClient(app);
  const composed = '\u00e9';
  const decomposed = 'e\u0301';
  const sorted = [' a', 'B', 'Work', 'a', decomposed, 'work', composed, '日本', '\uff5e', '😀'];
  await create({ tags: sorted.toReversed() });
  expect(names(await tags())).toEqual(sorted);
});

test.each([
  ['wor', ['HOMEWORK', 'Work', 'work']],
  ['WORK', ['HOMEWORK', 'Work', 'work']],
  ['%', ['50%']],
  ['_', ['a_b']],
  ['\\', ['c\\d']],
  ['0%', ['50%']],
  ['a_b', ['a_b']],
  ['école', ['École', 'école']],
  ['ÉCOLE', ['École', 'école']],
  ['ПРИ', ['Привет']],
  ['😀', ['😀']],
  ['.*', []],
  ['', ['50%', 'HOMEWORK', 'Work', 'a_b', 'axb', 'c\\d', 'work', 'École', 'école', 'Привет', '😀']],
])('search=%j is a literal part of the name in any case', async (search, found) => {
  const { create, v1, bare } = await newClient(app);
  await create({
    tags: ['work', 'Work', 'HOMEWORK', '50%', 'a_b', 'axb', 'c\\d', 'École', 'école', 'Привет', '😀'],
  });
  const query = `?${new URLSearchParams({ search })}`;
  const full = await v1('GET', `/tags${query}`);
  expect(names(full.body.data)).toEqual(found);
  const plain = await bare('GET', `/tags${query}`);
  expect(names(plain.body)).toEqual(found);
  for (const { headers } of [full, plain]) expect(headers.get('x-total-count')).toBe(String(found.length));
});

test('at most limit tags come, 50 when it is absent; X-Total-Count says how many there are', async () => {
  const { create, v1, tags } = await newClient(app);
  const all = Array.from({ length: 60 }, (_, index) => `tag ${String(index).padStart(2, '0')}`);
  for (let start = 0; start < all.length; start += 20) await create({ tags: all.slice(start, start + 20) });
  for (const [query, shown] of [
    ['', 50],
    ['?limit=1', 1],
    ['?limit=60', 60],
    ['?limit=100', 60],
  ] as const) {
    expect(names(await tags(query))).toEqual(all.slice(0, shown));
    expect((await v1('GET', `/tags${query}`)).headers.get('x-total-count')).toBe('60');
  }
  expect((await v1('GET', '/tags?search=tag 0&limit=3')).headers.get('x-total-count')).toBe('10');
});

test('the same names of two users know nothing of each other', async () => {
  const [mine, theirs] = [await newClient(app), await newClient(app)];
  await mine.create({ tags: ['shared', 'mine'] });
  const { id } = await theirs.create({ tags: ['shared', 'theirs'] });
  await theirs.create({ tags: ['shared'] });
  expect(await mine.tags()).toEqual([
    { name: 'mine', usage_count: 1 },
    { name: 'shared', usage_count: 1 },
  ]);
  await theirs.v1('DELETE', `/tasks/${id}`);
  expect(await theirs.tags()).toEqual([{ name: 'shared', usage_count: 1 }]);
  expect(await mine.list('?tags=shared')).toMatchObject([{ tags: ['mine', 'shared'] }]);
  expect(await mine.tags('?search=theirs')).toEqual([]);
});

test.each([
  ['limit=0', 'limit'],
  ['limit=101', 'limit'],
  ['limit=x', 'limit'],
  ['limit=1&limit=2', 'limit'],
  [`search=${'x'.repeat(51)}`, 'search'],
  ['search=a&search=b', 'search'],
  ['search=%00', 'search'],
  ['search=%ff', 'search'],
  ['offset=1', 'offset'],
  ['name=a', 'name'],
])('?%s is refused, naming %s', async (query, name) => {
  const { v1, bare } = await newClient(app);
  const full = await v1('GET', `/tags?${query}`);
  expect(full.status).toBe(422);
  expect(locsOf(full.body.errors)).toEqual([`query.${name}`]);
  const plain = await bare('GET', `/tags?${query}`);
  expect(plain.status).toBe(400);
  expect(locsOf(plain.body.detail)).toEqual([`query.${name}`]);
});
