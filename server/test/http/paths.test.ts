import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const surfaces = ['v1', 'bare'] as const;

describe.each(surfaces)('a slash at the end of a path on %s', (surface) => {
  test.each(['/tasks', '/tasks?limit=1&sort_by=title', '/tags', '/tags?search=x'])(
    'GET and HEAD of %s answer as they do without it, and do not redirect',
    async (path) => {
      const client = await newClient(app);
      await client.create({ tags: ['x'] });
      const slashed = path.replace(/(?=\?|$)/, '/');
      const [plain, reply] = [await client[surface]('GET', path), await client[surface]('GET', slashed)];
      expect([reply.status, reply.text]).toEqual([200, plain.text]);
      const { token } = client.user;
      const head = await fetch(app.url + client.user[surface] + slashed, {
        method: 'HEAD',
        headers: { authorization: `Bearer ${token}` },
      });
      expect([head.status, head.headers.get('x-total-count')]).toEqual([200, '1']);
    },
  );

  test('a cached list is served with it too, and is right after a write', async () => {
    const { create, [surface]: call } = await newClient(app);
    await create();
    for (const total of ['1', '1', '2']) {
      if (total === '2') await create();
      expect((await call('GET', '/tasks/')).headers.get('x-total-count')).toBe(total);
    }
  });

  test('POST creates a task', async () => {
    const { list, [surface]: call } = await newClient(app);
    expect((await call('POST', '/tasks/', { title: 'slashed' })).status).toBe(201);
    expect(await list()).toMatchObject([{ title: 'slashed' }]);
  });

  test.each([
    ['GET', '', undefined],
    ['PUT', '', { title: 'new' }],
    ['PATCH', '', { title: 'new' }],
    ['PATCH', '/complete', { completed: true }],
    ['DELETE', '', undefined],
  ])('%s of one task%s takes it', async (method, rest, body) => {
    const { create, [surface]: call } = await newClient(app);
    const { id } = await create();
    const { status } = await call(method, `/tasks/${id}${rest}/`, body);
    expect(status).toBe(method === 'DELETE' && surface === 'bare' ? 204 : 200);
    expect((await call('GET', `/tasks/${id}`)).status).toBe(method === 'DELETE' ? 404 : 200);
  });

  test.each(['PUT', 'PATCH', 'DELETE'])('%s of a task whose id is empty is a 405', async (method) => {
    const { create, stored, [surface]: call } = await newClient(app);
    await create();
    const before = await stored();
    const { status, headers } = await call(method, '/tasks/', method === 'DELETE' ? undefined : {});
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, OPTIONS']);
    expect(await stored()).toEqual(before);
  });

  test.each(['/tasks//complete', '/tasks//', '//'])('an empty name in %s is no route', async (path) => {
    const { [surface]: call } = await newClient(app);
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const { status, body } = await call(method, path, method === 'PATCH' ? { completed: true } : undefined);
      expect([status, body?.detail]).toEqual([404, 'Route not found']);
    }
  });
});

describe('a slash never makes a deletion of one thing that of all', () => {
  test('DELETE …/trash/ leaves the trash as it is', async () => {
    const { create, v1, stored } = await newClient(app);
    const { id } = await create();
    await v1('DELETE', `/tasks/${id}`);
    const before = await stored();
    for (const path of ['/trash/', '/trash/?', '/trash/?x=1']) {
      const { status, headers } = await v1('DELETE', path);
      expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    }
    expect(await stored()).toEqual(before);
    expect((await v1('DELETE', `/trash/${id}/`)).status).toBe(200);
  });

  test('DELETE …/sessions/ ends none, and DELETE …/tags/ takes no tag away', async () => {
    const { create, v1, tags } = await newClient(app);
    await create({ tags: ['x'] });
    expect((await v1('DELETE', '/sessions/')).status).toBe(405);
    expect((await v1('DELETE', '/tags/')).status).toBe(405);
    expect(await tags()).toEqual([{ name: 'x', usage_count: 1 }]);
  });

  test('every DELETE of openapi.json that names no single thing refuses the slash', async () => {
    const { user } = await newClient(app);
    const { body: document } = await app.request('GET', '/openapi.json');
    const collections = Object.entries<object>(document.paths)
      .filter(([path, methods]) => 'delete' in methods && !path.endsWith('}'))
      .map(([path]) => path);
    expect(collections.length).toBeGreaterThan(2);
    for (const path of collections) {
      const named = path.replaceAll('{user_id}', user.id);
      expect((await app.request('DELETE', `${named}/`, { token: user.token })).status).toBe(405);
    }
  });
});

describe('me in a path is the user of the token', () => {
  test('on both surfaces, for reads and writes alike', async () => {
    const { create, user } = await newClient(app);
    const task = await create({ tags: ['x'] });
    const get = async (path: string) => (await app.request('GET', path, { token: user.token })).body;
    expect(await get('/api/me/tasks')).toEqual([task]);
    expect((await get(`/api/v1/users/me/tasks/${task.id}`)).data).toEqual(task);
    expect((await get('/api/v1/users/me')).data.id).toBe(user.id);
    expect(await get('/api/me/tags')).toEqual([{ name: 'x', usage_count: 1 }]);
    expect((await get('/api/v1/users/me/changes')).data).toHaveLength(3);
  });

  test.each(['/api/v1/users/me/tasks', '/api/me/tasks'])(
    'POST %s: Location, audit log and the answer to the same key hold the real id',
    async (path) => {
      const { user, follow, v1 } = await newClient(app);
      const options = {
        token: user.token,
        body: { title: 'mine' },
        headers: { 'idempotency-key': `key-${path.length}` },
      };
      const first = await app.request('POST', path, options);
      expect(first.status).toBe(201);
      const location = first.headers.get('location') ?? '';
      expect(location).toContain(encodeURIComponent(user.id));
      expect((await follow(location)).status).toBe(200);
      const named = path.replace('/me/', `/${encodeURIComponent(user.id)}/`);
      const again = await app.request('POST', named, options);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect([again.text, again.headers.get('location')]).toEqual([first.text, location]);
      const { body } = await v1('GET', '/audit');
      expect(body.data).toMatchObject([{ action: 'task.create', actor: user.id }]);
    },
  );

  test('a cached list of me is never that of another user', async () => {
    const [a, b] = [await newClient(app), await newClient(app)];
    await a.create({ title: 'of a' });
    await b.create({ title: 'of b' });
    for (let round = 0; round < 3; round += 1)
      for (const [client, title] of [
        [a, 'of a'],
        [b, 'of b'],
      ] as const) {
        const { body } = await app.request('GET', '/api/me/tasks', { token: client.user.token });
        expect(body).toMatchObject([{ title, user_id: client.user.id }]);
      }
  });

  test('a user whose id is me has that id, and ME is nobody in particular', async () => {
    const me = await newClient(app, 'me');
    await me.create();
    expect((await me.bare('GET', '/tasks')).body).toMatchObject([{ user_id: 'me' }]);
    const { user } = await newClient(app);
    expect((await app.request('GET', '/api/ME/tasks', { token: user.token })).status).toBe(403);
  });

  test('without a token it is a 401; below /admin it is an id like any other', async () => {
    expect((await app.request('GET', '/api/me/tasks')).status).toBe(401);
    const { user } = await newClient(app);
    const { status } = await app.request('GET', '/api/v1/admin/users/me', { token: user.token });
    expect(status).toBe(403);
  });
});
