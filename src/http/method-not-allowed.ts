import type { FastifyInstance, HTTPMethods } from 'fastify';
import { AppError } from '../errors.ts';

const allMethods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'TRACE',
] as const satisfies HTTPMethods[];

/** Collects the routes registered from here on; the function it gives answers 405 for the methods they lack. */
export function methodNotAllowed(app: FastifyInstance): () => void {
  const methods = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set();
    for (const name of [method].flat()) known.add(name);
    methods.set(url, known);
  });
  return () => {
    for (const [url, allowed] of [...methods]) {
      const others = allMethods.filter((method) => !allowed.has(method));
      if (url === '*' || others.length === 0) continue;
      const allow = [...allowed, 'OPTIONS'].join(', ');
      app.route({
        url,
        method: others,
        schema: { hide: true },
        handler: () => {
          throw new AppError('METHOD_NOT_ALLOWED', `This path allows ${allow}`, { headers: { allow } });
        },
      });
    }
  };
}
