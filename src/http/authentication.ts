import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Origin } from '../audit/model.ts';
import type { Identity } from '../auth/tokens.ts';
import type { Context } from '../context.ts';
import { forbidden } from '../errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who the token speaks for; null on routes that ask for none. */
    identity: Identity | null;
  }
}

/** Every route of this scope wants a token, and where its path names a user, that user's. */
export function requireToken(app: FastifyInstance, { tokens }: Context): void {
  app.addHook('onRequest', async (request) => {
    // Node's `headers` would show the first of several and hide the others.
    request.identity = await tokens.authenticate(request.raw.headersDistinct.authorization ?? []);
    const { params } = request;
    const named = typeof params === 'object' && params !== null && 'user_id' in params;
    if (named && params.user_id !== request.identity.userId) throw forbidden();
  });
}

/** Who asks, for the audit log. */
export const originOf = ({ identity, id, ip }: FastifyRequest): Origin => ({
  actor: identity?.userId ?? null,
  requestId: id,
  address: ip,
});
