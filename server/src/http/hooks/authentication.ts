import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { SessionClient } from '../../accounts/model.ts';
import type { AuditOrigin } from '../../audit/model.ts';
import type { Context } from '../../context.ts';
import { adminsOnly, forbidden } from '../../platform/errors.ts';
import type { Caller } from '../../tokens/identity.ts';
import { addressOf } from '../edge/address.ts';
import { auditActionOf, countRead, countRefusal, pathUserId } from './audit-counts.ts';
import { continueWith } from './continue-hook.ts';
import { resolveMe } from './path-params.ts';
import { limitUser } from './rate-limits.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who the token speaks for; null on routes that ask for none. */
    identity: Caller | null;
  }
}

/**
 * Sets `identity`, and counts the request against the user's limit.
 * @throws AppError UNAUTHORIZED or RATE_LIMITED, or rejects with it
 */
function authenticate(request: FastifyRequest, reply: FastifyReply, ctx: Context): Caller | Promise<Caller> {
  const { isDatabaseUnavailable, headers } = request;
  const accept = (caller: Caller) => {
    request.identity = caller;
    const limited = limitUser(reply, ctx, caller.userId);
    return limited instanceof Promise ? limited.then(() => caller) : caller;
  };
  const caller = ctx.tokenVerifier.authenticate(
    authorizationOf(request),
    isDatabaseUnavailable,
    headers.cookie,
  );
  return caller instanceof Promise ? caller.then(accept) : accept(caller);
}

/**
 * The values of all `Authorization` headers. Node's `headers` has the first only, and its `headersDistinct` costs every
 * request a copy of all headers.
 */
export function authorizationOf({ raw: { rawHeaders } }: FastifyRequest): string[] {
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2)
    if (rawHeaders[index]?.toLowerCase() === 'authorization') values.push(rawHeaders[index + 1] ?? '');
  return values;
}

/** Every route of this scope wants a token, and where its path names a user, that user's. */
export function requireToken(app: FastifyInstance, ctx: Context): void {
  app.addHook('onRequest', (request, reply, done) => {
    const refuseOthers = ({ userId }: Caller) => {
      resolveMe(request, userId);
      const { params } = request;
      const named = typeof params === 'object' && params !== null && 'user_id' in params;
      if (named && params.user_id !== userId) throw forbidden();
    };
    continueWith(authenticate(request, reply, ctx), refuseOthers, done);
  });
  // Before the answer leaves: nobody reads what is not counted.
  app.addHook('onSend', (request, { statusCode }, _payload, done) => {
    const origin = auditOriginOf(request);
    if (statusCode >= 400) countRefusal(ctx.auditCounts, request, origin, statusCode);
    else if (request.method === 'GET' || request.method === 'HEAD')
      countRead(ctx.auditCounts, auditActionOf(request), origin);
    done();
  });
  notifyOnWrites(app, ctx);
}

/** Every route of this scope wants the token of an admin; its path may name any user. */
export function requireAdmin(app: FastifyInstance, ctx: Context): void {
  app.addHook('onRequest', (request, reply, done) => {
    const refuseUsers = ({ role }: Caller) => {
      if (role !== 'admin') throw adminsOnly();
    };
    continueWith(authenticate(request, reply, ctx), refuseUsers, done);
  });
  app.addHook('onSend', async (request, reply) => {
    countRefusal(ctx.auditCounts, request, auditOriginOf(request), reply.statusCode);
  });
  notifyOnWrites(app, ctx);
}

/** By the time there is an answer, what it says is committed. */
function notifyOnWrites(app: FastifyInstance, { changeNotifier }: Context): void {
  app.addHook('onSend', ({ method, params, identity }, { statusCode }, _payload, done) => {
    if (method !== 'GET' && method !== 'HEAD' && statusCode < 400) {
      const userId = pathUserId(params) ?? identity?.userId;
      if (userId !== undefined) changeNotifier.publish(userId);
    }
    done();
  });
}

/** Who asks, for the audit log. */
export const auditOriginOf = (request: FastifyRequest): AuditOrigin => ({
  actor: request.identity?.userId ?? null,
  requestId: request.id,
  address: addressOf(request),
});

const userAgentMaxLength = 500;

/** Where a session is made from. */
export const sessionClientOf = (request: FastifyRequest): SessionClient => ({
  address: addressOf(request) ?? '',
  userAgent: (request.headers['user-agent'] ?? '').slice(0, userAgentMaxLength),
});
