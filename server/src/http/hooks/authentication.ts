import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { SessionClient } from '../../accounts/model.ts';
import type { AuditOrigin } from '../../audit/origin.ts';
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
    /** The user and role of the token; null on routes without one. */
    caller: Caller | null;
  }
}

/**
 * Sets `request.caller`, and counts the request against the user's limit.
 * @throws AppError UNAUTHORIZED or RATE_LIMITED, or rejects with it
 */
function authenticate(request: FastifyRequest, ctx: Context): Caller | Promise<Caller> {
  const { isDatabaseUnavailable, headers } = request;
  const accept = (caller: Caller) => {
    request.caller = caller;
    const limited = limitUser(request, ctx, caller.userId);
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

/** Routes of this scope need a token. If the path has a user id, it must be the token's user. */
export function requireToken(app: FastifyInstance, ctx: Context): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const refuseOthers = ({ userId }: Caller) => {
      resolveMe(request, userId);
      const { params } = request;
      const hasUserId = typeof params === 'object' && params !== null && 'user_id' in params;
      if (hasUserId && params.user_id !== userId) throw forbidden();
    };
    continueWith(authenticate(request, ctx), refuseOthers, done);
  });
  // Counts before the response is sent: a read that cannot be counted fails.
  app.addHook('onSend', (request, { statusCode }, _payload, done) => {
    const origin = auditOriginOf(request);
    if (statusCode >= 400) countRefusal(ctx.auditCounts, request, origin, statusCode);
    else if (request.method === 'GET' || request.method === 'HEAD')
      countRead(ctx.auditCounts, auditActionOf(request), origin);
    done();
  });
  notifyOnWrites(app, ctx);
}

/** Routes of this scope need an admin's token. The user id in the path may be any. */
export function requireAdmin(app: FastifyInstance, ctx: Context): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const refuseUsers = ({ role }: Caller) => {
      if (role !== 'admin') throw adminsOnly();
    };
    continueWith(authenticate(request, ctx), refuseUsers, done);
  });
  app.addHook('onSend', async (request, reply) => {
    countRefusal(ctx.auditCounts, request, auditOriginOf(request), reply.statusCode);
  });
  notifyOnWrites(app, ctx);
}

/** Notifies subscribers in `onSend`, when the write is committed. */
function notifyOnWrites(app: FastifyInstance, { changeNotifier }: Context): void {
  app.addHook('onSend', ({ method, params, caller }, { statusCode }, _payload, done) => {
    if (method !== 'GET' && method !== 'HEAD' && statusCode < 400) {
      const userId = pathUserId(params) ?? caller?.userId;
      if (userId !== undefined) changeNotifier.publish(userId);
    }
    done();
  });
}

/** Who sent the request, for the audit log. */
export const auditOriginOf = (request: FastifyRequest): AuditOrigin => ({
  actor: request.caller?.userId ?? null,
  requestId: request.id,
  address: addressOf(request),
});

const userAgentMaxLength = 500;

/** The client that a new session belongs to. */
export const sessionClientOf = (request: FastifyRequest): SessionClient => ({
  address: addressOf(request) ?? '',
  userAgent: (request.headers['user-agent'] ?? '').slice(0, userAgentMaxLength),
});
