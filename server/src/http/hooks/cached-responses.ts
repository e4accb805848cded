import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../../context.ts';
import { unauthorized } from '../../platform/errors.ts';
import type { CachedResponse, CacheKey, CacheResult, LoadedResponse } from '../../response-cache/cache.ts';
import { parseIfNoneMatch } from '../contract/conditions.ts';
import { jsonContentType } from '../contract/errors.ts';
import { concatBytes, JsonBytes } from '../contract/json-bytes.ts';
import {
  type ContentCoding,
  codedEtag,
  encodeContent,
  negotiateCoding,
  varyByCoding,
} from './content-coding.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The handler is `sendCached`: its response depends on the user's rows and the URL alone. */
    cacheable?: boolean;
    /** Compresses for clients that accept it. Not for responses whose `ETag` is compared on writes. */
    compress?: boolean;
  }
}

/** The `config` of a route whose handler is `sendCached`. */
export const cacheable = { cacheable: true };

/** The `config` of a cacheable route whose response is a list. */
export const cacheableList = { cacheable: true, compress: true };

/**
 * Fast path: the last `onRequest` hook of every cacheable route sends a valid cached response. It skips validation and
 * the handler, whose results depend on the key of the cache alone. Every other `onRequest` hook runs before it: address
 * limits, service lock, token, user limit, user of the path. `onSend` and `onResponse` hooks run after it.
 * `preParsing`, `preValidation` and `preHandler` hooks do not run: they may only depend on the URL.
 */
export function serveCachedResponses(app: FastifyInstance, { responseCache }: Context): void {
  app.addHook('onRoute', (route) => {
    if (route.config?.cacheable !== true) return;
    const compress = route.config.compress === true;
    const serveCached = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => {
      const respond = (cached: CacheResult | null) => {
        if (cached === null) done();
        else sendResponse(request, reply, cached, compress);
      };
      const cached = responseCache.get(cacheKeyOf(request, compress));
      if (cached instanceof Promise) cached.then(respond, done);
      else respond(cached);
    };
    // Hooks of a route run after those of its scopes, whenever those were added.
    route.onRequest = [route.onRequest ?? [], serveCached].flat();
  });
}

interface LoadedPayload {
  /** A `JsonBytes`, or a value to serialize. */
  payload: unknown;
  headers?: Record<string, string>;
  isUncacheable?: boolean;
  validUntilMs?: number | null;
}

/**
 * Sends the cached response, or the one that `load` returns. Content, `ETag` and headers are the same with and without
 * the cache. A compressed response is stored compressed.
 */
export async function sendCached(
  { responseCache }: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  load: (db: Context['db']) => Promise<LoadedPayload>,
): Promise<FastifyReply> {
  const compress = request.routeOptions.config.compress === true;
  const coding = codingOf(request, compress);
  const result = await responseCache.getOrLoad(
    cacheKeyOf(request, compress),
    async (db): Promise<LoadedResponse> => {
      const { payload, headers = {}, isUncacheable = false, validUntilMs = null } = await load(db);
      const parts = payload instanceof JsonBytes ? payload.parts : [String(reply.serialize(payload))];
      const response = await encodeResponse(toResponse(parts, headers), coding);
      return { ...response, validUntilMs, isUncacheable };
    },
  );
  return sendResponse(request, reply, result, compress);
}

/** @param compress the route's; Fastify builds `routeOptions` at each access, which every cached response would pay */
function cacheKeyOf(request: FastifyRequest, compress: boolean): CacheKey {
  const { caller, url, isDatabaseUnavailable } = request;
  if (caller === null) throw unauthorized('missing');
  return { userId: caller.userId, url, coding: codingOf(request, compress) ?? '', isDatabaseUnavailable };
}

const codingOf = ({ headers }: FastifyRequest, compress: boolean): ContentCoding =>
  compress ? negotiateCoding(headers) : null;

/** Sends 304 if `If-None-Match` has the response's tag, in any content coding (RFC 9110 §13.1.2). */
function sendResponse(
  request: FastifyRequest,
  reply: FastifyReply,
  result: CacheResult,
  compress: boolean,
): FastifyReply {
  const { response, staleForMs } = result;
  const { headers, validUntilMs = null } = response;
  reply.headers(headers);
  // No part of the `ETag`: the same content may be valid for longer.
  if (validUntilMs !== null) reply.header('x-valid-until', new Date(validUntilMs).toISOString());
  if (compress) varyByCoding(reply);
  // RFC 9111 §5.5 deprecates `Warning`, but nothing replaces it, and clients know it.
  if (staleForMs !== null)
    reply.header('warning', '110 - "Response is Stale"').header('age', Math.floor(staleForMs / 1000));
  const { etag = '' } = headers;
  // Most clients send the one tag that they got, which needs no parsing.
  const isNotModified = request.headers['if-none-match'] === etag || parseIfNoneMatch(request.headers)(etag);
  if (isNotModified) reply.status(304).removeHeader('content-encoding');
  // For HEAD, Fastify sends the payload's length instead of the payload.
  return isNotModified && request.method !== 'HEAD'
    ? reply.send()
    : reply.type(jsonContentType).send(response.body);
}

/**
 * The `ETag` is a hash of content and headers, if `headers` has none: on the bare surface only a header has the total
 * of a list. Both are in one block, and hashed at once.
 */
function toResponse(parts: JsonBytes['parts'], headers: Record<string, string>): CachedResponse {
  if (headers.etag !== undefined) return { body: concatBytes(parts), headers };
  const sorted = Object.fromEntries(Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1)));
  const hashedHeaders = JSON.stringify(sorted);
  const hashed = concatBytes([hashedHeaders, ...parts]);
  const etag = `"${hash('sha256', hashed, 'base64url')}"`;
  return { body: hashed.subarray(Buffer.byteLength(hashedHeaders)), headers: { ...headers, etag } };
}

async function encodeResponse(response: CachedResponse, coding: ContentCoding): Promise<CachedResponse> {
  const encoded = await encodeContent(response.body, coding);
  if (encoded === null || coding === null) return response;
  const { etag = '', ...headers } = response.headers;
  // The encoder's memory block is larger than its content.
  const body = Buffer.allocUnsafeSlow(encoded.length);
  encoded.copy(body);
  return { body, headers: { ...headers, etag: codedEtag(etag, coding), 'content-encoding': coding } };
}
