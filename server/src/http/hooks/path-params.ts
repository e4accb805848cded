import type { FastifyInstance, FastifyRequest } from 'fastify';
import { notFound } from '../../platform/errors.ts';

/** The router matches parameters with empty segments too, but no user, task or tag has an empty id. */
export function refuseEmptyParams(app: FastifyInstance): void {
  app.addHook('onRequest', ({ params }, _reply, done) => {
    if (hasEmptyParam(params)) throw notFound('Route');
    done();
  });
}

/** The match of a wildcard (`*`) may be empty. */
const hasEmptyParam = (params: unknown): boolean =>
  typeof params === 'object' &&
  params !== null &&
  Object.entries(params).some(([name, value]) => value === '' && name !== '*');

/** Replaces `me` in a path by the id of the token's user, before handlers run. */
export function resolveMe({ params }: FastifyRequest, userId: string): void {
  if (typeof params === 'object' && params !== null && 'user_id' in params && params.user_id === 'me')
    params.user_id = userId;
}
