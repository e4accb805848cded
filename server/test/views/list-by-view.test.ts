import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { View } from '../../src/views/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { type Client, locsOf, newClient } from '../support/tasks.ts';
import { createView } from '../support/views.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

describe('a list by a view', () => {
  let client: Client;
  let view: View;
  beforeAll(async () => {
    client = await newClient(app);
    await client.create({ title: 'b', priority: 'High', tags: ['x'] });
    await client.create({ title: 'a', priority: 'High', completed: true });
    await client.create({ title: 'd', priority: 'Low', tags: ['x'] });
    await client.create({ title: 'c', priority: 'High' });
    view = await createView(client, {
      priority: 'High',
      status: 'pending',
      sort_by: 'title',
      sort_direction: 'asc',
    });
  });

  const titles = async (query: string, surface: 'v1' | 'bare' = 'v1') => {
    const { body } = await client[surface]('GET', `/tasks?view=${view.id}${query}`);
    return (surface === 'v1' ? body.data : body).map(({ title }: { title: string }) => title).join('');
  };

  test.each([
    ['', 'bc'],
    ['&sort_direction=desc', 'cb'],
    ['&sort_by=created_at', 'bc'],
    ['&priority=all', 'bcd'],
    ['&priority=low', 'd'],
    ['&status=all', 'abc'],
    ['&completed=true', 'a'],
    ['&tags[]=x', 'b'],
    ['&limit=1', 'b'],
    ['&limit=1&offset=1', 'c'],
  ])('with %j has the tasks %j', async (query, wanted) => {
    expect(await titles(query)).toBe(wanted);
    expect(await titles(query, 'bare')).toBe(wanted);
  });

  test('is paged by cursor, which the same list without the view takes too', async () => {
    const { body } = await client.v1('GET', `/tasks?view=${view.id}&limit=1`);
    const cursor = body.pagination.next_cursor;
    expect(await titles(`&limit=1&cursor=${cursor}`)).toBe('c');
    const same = `priority=High&status=pending&sort_by=title&sort_direction=asc&cursor=${cursor}`;
    expect((await client.v1('GET', `/tasks?${same}`)).body.data).toHaveLength(1);
    expect((await client.v1('GET', `/tasks?view=${view.id}&priority=Low&cursor=${cursor}`)).status).toBe(422);
  });

  test('follows a change of the view, although the list was cached', async () => {
    const other = await createView(client, { search: 'a' });
    const list = async () => (await client.v1('GET', `/tasks?view=${other.id}`)).body.pagination.total;
    expect([await list(), await list()]).toEqual([1, 1]);
    await client.v1('PATCH', `/views/${other.id}`, { parameters: {} });
    expect(await list()).toBe(4);
    await client.v1('DELETE', `/views/${other.id}`);
    expect((await client.v1('GET', `/tasks?view=${other.id}`)).status).toBe(422);
  });

  test('the inbox is what has no project', async () => {
    const { body } = await client.v1('POST', '/projects', { name: 'project' });
    const { id } = await client.create({ title: 'e', project_id: body.data.id });
    const ids = async (query: string) =>
      (await client.v1('GET', `/tasks?${query}`)).body.data.map((task: { id: string }) => task.id);
    expect(await ids('view=inbox')).toHaveLength(4);
    expect(await ids('view=inbox')).not.toContain(id);
    expect(await ids(`view=inbox&project_id=${body.data.id}`)).toEqual([id]);
  });

  test("a view that is not the user's is an error that names it", async () => {
    const foreign = await createView(await newClient(app), {});
    for (const value of [foreign.id, randomUUID(), 'yesterday', '']) {
      const { status, body } = await client.v1('GET', `/tasks?view=${value}`);
      expect([status, locsOf(body.errors)]).toEqual([422, ['query.view']]);
    }
  });
});
