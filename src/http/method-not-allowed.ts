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
  const methods = new Map<string, string[]>();
  let areAllKnown = false;
  app.addHook('onRoute', ({ url, method }) => {
    if (!areAllKnown) methods.set(url, [...new Set([...(methods.get(url) ?? []), ...[method].flat()])]);
  });
  // `DELETE …/trash/` is the deletion of one task by a client whose id was empty: it must not empty the trash.
  app.addHook('onRequest', ({ method, url, routeOptions: { url: route = '' } }, _reply, done) => {
    const allowed = methods.get(route) ?? [];
    if (method === 'DELETE' && allowed.includes(method) && !endsInParam(route) && hasSlashAtEnd(url))
      throw refusal(allowed.filter((name) => name !== method));
    done();
  });
  return () => {
    areAllKnown = true;
    for (const [url, allowed] of methods) {
      const others = allMethods.filter((method) => !allowed.includes(method));
      if (url === '*' || others.length === 0) continue;
      app.route({
        url,
        method: others,
        schema: { hide: true },
        handler: () => {
          throw refusal(allowed);
        },
      });
    }
  };
}

function refusal(allowed: readonly string[]): AppError {
  const allow = [...allowed, 'OPTIONS'].join(', ');
  return new AppError('METHOD_NOT_ALLOWED', `This path allows ${allow}`, { headers: { allow } });
}

const endsInParam = (route: string): boolean => /\/(?::[^/]+|\*)$/.test(route);

const hasSlashAtEnd = (url: string): boolean => url.split('?', 1)[0]?.endsWith('/') ?? false;
