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
 * Collects the routes that are registered after this call.
 * @returns a function that adds OPTIONS, and a 405 for all other methods, to their URLs
 */
export function methodNotAllowed(app: FastifyInstance): () => void {
  const methods = new Map<string, string[]>();
  let isComplete = false;
  app.addHook('onRoute', ({ url: path, method }) => {
    // Fastify reports the root of a plugin with and without a slash at the end.
    const url = path.replace(/(?<=.)\/$/, '');
    if (!isComplete) methods.set(url, [...new Set([...(methods.get(url) ?? []), ...[method].flat()])]);
  });
  // `DELETE …/trash/` comes from a client that deletes one task with an empty id: it must not empty the trash.
  app.addHook('onRequest', ({ method, url, routeOptions: { url: route = '' } }, _reply, done) => {
    const allowed = methods.get(route) ?? [];
    if (method === 'DELETE' && allowed.includes(method) && !endsInParam(route) && hasSlashAtEnd(url))
      throw refusal(allowed.filter((name) => name !== method));
    done();
  });
  return () => {
    isComplete = true;
    for (const [url, allowed] of methods) {
      const others = allMethods.filter((method) => !allowed.includes(method));
      // Such a route handles every method itself.
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
