import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { all as addressesOf, compile } from '@fastify/proxy-addr';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { Context } from '../context.ts';
import { isUnavailableError } from '../db/failures.ts';
import { jsonContentType } from '../http/contract/errors.ts';
import { addressOf } from '../http/edge/address.ts';
import { auditActionOf, countRead } from '../http/hooks/audit-counts.ts';
import { cachedCodingOf } from '../http/hooks/cached-responses.ts';
import { negotiateCoding, uncodedEtag } from '../http/hooks/content-coding.ts';
import { createRequestLog, requestId } from '../http/hooks/logging.ts';
import { fastPathResults, limitHeaders } from '../http/hooks/rate-limits.ts';
import { unavailableErrors } from '../http/hooks/service-lock.ts';
import type { RateLimitResult } from '../limits/service.ts';
import type { Caller } from '../tokens/identity.ts';
import type { CachedResponse } from './cache.ts';

declare module 'fastify' {
  interface FastifyInstance {
    fastPath: FastPath;
  }
}

/**
 * Reads that were answered out of kept answers, asked again in the same words. Routing, syntax, whose URL it is and
 * what CORS says depend on nothing but the words, and were found good the first time. What may have changed since is
 * looked at each time by those who always do: tokens and users, the kill switch, the limits, the user's revision.
 * Whatever is not as before goes the way of every request.
 */
export interface FastPath {
  /** Stands before the routes, and answers what it can. */
  wrap(handle: RequestListener): RequestListener;
  /** To be called when a request is about to be answered with a kept answer. */
  remember(request: FastifyRequest, reply: FastifyReply): void;
}

/** What the words of a request lead to. */
interface RouteMatch {
  route: string;
  action: string;
  /** Under which the answer is kept: not each route compresses. */
  coding: string;
  /** Names and values in turn: those of the answer's headers that are the same each time. */
  headers: readonly string[];
}

interface Hit {
  caller: Caller;
  match: RouteMatch;
}

/** Most memory that it may take: a URL may have thousands of characters. */
const maxBytes = 16 * 1024 * 1024;
/** The headers of an answer, and objects. */
const overheadBytes = 1_500;
/** Of the request at hand, of the answer that is kept, or made of what is sent. */
const perRequestHeaders = new Set([
  'x-request-id',
  'ratelimit',
  'ratelimit-policy',
  'etag',
  'link',
  'x-total-count',
  'content-encoding',
  'content-type',
  'content-length',
]);

export function createFastPath(ctx: Context, isClosing: () => boolean): FastPath {
  const matches = new LRUCache<string, RouteMatch>({
    maxSize: maxBytes,
    sizeCalculation: (_meaning, words) => words.length * 2 + overheadBytes,
  });
  const findHit = createFindHit(ctx, matches, isClosing);
  const respond = createRespond(ctx, isClosing);

  async function respondOrHandle(
    handle: RequestListener,
    request: IncomingMessage,
    response: ServerResponse,
    recalled: Hit,
  ): Promise<void> {
    let isAnswered = false;
    try {
      isAnswered = await respond(request, response, recalled);
    } catch (error) {
      // The routes say so.
      if (isUnavailableError(error)) unavailableErrors.set(request, error);
    }
    if (!isAnswered) handle(request, response);
  }

  return {
    wrap: (handle) => (request, response) => {
      const recalled = findHit(request);
      if (recalled === null) handle(request, response);
      else void respondOrHandle(handle, request, response, recalled);
    },
    remember(request, reply) {
      const { raw, identity, routeOptions, headers } = request;
      // Where nothing is kept, nothing is answered from here.
      if (ctx.config.cache.maxBytes === 0) return;
      if (identity === null || request.method !== 'GET' || !isEligible(raw) || request.authEndpoint !== null)
        return;
      const lines = Object.entries(reply.getHeaders()).filter(([name]) => !perRequestHeaders.has(name));
      matches.set(matchKeyOf(identity.userId, request.url, headers), {
        route: routeOptions.url ?? '',
        action: auditActionOf(request),
        coding: cachedCodingOf(request) ?? '',
        headers: lines.flatMap(([name, value]) => [name, String(value)]),
      });
    },
  };
}

