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

const namesOf = async ({ v1 }: Client, path = '/views') =>
  (await v1('GET', path)).body.data.map(({ name }: View) => name);

describe('saved views', () => {
  test('are stored with their parameters alone, and returned by get, list and feed', async () => {
    const client = await newClient(app);
    const parameters = { tags: ['a'], priority: 'HIGH', project_id: randomUUID().toUpperCase() };
    const { status, body, headers } = await client.v1('POST', '/views', { name: ' Urgent ', parameters });
    const normal = { ...parameters, priority: 'High', project_id: parameters.project_id.toLowerCase() };
    expect([status, headers.get('etag')]).toEqual([201, '"1"']);
    expect(body.data).toMatchObject({ name: 'Urgent', parameters: normal, version: 1 });
    const { id } = body.data;
    expect((await client.v1('GET', `/views/${id}`)).body.data).toEqual(body.data);
    expect((await client.v1('GET', '/views')).body.data).toEqual([body.data]);
    const { body: feed } = await client.v1('GET', '/changes');
    expect(feed.data).toContainEqual({ revision: 1, type: 'view', id, op: 'upsert', view: body.data });
  });

  test('a change replaces all parameters, and one that changes nothing keeps the version', async () => {
    const client = await newClient(app);
    const view = await createView(client, { status: 'pending', search: 'x' });
    const path = `/views/${view.id}`;
    const same = { search: 'x', status: 'Pending' };
    expect((await client.v1('PATCH', path, { parameters: same })).body.data).toEqual(view);
    const { body } = await client.v1('PATCH', path, { ...view, parameters: { tags: ['a'] } });
    expect(body.data).toMatchObject({ name: 'view', parameters: { tags: ['a'] }, version: 2 });
    expect((await client.v1('PATCH', path, { name: 'late', version: 1 })).status).toBe(409);
    expect((await client.v1('PATCH', path, { name: 'late' }, { 'if-match': '"1"' })).status).toBe(412);
  });

  test.each([
    [{ limit: 10 }, 'body.parameters.limit'],
    [{ view: 'inbox' }, 'body.parameters.view'],
    [{ cursor: 'x' }, 'body.parameters.cursor'],
    [{ sort_by: 'colour' }, 'body.parameters.sort_by'],
    [{ tags: 'a' }, 'body.parameters.tags'],
    [{ completed: 'true' }, 'body.parameters.completed'],
    [{ project_id: 'inbox' }, 'body.parameters.project_id'],
    [null, 'body.parameters'],
  ])('%j is refused', async (parameters, loc) => {
    const { v1 } = await newClient(app);
    const { status, body } = await v1('POST', '/views', { name: 'view', parameters });
    expect([status, locsOf(body.errors)]).toEqual([422, [loc]]);
  });

  test('a hundred and no more', async () => {
    const client = await newClient(app);
    await Promise.all(Array.from({ length: 100 }, () => createView(client, {})));
    const { status, body } = await client.v1('POST', '/views', { name: 'one more', parameters: {} });
    expect([status, body.error_code]).toEqual([409, 'LIMIT_EXCEEDED']);
    const [first] = (await client.v1('GET', '/views')).body.data;
    await client.v1('DELETE', `/views/${first.id}`);
    await createView(client, {});
    expect((await client.v1('POST', `/trash/views/${first.id}/restore`)).status).toBe(409);
  });

  test('are in a manual order, also after a restore; purged ones leave a tombstone', async () => {
    const client = await newClient(app);
    const [a, b] = [await createView(client, {}, 'a'), await createView(client, {}, 'b')];
    await createView(client, {}, 'c');
    await client.v1('POST', `/views/${b.id}/move`, { after: null });
    expect(await namesOf(client)).toEqual(['b', 'a', 'c']);
    await client.v1('DELETE', `/views/${a.id}`);
    expect([await namesOf(client), await namesOf(client, '/trash/views')]).toEqual([['b', 'c'], ['a']]);
    await client.v1('POST', `/trash/views/${a.id}/restore`);
    expect(await namesOf(client)).toEqual(['b', 'a', 'c']);
    await client.v1('DELETE', `/views/${a.id}`);
    expect((await client.v1('DELETE', `/trash/views/${a.id}`)).status).toBe(200);
    const { body } = await client.v1('GET', '/changes');
    expect(body.data.map(({ id }: { id: string }) => id)).not.toContain(a.id);
    expect((await client.v1('GET', `/views/${a.id}`)).status).toBe(404);
  });
});
