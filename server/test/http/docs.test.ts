import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import document from '../../openapi.json' with { type: 'json' };
import { startApp, type TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

interface Page {
  path: string;
  type: string;
  text: string;
  csp: string | null;
}

async function load(path: string): Promise<Page> {
  const reply = await fetch(app.url + path);
  expect(reply.status, path).toBe(200);
  return {
    path: new URL(reply.url).pathname,
    type: reply.headers.get('content-type')?.split(';')[0] ?? '',
    text: await reply.text(),
    csp: reply.headers.get('content-security-policy'),
  };
}

/** How each type of file loads another. The start script uses `resolveUrl`. */
const requesting: Record<string, RegExp[]> = {
  'text/html': [/<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)\s*=\s*["']([^"']+)["']/gi],
  'text/css': [/url\(\s*["']?([^"')]+)/gi, /@import\s+["']([^"']+)/gi],
  'application/javascript': [/resolveUrl\('(\.[^']+)'\)/g, /(https?:\/\/[^\s"'`)]+)/g],
};

function references({ path, type, text }: Page): URL[] {
  const isScript = type === 'application/javascript';
  const code = isScript ? text.replaceAll(/^\s*\/\/.*$/gm, '') : text;
  const base = new URL(isScript ? '/docs/' : path, app.url);
  return (requesting[type] ?? [])
    .flatMap((pattern) => [...code.matchAll(pattern)].map(([, target = '']) => target))
    .filter((target) => !target.startsWith('data:') && !target.startsWith('#'))
    .map((target) => new URL(target, base));
}

describe('the API page', () => {
  test('and everything it refers to comes from this server', async () => {
    const page = await load('/docs');
    expect(page.type).toBe('text/html');
    const waiting = references(page);
    const seen = new Set<string>();
    const types = new Set<string>();
    for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
      expect(url.origin, url.href).toBe(app.url);
      if (seen.has(url.pathname)) continue;
      seen.add(url.pathname);
      const asset = await load(url.pathname);
      types.add(asset.type);
      // The bundles contain URLs that they never load; the Content-Security-Policy limits what they may load.
      if (/\.css$|initializer|\/theme\//.test(asset.path)) waiting.push(...references(asset));
    }
    expect([...seen]).toContain('/docs/json');
    expect([...seen]).toEqual(expect.arrayContaining([expect.stringMatching(/initializer\.js$/)]));
    expect([...types].sort()).toEqual(
      expect.arrayContaining(['application/javascript', 'image/png', 'text/css']),
    );
    expect(seen.size).toBeGreaterThanOrEqual(5);
  });

  test('may ask nothing of another host', async () => {
    const { csp } = await load('/docs');
    const policy = new Map(
      (csp ?? '').split(';').map((directive) => {
        const [name = '', ...sources] = directive.trim().split(/\s+/);
        return [name, sources] as const;
      }),
    );
    expect(policy.get('default-src')).toEqual(["'self'"]);
    const scripts = policy.get('script-src') ?? policy.get('default-src') ?? [];
    expect(scripts).toContain("'self'");
    expect(scripts).not.toContain("'unsafe-inline'");
    for (const sources of policy.values()) {
      for (const source of sources)
        expect(source).toMatch(/^('self'|'none'|'unsafe-inline'|data:|'sha256-[^']+')$/);
    }
  });

  test('shows the document of this server', async () => {
    const shown = await load('/docs/json');
    expect(JSON.parse(shown.text)).toEqual(JSON.parse((await load('/openapi.json')).text));
  });
});

describe('openapi.json', () => {
  interface Operation {
    operationId: string;
    summary?: string;
    tags?: string[];
    security?: unknown[];
    responses: Record<string, { description?: string }>;
    parameters?: { name: string; in: string; required?: boolean; schema?: unknown }[];
    requestBody?: { content: Record<string, { schema?: unknown; example?: unknown; examples?: unknown }> };
  }
  const paths: Record<string, Record<string, Operation>> = document.paths;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method })),
  );
  const each = operations.map((operation) => [operation.operationId, operation] as const);
  const isHealth = (path: string) => path.startsWith('/health');

  test('is OpenAPI 3.1 with both surfaces, and every operation has an id of its own', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(
      expect.arrayContaining(['listTasks', 'bareListTasks', 'register', 'login', 'logout']),
    );
    expect(ids.every((id) => /^[a-z][A-Za-z]+$/.test(id))).toBe(true);
  });

  test.each(each)('%s says what it is for and who may call it', (_, operation) => {
    expect(operation.summary).toMatch(/\S/);
    expect(operation.tags).toHaveLength(1);
    const open =
      isHealth(operation.path) ||
      /\/(auth\/(register|login|password-reset.*|email-change)|digest\/unsubscribe)$/.test(operation.path);
    expect(operation.security ?? document.security).toEqual(open ? [] : [{ bearer: [] }]);
  });

  test.each(each.filter(([, { path }]) => !isHealth(path)))('%s names its failures', (_, operation) => {
    const statuses = Object.keys(operation.responses);
    expect(statuses).toEqual(expect.arrayContaining(['408', '417', '429', '431', '500', '503']));
    expect(statuses.some((status) => status.startsWith('4'))).toBe(true);
    expect(statuses.filter((status) => status.startsWith('2'))).toHaveLength(1);
    if (operation.security === undefined) expect(statuses).toContain('401');
    if (operation.path.includes('{user_id}')) expect(statuses).toContain('403');
    if (operation.path.includes('{task_id}')) expect(statuses).toContain('404');
    if (operation.requestBody !== undefined)
      expect(statuses).toEqual(expect.arrayContaining(['400', '413', '415']));
    for (const { description } of Object.values(operation.responses)) expect(description).toMatch(/\S/);
  });

  test('importTasks takes a file of any type', () => {
    const [, { requestBody } = {}] = each.find(([name]) => name === 'importTasks') ?? [];
    const content = Object.entries(requestBody?.content ?? {});
    expect(content.map(([type]) => type)).toContain('application/octet-stream');
    for (const [, { schema }] of content) expect(schema).toEqual({ $ref: '#/components/schemas/ImportFile' });
  });

  const takesJson = each.filter(
    ([name, { requestBody }]) => requestBody !== undefined && name !== 'importTasks',
  );
  test.each(takesJson)('%s takes JSON, and shows an example of it', (_, { method, requestBody }) => {
    const types =
      method === 'patch' ? ['application/json', 'application/merge-patch+json'] : ['application/json'];
    expect(Object.keys(requestBody?.content ?? {})).toEqual(types);
    const { schema, example, examples } = requestBody?.content['application/json'] ?? {};
    expect(schema).toBeDefined();
    expect(example ?? examples).toBeDefined();
  });

  test.each(each.filter(([, { path }]) => path.includes('{')))(
    '%s describes what its path holds',
    (_, operation) => {
      const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = operation.parameters?.filter((parameter) => parameter.in === 'path') ?? [];
      expect(described.map(({ name }) => name).sort()).toEqual(names.sort());
      expect(described.every(({ required }) => required === true)).toBe(true);
    },
  );

  test('the readiness check names the failure it is for', () => {
    expect(Object.keys(paths['/health/ready']?.get?.responses ?? {})).toEqual(['200', '408', '431', '503']);
  });
});
