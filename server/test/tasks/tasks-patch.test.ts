import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { locsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const full = {
  title: 'Buy milk',
  description: 'two bottles',
  completed: true,
  priority: 'High',
  due_date: '2026-12-24',
  tags: ['home', 'shopping'],
};

/** PUT and PATCH are the same merge patch (RFC 7396). */
describe.each(['PUT', 'PATCH'])('%s', (method) => {
  test.each([
    ['title', ' Buy oat milk ', 'Buy oat milk'],
    ['description', 'three', 'three'],
    ['description', null, null],
    ['description', '', ''],
    ['priority', 'low', 'Low'],
    ['due_date', '2027-01-01', '2027-01-01'],
    ['due_date', null, null],
    ['tags', ['x', 'home', 'x'], ['home', 'x']],
    ['tags', [], []],
  ])('%s: %j changes that field and keeps the others', async (field, value, stored) => {
    const { create, get, v1 } = await newClient(app);
    const before = await create(full);
    const { status, headers, body } = await v1(method, `/tasks/${before.id}`, { [field]: value });
    expect(status).toBe(200);
    expect(headers.get('etag')).toBe('"2"');
    expect(body.data).toEqual({
      ...before,
      [field]: stored,
      version: 2,
      updated_at: expect.any(String),
    });
    expect(await get(before.id)).toEqual(body.data);
  });

  test('several fields change together, in one version', async () => {
    const { create, v1 } = await newClient(app);
    const { id } = await create();
    const { body } = await v1(method, `/tasks/${id}`, full);
    expect(body.data).toMatchObject({ ...full, version: 2, completed_at: body.data.updated_at });
  });

  test.each(['title', 'completed', 'priority', 'tags', 'version'])('%s may not be null', async (field) => {
    const { create, v1, stored } = await newClient(app);
    const { id } = await create(full);
    const before = await stored();
    const { status, body } = await v1(method, `/tasks/${id}`, { description: 'new', [field]: null });
    expect(status).toBe(422);
    expect(new Set(locsOf(body.errors))).toEqual(new Set([`body.${field}`]));
    expect(await stored()).toEqual(before);
  });

  test.each([
    {},
    { version: 1 },
    full,
    { title: '  Buy milk  ' },
    { priority: 'hIGH' },
    { tags: ['shopping', 'home', 'home'] },
    { completed: true, due_date: '2026-12-24', version: 1 },
  ])('%j changes nothing, so version, times and revision stay', async (patch) => {
    const { create, v1, stored } = await newClient(app);
    const task = await create(full);
    const before = await stored();
    const { status, headers, body } = await v1(method, `/tasks/${task.id}`, patch);
    expect(status).toBe(200);
    expect(headers.get('etag')).toBe('"1"');
    expect(body.data).toEqual(task);
    expect(await stored()).toEqual(before);
  });

  test.each(['id', 'user_id', 'completed_at', 'created_at', 'updated_at', 'deleted_at', 'colour', 'Title'])(
    '%s may not be written: it is named and nothing of the patch is stored',
    async (field) => {
      const { create, v1, stored } = await newClient(app);
      const task = await create(full);
      const before = await stored();
      const { status, body } = await v1(method, `/tasks/${task.id}`, { title: 'new', [field]: 'x' });
      expect(status).toBe(422);
      expect(locsOf(body.errors)).toEqual([`body.${field}`]);
      expect(await stored()).toEqual(before);
    },
  );

  test.each([[[]], [[{ title: 'x' }]], ['"title"'], ['5'], ['null'], ['true']])(
    'the body %j is no object and is refused',
    async (patch) => {
      const { create, v1, stored } = await newClient(app);
      const { id } = await create(full);
      const before = await stored();
      const { status, body } = await v1(method, `/tasks/${id}`, patch);
      expect(status).toBe(422);
      expect(locsOf(body.errors)).toEqual(['body']);
      expect(await stored()).toEqual(before);
    },
  );
});

test('all wrong fields are named together', async () => {
  const { create, v1 } = await newClient(app);
  const { id } = await create();
  const wrong = { title: 5, description: 5, completed: 'true', due_date: 'x', tags: 'a', user_id: 5 };
  const { body } = await v1('PATCH', `/tasks/${id}`, wrong);
  expect(new Set(locsOf(body.errors))).toEqual(new Set(Object.keys(wrong).map((field) => `body.${field}`)));
});

test('every change adds 1 to the version and moves updated_at forward, never before created_at', async () => {
  const { create, get, v1 } = await newClient(app);
  const created = await create();
  const patches = [{ title: 'b' }, { tags: ['x'] }, { tags: [] }, { completed: true }, { completed: false }];
  let before = created;
  for (const patch of patches) {
    const { data } = (await v1('PATCH', `/tasks/${created.id}`, patch)).body;
    expect(data).toMatchObject({ version: before.version + 1, created_at: created.created_at });
    expect(data.updated_at >= before.updated_at).toBe(true);
    before = data;
  }
  expect(await get(created.id)).toEqual({ ...before, version: 1 + patches.length });
});

test('a tag that no task carries any more is not listed, and can be given again', async () => {
  const { create, v1, tags } = await newClient(app);
  const { id } = await create({ tags: ['x'] });
  await v1('PATCH', `/tasks/${id}`, { tags: ['y'] });
  expect(await tags()).toEqual([{ name: 'y', usage_count: 1 }]);
  await v1('PATCH', `/tasks/${id}`, { tags: ['y', 'x'] });
  expect(await tags()).toEqual([
    { name: 'x', usage_count: 1 },
    { name: 'y', usage_count: 1 },
  ]);
});
