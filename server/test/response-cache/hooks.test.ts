import diagnostics from 'node:diagnostics_channel';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authEndpointOf } from '../../src/limits/rate-limits.ts';
import { AppError } from '../../src/platform/errors.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { newClient } from '../support/tasks.ts';

/** Hooks that a cached response skips, and why that is correct. */
const skipped = {
  'preValidation http/app.ts': 'normalizeInput: without a body its result depends on the URL alone',
  'preHandler http/hooks/idempotency.ts': 'no cacheable route accepts an Idempotency-Key',
  'preHandler http/hooks/rate-limits.ts': 'limits by account, on auth endpoints; no cacheable route is one',
};
const skippedPhases = ['preParsing', 'preValidation', 'preHandler'] as const;

let app: TestApp;
/** `phase file` of each hook; the file is the one that added it. */
const hooks: string[] = [];
const cacheableRoutes: RouteOptions[] = [];
/** Calls of this test's hooks: `onRequest` of every request, and `preValidation`. */
const seen = { requests: 0, validations: 0 };

/** The file of ours, or the package, that called. Fastify and its plugin loader are on every stack. */
const callerIn = (stack = '') =>
  /\/src\/(\S+?\.ts)|\/node_modules\/(?!fastify\/|avvio\/)((?:@[^/]+\/)?[^/]+)/
    .exec(stack)
    ?.slice(1)
    .join('');

/** Fastify publishes each new instance on a diagnostics channel. Instrumentation tools add their hooks there. */
function instrument(message: unknown): void {
  const { fastify } = message as { fastify: FastifyInstance };
  fastify.addHook('onRoute', (route) => {
    if (route.config?.cacheable === true) cacheableRoutes.push(route);
  });
  fastify.addHook('onRequest', async ({ headers }) => {
    seen.requests += 1;
    if (headers['x-refused'] !== undefined) throw new AppError('FORBIDDEN', 'Refused by a new hook');
  });
  fastify.addHook('preValidation', async () => {
    seen.validations += 1;
  });
  const { addHook } = fastify;
  // Child scopes inherit this method.
  fastify.addHook = function record(this: FastifyInstance, ...args: Parameters<typeof addHook>) {
    hooks.push(`${args[0]} ${callerIn(new Error().stack)}`);
    return addHook.apply(this, args);
  } as typeof addHook;
}

beforeAll(async () => {
  diagnostics.subscribe('fastify.initialization', instrument);
  app = await startApp();
  diagnostics.unsubscribe('fastify.initialization', instrument);
});
afterAll(() => app.close());

describe('a new onRequest hook', () => {
  test('runs before a loaded and before a cached response, and may refuse both', async () => {
    const client = await newClient(app);
    await client.create();
    const { token, v1 } = client.user;
    const get = async (headers: Record<string, string> = {}) => {
      const before = { ...seen };
      const { status } = await app.request('GET', `${v1}/tasks`, { token, headers });
      const { requests, validations } = seen;
      return [status, requests - before.requests, validations - before.validations];
    };
    expect(await get({ 'x-refused': '1' })).toEqual([403, 1, 0]);
    expect(await get()).toEqual([200, 1, 1]);
    expect(await get()).toEqual([200, 1, 0]);
    expect(await get({ 'x-refused': '1' })).toEqual([403, 1, 0]);
  });
});

describe('a cacheable route', () => {
  test('has the fast path as its last onRequest hook', () => {
    const urls = new Set(cacheableRoutes.map(({ url }) => url));
    expect(urls).toContain('/api/v1/users/:user_id/tasks');
    expect(urls.size).toBeGreaterThan(7);
    const last = cacheableRoutes.map(({ onRequest }) => [onRequest].flat().at(-1)?.name);
    expect(new Set(last)).toEqual(new Set(['serveCached']));
  });

  test('has no hooks that a cached response would skip, but for those listed', () => {
    const isSkipped = (hook: string) => skippedPhases.some((phase) => hook.startsWith(`${phase} `));
    expect(hooks).toContain('onRequest @fastify/cors');
    expect(hooks.filter(isSkipped).sort()).toEqual(Object.keys(skipped).sort());
    for (const route of cacheableRoutes)
      expect([route.url, ...skippedPhases.filter((phase) => route[phase] !== undefined)]).toEqual([
        route.url,
      ]);
  });

  test('is no auth endpoint, and accepts no Idempotency-Key', () => {
    for (const { url, schema } of cacheableRoutes) {
      expect(authEndpointOf(url, url), url).toBeNull();
      expect(JSON.stringify(schema?.headers), url).not.toContain('idempotency-key');
    }
  });

  test('decides by nothing but the URL whether a request is valid', () => {
    for (const { url, schema } of cacheableRoutes) {
      expect(schema?.body, url).toBeUndefined();
      // The schema accepts any text.
      const ifNoneMatch = { type: 'string', description: expect.any(String) };
      expect(schema?.headers, url).toEqual({ type: 'object', properties: { 'if-none-match': ifNoneMatch } });
    }
  });
});
