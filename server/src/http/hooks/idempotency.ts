import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type ValidationIssue, validationError } from '../../platform/errors.ts';
import type { IdempotencyKey, WriteResult } from '../../writes/idempotency.ts';
import type { WriteContext } from '../../writes/write.ts';
import { auditOriginOf } from './authentication.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on routes whose schema takes an `Idempotency-Key`, when the request has one. */
    idempotencyKey: IdempotencyKey | null;
    /** The response is that of an earlier request with the same key. */
    isReplayed: boolean;
  }
}

/**
 * Reads `Idempotency-Key` on every route whose schema takes one, and says when an answer is that of an earlier request.
 */
export function readIdempotencyKeys(app: FastifyInstance): void {
  app.decorateRequest('idempotencyKey', null);
  app.decorateRequest('isReplayed', false);
  app.addHook('preHandler', (request, _reply, done) => {
    if (acceptsHeader(request, 'idempotency-key')) readKey(request);
    done();
  });
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (request.isReplayed) reply.header('idempotency-replayed', 'true');
    done();
  });
}

/** @throws AppError VALIDATION_ERROR */
function readKey(request: FastifyRequest): void {
  const { 'idempotency-key': key, 'if-match': condition } = request.headers;
  // To write all the same would be the lost update that it is to prevent.
  if (condition !== undefined && !acceptsHeader(request, 'if-match'))
    throw validationError([uncheckedIfMatchIssue]);
  if (typeof key !== 'string') return;
  request.idempotencyKey = {
    route: `${request.method} ${request.routeOptions.url}`,
    // The draft quotes it, most clients do not; both mean the same.
    key: key.replace(/^"(.*)"$/, '$1'),
    fingerprint: fingerprintOf(request),
  };
}

/** Who asks for a write, and whether it may come again. */
export const writeContextOf = (request: FastifyRequest): WriteContext => ({
  ...auditOriginOf(request),
  idempotencyKey: request.idempotencyKey ?? undefined,
});

/** Takes the value out of the result of a write. A replayed one makes the response say so. */
export function takeResult<T>(request: FastifyRequest, { value, isReplayed }: WriteResult<T>): T {
  request.isReplayed = isReplayed;
  return value;
}

const uncheckedIfMatchIssue: ValidationIssue = {
  loc: ['header', 'if-match'],
  msg: 'is not looked at by this operation',
  type: 'etag',
};

function acceptsHeader({ routeOptions }: FastifyRequest, header: string): boolean {
  const headers: unknown = routeOptions.schema?.headers;
  if (typeof headers !== 'object' || headers === null || !('properties' in headers)) return false;
  const { properties } = headers;
  return typeof properties === 'object' && properties !== null && header in properties;
}

/** Of everything that decides what is done, in a form in which the order of fields does not count. */
function fingerprintOf({ params, query, body, headers }: FastifyRequest): Buffer {
  const asked = JSON.stringify([params, query, body, headers['if-match']], sortByName);
  return createHash('sha256').update(asked).digest();
}

function sortByName(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
