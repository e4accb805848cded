import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type ValidationIssue, validationError } from '../../platform/errors.ts';
import type { IdempotencyKey, WriteResult } from '../../writes/idempotency.ts';
import type { WriteContext } from '../../writes/plan.ts';
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
 * Reads `Idempotency-Key` on every route whose schema has it, and marks replayed responses with `Idempotency-Replayed`.
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
  // Ignoring the condition could cause the lost update that it should prevent.
  if (condition !== undefined && !acceptsHeader(request, 'if-match'))
    throw validationError([uncheckedIfMatchIssue]);
  if (typeof key !== 'string') return;
  request.idempotencyKey = {
    route: `${request.method} ${request.routeOptions.url}`,
    // draft-ietf-httpapi-idempotency-key-header quotes the key, most clients do not; both mean the same key.
    key: key.replace(/^"(.*)"$/, '$1'),
    fingerprint: fingerprintOf(request),
  };
}

/** The audit origin of a write, and its Idempotency-Key if it has one. */
export const writeContextOf = (request: FastifyRequest): WriteContext => ({
  ...auditOriginOf(request),
  idempotencyKey: request.idempotencyKey ?? undefined,
});

/** Unwraps the result of a write, and marks the request if it is a replay. */
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

/** Covers path, query, body and `If-Match`. The order of fields does not matter. */
function fingerprintOf({ params, query, body, headers }: FastifyRequest): Buffer {
  const content = JSON.stringify([params, query, body, headers['if-match']], sortByName);
  return createHash('sha256').update(content).digest();
}

function sortByName(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
