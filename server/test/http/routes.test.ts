import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../../src/http/app.ts';
import { routes } from '../../src/http/routes.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { operations } from '../support/operations.ts';

type Route = (typeof routes)[number];
type BuiltApp = Awaited<ReturnType<typeof buildApp>>;

let server: TestApp;
let app: BuiltApp;
beforeAll(async () => {
  server = await startApp({ METRICS_TOKEN: 'a-token-for-tests-of-more-than-32-characters' });
  app = await buildApp(server.ctx);
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await server.close();
});

/** Every URL of the router, from the prefix tree that Fastify prints, without the route for CORS preflights. */
function registeredUrls(): string[] {
  const path: string[] = [];
  const urls: string[] = [];
  for (const line of app.printRoutes().split('\n')) {
    const [, indent = '', segment = '', methods] =
      /^((?:[│├└─ ]{4})*)(?:\(empty root node\)|(\S+?))(?: \((.*)\))?$/u.exec(line) ?? [];
    path.length = indent.length / 4;
    path.push(segment);
    if (methods !== undefined) urls.push(path.join(''));
  }
  return urls.filter((url) => url !== '*');
}

/** The methods that the OPTIONS route of `url` reports. */
async function allowedMethods(url: string): Promise<string[]> {
  const { headers } = await app.inject({ method: 'OPTIONS', url });
  return String(headers.allow).split(', ').toSorted();
}

/** A plugin registers several URLs below the one of its row. */
function covers(route: Route, url: string): boolean {
  if (typeof route.target !== 'function') return route.url === url;
  const base = route.url.replace(/\/\*$/, '');
  return url === base || url.startsWith(`${base}/`);
}

const exposesHead = ({ target }: Route) =>
  typeof target === 'function' || !('id' in target) || target.options?.exposeHeadRoute !== false;

const table = routes.filter(({ method }) => method !== 'ALL');
const documented = table.flatMap(({ method, url, target, access, surface }) =>
  'id' in target ? [{ method, url, id: surface.operationId(target.id), access }] : [],
);

describe('the table of routes', () => {
  test('has the URLs that are registered, and no others', () => {
    const urls = registeredUrls();
    expect(urls).toContain('/api/v1/users/:user_id/tasks/:task_id/complete');
    expect(urls.filter((url) => !routes.some((route) => covers(route, url)))).toEqual([]);
    expect(routes.filter((route) => !urls.some((url) => covers(route, url))).map(({ url }) => url)).toEqual(
      [],
    );
  });

  test('has the methods that are registered', async () => {
    const inTable: Record<string, string[]> = {};
    const registered: Record<string, string[]> = {};
    for (const [url, rows] of Map.groupBy(table, (route) => route.url)) {
      const methods = rows.flatMap(({ method }) => method.split(' '));
      const hasHead = rows.some((row) => row.method.startsWith('GET') && exposesHead(row));
      inTable[url] = [...methods, ...(hasHead ? ['HEAD'] : []), 'OPTIONS'].toSorted();
      registered[url] = await allowedMethods(url);
    }
    expect(registered).toEqual(inTable);
  });

  test('has the operations of openapi.json, in its order', () => {
    const inTable = documented.map(
      ({ method, url, id }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')} ${id}`,
    );
    const inDocument = operations.map(({ method, path, operationId }) => `${method} ${path} ${operationId}`);
    expect(inTable.toSorted()).toEqual(inDocument.toSorted());
    const paths = [...new Set(documented.map(({ url }) => url.replaceAll(/:(\w+)/g, '{$1}')))];
    expect(paths).toEqual([...new Set(operations.map(({ path }) => path))]);
  });

  test('says who may call: without a token 401, without the role 403', async () => {
    const { token, id } = await server.newUser();
    for (const { method, url, access } of documented) {
      const path = url.replace(':user_id', id).replaceAll(/:\w+/g, 'x');
      const { status } = await server.request(method, path);
      expect(status === 401, `${method} ${url} without a token: ${status}`).toBe(access !== 'public');
      if (access === 'admin') expect((await server.request(method, path, { token })).status).toBe(403);
    }
  });
});
