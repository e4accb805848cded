import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';
import { type Client, invalidStatus, newClient, type SurfaceName } from '../support/tasks.ts';

const origin = 'https://app.example';
const instances = { 'with a cache': '1000000', 'without one': '0' };

describe.each(Object.entries(instances))('%s', (_name, bytes) => {
  let app: TestApp;
  let client: Client;
  let taskId: string;
  beforeAll(async () => {
    app = await startApp({ CACHE_MAX_BYTES: bytes, ALLOWED_ORIGINS: origin });
    client = await newClient(app);
    taskId = (await client.create({ title: 'one', tags: ['home'] })).id;
    await client.create({ title: 'two', tags: ['home', 'work'] });
  });
  afterAll(() => app.close());

  const get = (path: string, ifNoneMatch?: string, { token } = client.user, headers = {}) =>
    app.request('GET', path, {
      token,
      headers: { ...headers, ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }) },
    });

  describe.each(['v1', 'bare'] as SurfaceName[])('on %s', (surface) => {
    const pathTo = (below: string, { user } = client) => user[surface] + below.replace('{task}', taskId);
    const kinds = [
      '/tasks',
      '/tasks?limit=1',
      '/tasks/{task}',
      '/tags',
      ...(surface === 'v1' ? ['', '/trash'] : []),
    ];

    test.each(kinds)('%s: 304 without content for who has it, 200 for who has another', async (kind) => {
      const path = pathTo(kind);
      const full = await get(path);
      const etag = etagOf(full);
      expect(etag).toMatch(/^"[\w-]+"$/);
      for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, `"a,b" , W/"c",, ${etag} ,`, '*', ` ${etag}`]) {
        const reply = await get(path, tag);
        expect([tag, reply.status, reply.text]).toEqual([tag, 304, '']);
        expect(reply.headers.get('content-length')).toBeNull();
        expect(sharedHeaders(reply)).toEqual(sharedHeaders(full));
      }
      for (const tag of ['"x"', '""', `"${etag.slice(2)}`, '"1x", W/"3"', `W/"W/x"`]) {
        const reply = await get(path, tag);
        expect([tag, reply.status, reply.text]).toEqual([tag, 200, full.text]);
        expect(sharedHeaders(reply)).toEqual(sharedHeaders(full));
      }
    });

    test.each(kinds)('%s: HEAD has the headers of GET, for 200 and 304', async (kind) => {
      const path = pathTo(kind);
      const raw = createClient(app.url, 1);
      const authorization = `Bearer ${client.user.token}`;
      const full = await raw.send({ method: 'GET', path, headers: { authorization } });
      const head = await raw.send({ method: 'HEAD', path, headers: { authorization } });
      const held = await raw.send({
        method: 'HEAD',
        path,
        headers: { authorization, 'if-none-match': `W/${full.headers.etag}` },
      });
      raw.close();
      expect([head.status, held.status, head.text, held.text]).toEqual([200, 304, '', '']);
      for (const { headers } of [head, held])
        for (const name of [...namesOfShared, 'content-length'])
          expect(headers[name], name).toBe(full.headers[name]);
    });

    test.each(kinds)('%s: what other sites may read, and caches have to tell apart', async (kind) => {
      const path = pathTo(kind);
      const full = await get(path, undefined, client.user, { origin });
      const held = await get(path, etagOf(full), client.user, { origin });
      expect([full.status, held.status]).toEqual([200, 304]);
      for (const { headers } of [full, held]) {
        expect(headers.get('cache-control')).toBe('private, no-cache');
        const isList = /tasks(?:\?|$)|tags$|trash$/.test(kind);
        expect(headers.get('vary')?.split(', ').toSorted()).toEqual([
          ...(isList ? ['Accept-Encoding'] : []),
          'Authorization',
          'Origin',
        ]);
        expect(headers.get('access-control-allow-origin')).toBe(origin);
        const exposed = headers.get('access-control-expose-headers')?.split(', ');
        expect(exposed).toEqual(expect.arrayContaining(['ETag', 'Age', 'Warning']));
      }
    });

    test.each(['x', '"', '"a', 'a"', '"a" "b"', '"a b"', "'a'", '*, "a"', 'w/"a"', ''])(
      'the tag %j, which names nothing, is ignored (RFC 9110 §13.1.2), with and without a cached response',
      async (tag) => {
        for (const below of ['/tasks', '/tags', '/tasks']) {
          const plain = await get(pathTo(below));
          const reply = await get(pathTo(below), tag);
          expect([reply.status, reply.text, etagOf(reply)]).toEqual([200, plain.text, etagOf(plain)]);
        }
        const missing = await get(pathTo('/tasks/00000000-0000-4000-8000-000000000000'), tag);
        expect(missing.status).toBe(404);
      },
    );

    test('a task has its version for a tag, a list another one after each change of what it shows', async () => {
      const one = await newClient(app);
      const seen = new Set<string>();
      const look = async (below: string) => etagOf(await get(pathTo(below, one), undefined, one.user));
      const { id } = await one.create();
      for (const [version, body] of [{ priority: 'Low' }, { tags: ['a'] }, { completed: true }].entries()) {
        expect(await look(`/tasks/${id}`)).toBe(`"${version + 1}"`);
        seen.add(await look('/tasks')).add(await look('/tasks'));
        await one[surface]('PATCH', `/tasks/${id}`, body);
      }
      expect(seen.size).toBe(3);
      const asc = '/tasks?limit=1&sort_direction=asc';
      const before = await look(asc);
      await one.create();
      // The page is the same, but the total differs. On the bare surface, only headers have the total.
      expect(await look(asc)).not.toBe(before);
    });

    test('a tag that others have says nothing to them: never 304 for what is not the same', async () => {
      const [ada, bob] = [await newClient(app), await newClient(app)];
      const [hers, his] = [await ada.create({ title: 'hers' }), await bob.create({ title: 'his' })];
      for (const below of ['/tasks', ...(surface === 'v1' ? [''] : [])]) {
        const reply = await get(pathTo(below, ada), undefined, ada.user);
        const crossed = await get(pathTo(below, bob), etagOf(reply), bob.user);
        expect(crossed.status).toBe(200);
        expect(crossed.text).not.toContain(ada.user.id);
      }
      // Each user's first task has version 1, so both have the same tag for their own task.
      expect((await get(`${bob.user[surface]}/tasks/${his.id}`, '"1"', bob.user)).status).toBe(304);
      expect((await get(`${bob.user[surface]}/tasks/${hers.id}`, '"1"', bob.user)).status).toBe(404);
      expect((await get(`${ada.user[surface]}/tasks/${hers.id}`, '"1"', bob.user)).status).toBe(403);
    });

    test('what is not there, or not allowed, is no 304', async () => {
      const missing = pathTo('/tasks/00000000-0000-4000-8000-000000000000');
      expect((await get(missing, '*')).status).toBe(404);
      expect((await get(pathTo('/tasks?limit=0'), '*')).status).toBe(invalidStatus[surface]);
      expect((await app.request('GET', pathTo('/tasks'), { headers: { 'if-none-match': '*' } })).status).toBe(
        401,
      );
    });
  });
});

const namesOfShared = ['etag', 'cache-control', 'vary', 'x-total-count', 'link'];

const sharedHeaders = ({ headers }: Reply) => namesOfShared.map((name) => [name, headers.get(name)]);

const etagOf = ({ headers }: Reply): string => headers.get('etag') ?? '';
