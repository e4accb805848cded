import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../../context.ts';
import { unauthorized } from '../../platform/errors.ts';
import type { CachedResponse, LoadedResponse } from '../../response-cache/cache.ts';
import { parseIfNoneMatch } from '../contract/conditions.ts';
import { jsonContentType } from '../contract/errors.ts';
import {
  type ContentCoding,
  codedEtag,
  encodeContent,
  negotiateCoding,
  varyByCoding,
} from './content-coding.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its handler is `sendKept`: what it answers is decided by its user's rows and its URL alone. */
    cacheable?: boolean;
    /** Such answers are compressed for clients that take it; not those whose `ETag` is compared on writes. */
    compress?: boolean;
  }
}

/** The `config` of a route whose handler is `sendKept`. */
export const cacheable = { cacheable: true };

/** The same of a route that answers with a list. */
export const cacheableList = { cacheable: true, compress: true };

/** The coding that the answer to a read is kept and sent in, if it is worth it. */
export const cachedCodingOf = ({ routeOptions, headers }: FastifyRequest): ContentCoding =>
  routeOptions.config.compress === true ? negotiateCoding(headers) : null;

/** The headers that a handler sets and that belong to the answer. */
const cachedHeaders = ['etag', 'link', 'x-total-count'];

/**
 * Makes an answer from what it reads with the handle it is given: not every read has to go to the same server. A text
 * is the JSON itself.
 */
type LoadPayload = (db: Context['db']) => Promise<unknown>;

/** What `make` gives in place of a payload that must not be kept. */
class Uncacheable {
  readonly payload: unknown;
  constructor(payload: unknown) {
    this.payload = payload;
  }
}

/** @param isUncacheable whether the answer may become another one although nothing of its user changes */
export const uncacheableIf = (isUncacheable: boolean, payload: unknown): unknown =>
  isUncacheable ? new Uncacheable(payload) : payload;

/**
 * Answers with what `make` gives, or with the kept bytes of it as long as nothing of its user has changed; 304 when the
 * client has them, in whatever coding (RFC 9110 §13.1.2). Content, `ETag` and headers are the same with and without the
 * cache. Compressed bytes are kept compressed.
 */
export async function sendCached(
  { responseCache: answers }: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  load: LoadPayload,
): Promise<FastifyReply> {
  const { identity, url, isDatabaseUnavailable, method, headers, routeOptions } = request;
  if (identity === null) throw unauthorized('missing');
  const matchesIfNoneMatch = parseIfNoneMatch(headers);
  const coding = cachedCodingOf(request);
  const key = { userId: identity.userId, url, coding: coding ?? '', isDatabaseUnavailable };
  const { response, staleForMs } = await answers.getOrLoad(key, async (db): Promise<LoadedResponse> => {
    const payload = await load(db);
    const isUncacheable = payload instanceof Uncacheable;
    return {
      ...(await encodeResponse(toResponse(reply, isUncacheable ? payload.payload : payload), coding)),
      isUncacheable,
    };
  });
  reply.headers(response.headers);
  if (routeOptions.config.compress === true) varyByCoding(reply);
  // RFC 9111 §5.5, obsolete but understood, and the one way to say it.
  if (staleForMs !== null)
    reply.header('warning', '110 - "Response is Stale"').header('age', Math.floor(staleForMs / 1000));
  else request.server.fastPath.remember(request, reply);
  const isNotModified = matchesIfNoneMatch(response.headers.etag ?? '');
  if (isNotModified) reply.status(304).removeHeader('content-encoding');
  // To HEAD the framework answers with the length of what it is given, and no more.
  return isNotModified && method !== 'HEAD' ? reply.send() : reply.type(jsonContentType).send(response.body);
}

function toResponse(reply: FastifyReply, payload: unknown): CachedResponse {
  const body = toBuffer(typeof payload === 'string' ? payload : String(reply.serialize(payload)));
  const headers: Record<string, string> = {};
  for (const name of cachedHeaders) {
    const value = reply.getHeader(name);
    if (value !== undefined) headers[name] = String(value);
  }
  headers.etag ??= `"${etagHashOf(body, headers)}"`;
  return { body, headers };
}

async function encodeResponse(answer: CachedResponse, coding: ContentCoding): Promise<CachedResponse> {
  const encoded = await encodeContent(answer.body, coding);
  if (encoded === null || coding === null) return answer;
  const { etag = '', ...headers } = answer.headers;
  // The encoder's block is larger than what it holds.
  const body = Buffer.allocUnsafeSlow(encoded.length);
  encoded.copy(body);
  return { body, headers: { ...headers, etag: codedEtag(etag, coding), 'content-encoding': coding } };
}

/** In a memory block of its own: from Buffer's pool, a few bytes that are kept would keep a block of many. */
function toBuffer(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

/** Of the headers too: on the bare surface a list's total stands nowhere else. */
function etagHashOf(body: Buffer, headers: Record<string, string>): string {
  return createHash('sha256').update(JSON.stringify(headers)).update(body).digest('base64url');
}