/** Tells whose request it is and what it means; null where this is not the place to answer. */
function createFindHit(
  { accessControl: access, tokenVerifier: tokens }: Context,
  matches: LRUCache<string, RouteMatch>,
  isClosing: () => boolean,
) {
  return (request: IncomingMessage): Hit | null => {
    const { method, url = '', headers } = request;
    if (method !== 'GET' || headers.authorization === undefined || !isEligible(request) || isClosing())
      return null;
    const caller = tokens.cachedCaller(headers.authorization);
    if (caller === undefined) return null;
    const match = matches.get(matchKeyOf(caller.userId, url, headers));
    // News that have to be waited for, and what they say, are the routes' affair.
    if (match === undefined || access.refresh() !== undefined || access.isLocked()) return null;
    return { caller, match: match };
  };
}

/** Counts a request and answers it, when the limits allow it and nothing has changed; @returns whether it did. */
function createRespond(ctx: Context, isClosing: () => boolean) {
  const { responseCache: answers, limits, auditCounts, config } = ctx;
  const logAndCount = createRequestLog(ctx);
  const { trustedProxies } = config.http;
  const trust = trustedProxies.length > 0 ? compile([...trustedProxies]) : null;

  return async (request: IncomingMessage, response: ServerResponse, { caller, match: meaning }: Hit) => {
    const begin = performance.now();
    const { userId } = caller;
    const { socket } = request;
    // As the framework has it on other requests.
    const ip = trust === null ? socket.remoteAddress : addressesOf(request, trust).at(-1);
    const address = addressOf({ ip: ip ?? '', socket });
    const results = { byAddress: limits.isAuthEndpoint(address ?? '', false), byUser: limits.byUser(userId) };
    const byAddress = results.byAddress instanceof Promise ? await results.byAddress : results.byAddress;
    const byUser = results.byUser instanceof Promise ? await results.byUser : results.byUser;
    const verdicts = [...byUser, ...byAddress];
    let cached: CachedResponse | null = null;
    try {
      if (verdicts.every(({ allowed }) => allowed))
        cached = await answers.getValid(userId, request.url ?? '', meaning.coding);
    } finally {
      // Not counted again on the long way.
      if (cached === null) fastPathResults.set(request, { byAddress, byUser });
    }
    if (cached === null) return false;
    // The client went away meanwhile.
    if (response.destroyed) return true;
    if (isClosing()) response.shouldKeepAlive = false;
    const id = requestId(request);
    const status = writeHit(request, response, { id, match: meaning, response: cached, verdicts });
    countRead(auditCounts, meaning.action, { actor: userId, requestId: id, address });
    const durationMs = performance.now() - begin;
    logAndCount({ id, method: 'GET', route: meaning.route, status, durationMs, userId });
    return true;
  };
}

interface HitReply {
  id: string;
  match: RouteMatch;
  response: CachedResponse;
  verdicts: readonly RateLimitResult[];
}

/** @returns the status. */
function writeHit(request: IncomingMessage, response: ServerResponse, reply: HitReply): number {
  const { id, match: meaning, response: found, verdicts } = reply;
  const headers = [...meaning.headers, 'x-request-id', id];
  const isNotModified = matchesEtag(request.headers['if-none-match'], found.headers.etag);
  for (const [name, value] of Object.entries(found.headers))
    if (!isNotModified || name !== 'content-encoding') headers.push(name, value);
  for (const [name, value] of Object.entries(limitHeaders(verdicts))) headers.push(name, value);
  if (isNotModified) {
    response.writeHead(304, headers).end();
    return 304;
  }
  headers.push('content-type', jsonContentType, 'content-length', String(found.body.length));
  response.writeHead(200, headers).end(found.body);
  return 200;
}

/** As `ifNoneMatchOf` has it, for a single tag. */
const matchesEtag = (tag: string | undefined, etag = ''): boolean =>
  tag !== undefined && (tag === etag || uncodedEtag(tag) === uncodedEtag(etag));

/** None of them has a NUL. */
const matchKeyOf = (userId: string, url: string, headers: IncomingHttpHeaders) =>
  `${userId}\0${url}\0${headers.origin ?? ''}\0${negotiateCoding(headers) ?? ''}`;

const singleEtag = /^"[^"\s,]*"$/;

/** One token, no content and no condition but one that is a single tag. */
function isEligible(request: IncomingMessage): boolean {
  const { headers, rawHeaders } = request;
  if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) return false;
  if (headers.expect !== undefined || headers.upgrade !== undefined) return false;
  if (!singleEtag.test(headers['if-none-match'] ?? '""')) return false;
  let tokens = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 13 && name.toLowerCase() === 'authorization') tokens += 1;
  }
  return tokens === 1;
}
