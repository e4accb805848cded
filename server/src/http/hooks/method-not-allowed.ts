import type { FastifyInstance, HTTPMethods } from 'fastify';
import { AppError } from '../../platform/errors.ts';
import { acceptPatch } from './body.ts';

const allMethods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'TRACE',
] as const satisfies HTTPMethods[];

/**
 * Collects the routes registered from here on; the function it gives answers OPTIONS, and 405 for the methods they
 * lack.
 */
export function methodNotAllowed(app: FastifyInstance): () => void {
  const methods = new Map<string, string[]>();
  let areAllKnown = false;
  app.addHook('onRoute', ({ url: path, method }) => {
    // The root of a plugin with a prefix comes in both spellings.
    const url = path.replace(/(?<=.)\/$/, '');
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
      // It takes every method itself.
      if (allowed.includes('OPTIONS')) continue;
      const headers = {
        allow: withOptions(allowed),
        ...(allowed.includes('PATCH') && { 'accept-patch': acceptPatch }),
      };
      app.options(url, { schema: { hide: true } }, (_request, reply) =>
        reply.code(204).headers(headers).send(),
      );
      if (others.length === 0) continue;
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

const withOptions = (allowed: readonly string[]): string => [...allowed, 'OPTIONS'].join(', ');

function refusal(allowed: readonly string[]): AppError {
  const allow = withOptions(allowed);
  return new AppError('METHOD_NOT_ALLOWED', `This path allows ${allow}`, { headers: { allow } });
}

const endsInParam = (route: string): boolean => /\/(?::[^/]+|\*)$/.test(route);

const hasSlashAtEnd = (url: string): boolean => url.split('?', 1)[0]?.endsWith('/') ?? false;
