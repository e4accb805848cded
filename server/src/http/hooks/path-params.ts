import type { FastifyInstance, FastifyRequest } from 'fastify';
import { notFound } from '../../platform/errors.ts';

/** The router takes an empty segment for a parameter: no user, task or tag has an empty name. */
export function refuseEmptyParams(app: FastifyInstance): void {
  app.addHook('onRequest', ({ params }, _reply, done) => {
    if (hasEmptyParam(params)) throw notFound('Route');
    done();
  });
}

/** The rest of a wildcard may be empty. */
const hasEmptyParam = (params: unknown): boolean =>
  typeof params === 'object' &&
  params !== null &&
  Object.entries(params).some(([name, value]) => value === '' && name !== '*');

/** `me` in a path stands for the user of the token; handlers see the real id. */
export function resolveMe({ params }: FastifyRequest, userId: string): void {
  if (typeof params === 'object' && params !== null && 'user_id' in params && params.user_id === 'me')
    params.user_id = userId;
}
