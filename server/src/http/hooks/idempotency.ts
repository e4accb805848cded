import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Issue, invalid } from '../../platform/errors.ts';
import type { Retry } from '../../writes/idempotency.ts';
import type { Writer } from '../../writes/write.ts';
import { originOf } from './authentication.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on routes whose schema takes an `Idempotency-Key`, when the request has one. */
    retry: Retry | null;
  }
}

/**
 * Reads `Idempotency-Key` on every route whose schema takes one, and says when an answer is that of an earlier request.
 */
export function takeIdempotencyKeys(app: FastifyInstance): void {
  app.decorateRequest('retry', null);
  app.addHook('preHandler', (request, _reply, done) => {
    if (takes(request, 'idempotency-key')) takeKey(request);
    done();
  });
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (request.retry?.isReplayed) reply.header('idempotency-replayed', 'true');
    done();
  });
}

/** @throws AppError VALIDATION_ERROR */
function takeKey(request: FastifyRequest): void {
  const { 'idempotency-key': key, 'if-match': condition } = request.headers;
  // To write all the same would be the lost update that it is to prevent.
  if (condition !== undefined && !takes(request, 'if-match')) throw invalid([unchecked]);
  if (typeof key !== 'string') return;
  request.retry = {
    route: `${request.method} ${request.routeOptions.url}`,
    // The draft quotes it, most clients do not; both mean the same.
    key: key.replace(/^"(.*)"$/, '$1'),
    fingerprint: fingerprintOf(request),
    isReplayed: false,
  };
}

/** Who asks for a write, and whether it may come again. */
export const writerOf = (request: FastifyRequest): Writer => ({
  ...originOf(request),
  retry: request.retry ?? undefined,
});

const unchecked: Issue = {
  loc: ['header', 'if-match'],
  msg: 'is not looked at by this operation',
  type: 'etag',
};

function takes({ routeOptions }: FastifyRequest, header: string): boolean {
  const headers: unknown = routeOptions.schema?.headers;
  if (typeof headers !== 'object' || headers === null || !('properties' in headers)) return false;
  const { properties } = headers;
  return typeof properties === 'object' && properties !== null && header in properties;
}

/** Of everything that decides what is done, in a form in which the order of fields does not count. */
function fingerprintOf({ params, query, body, headers }: FastifyRequest): Buffer {
  const asked = JSON.stringify([params, query, body, headers['if-match']], inNameOrder);
  return createHash('sha256').update(asked).digest();
}

function inNameOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
