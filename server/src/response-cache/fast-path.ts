import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { all as addressesOf, compile } from '@fastify/proxy-addr';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { Context } from '../context.ts';
import { isUnavailable } from '../db/failures.ts';
import { jsonType } from '../http/contract/errors.ts';
import { addressOf } from '../http/edge/address.ts';
import { actionOf, countRead } from '../http/hooks/audit.ts';
import { codingOf, uncodedTag } from '../http/hooks/coding.ts';
import { createRequestNotes, requestId } from '../http/hooks/logging.ts';
import { counted, limitHeaders } from '../http/hooks/rate-limits.ts';
import { foundAway } from '../http/hooks/service-lock.ts';
import type { Verdict } from '../limits/service.ts';
import type { Caller } from '../tokens/identity.ts';
import type { Answer } from './cache.ts';
import { keptCodingOf } from './respond.ts';

declare module 'fastify' {
  interface FastifyInstance {
    repeats: Repeats;
  }
}

/**
 * Reads that were answered out of kept answers, asked again in the same words. Routing, syntax, whose URL it is and
 * what CORS says depend on nothing but the words, and were found good the first time. What may have changed since is
 * looked at each time by those who always do: tokens and users, the kill switch, the limits, the user's revision.
 * Whatever is not as before goes the way of every request.
 */
export interface Repeats {
  /** Stands before the routes, and answers what it can. */
  before(handle: RequestListener): RequestListener;
  /** To be called when a request is about to be answered with a kept answer. */
  remember(request: FastifyRequest, reply: FastifyReply): void;
}

/** What the words of a request lead to. */
interface Meaning {
  route: string;
  action: string;
  /** Under which the answer is kept: not each route compresses. */
  coding: string;
  /** Names and values in turn: those of the answer's headers that are the same each time. */
  headers: readonly string[];
}

interface Recalled {
  caller: Caller;
  meaning: Meaning;
}

/** Most memory that it may take: a URL may have thousands of characters. */
const rememberedBytes = 16 * 1024 * 1024;
/** The headers of an answer, and objects. */
const overheadBytes = 1_500;
/** Of the request at hand, of the answer that is kept, or made of what is sent. */
const otherHeaders = new Set([
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

export function createRepeats(ctx: Context, isClosing: () => boolean): Repeats {
  const meanings = new LRUCache<string, Meaning>({
    maxSize: rememberedBytes,
    sizeCalculation: (_meaning, words) => words.length * 2 + overheadBytes,
  });
  const recall = createRecall(ctx, meanings, isClosing);
  const answer = createAnswer(ctx, isClosing);

  async function answerOr(
    handle: RequestListener,
    request: IncomingMessage,
    response: ServerResponse,
    recalled: Recalled,
  ): Promise<void> {
    let isAnswered = false;
    try {
      isAnswered = await answer(request, response, recalled);
    } catch (error) {
      // The routes say so.
      if (isUnavailable(error)) foundAway.set(request, error);
    }
    if (!isAnswered) handle(request, response);
  }

  return {
    before: (handle) => (request, response) => {
      const recalled = recall(request);
      if (recalled === null) handle(request, response);
      else void answerOr(handle, request, response, recalled);
    },
    remember(request, reply) {
      const { raw, identity, routeOptions, headers } = request;
      // Where nothing is kept, nothing is answered from here.
      if (ctx.config.cache.maxBytes === 0) return;
      if (identity === null || request.method !== 'GET' || !isPlain(raw) || request.wayIn !== null) return;
      const lines = Object.entries(reply.getHeaders()).filter(([name]) => !otherHeaders.has(name));
      meanings.set(keyOf(identity.userId, request.url, headers), {
        route: routeOptions.url ?? '',
        action: actionOf(request),
        coding: keptCodingOf(request) ?? '',
        headers: lines.flatMap(([name, value]) => [name, String(value)]),
      });
    },
  };
}

/** Tells whose request it is and what it means; null where this is not the place to answer. */
function createRecall(
  { access, tokens }: Context,
  meanings: LRUCache<string, Meaning>,
  isClosing: () => boolean,
) {
  return (request: IncomingMessage): Recalled | null => {
    const { method, url = '', headers } = request;
    if (method !== 'GET' || headers.authorization === undefined || !isPlain(request) || isClosing())
      return null;
    const caller = tokens.recall(headers.authorization);
    if (caller === undefined) return null;
    const meaning = meanings.get(keyOf(caller.userId, url, headers));
    // News that have to be waited for, and what they say, are the routes' affair.
    if (meaning === undefined || access.refresh() !== undefined || access.isLocked()) return null;
    return { caller, meaning };
  };
}

/** Counts a request and answers it, when the limits allow it and nothing has changed; @returns whether it did. */
function createAnswer(ctx: Context, isClosing: () => boolean) {
  const { answers, limits, auditCounts, config } = ctx;
  const note = createRequestNotes(ctx);
  const { trustedProxies } = config.http;
  const trust = trustedProxies.length > 0 ? compile([...trustedProxies]) : null;

  return async (request: IncomingMessage, response: ServerResponse, { caller, meaning }: Recalled) => {
    const begin = performance.now();
    const { userId } = caller;
    const { socket } = request;
    // As the framework has it on other requests.
    const ip = trust === null ? socket.remoteAddress : addressesOf(request, trust).at(-1);
    const address = addressOf({ ip: ip ?? '', socket });
    const said = { byAddress: limits.byAddress(address ?? '', false), byUser: limits.byUser(userId) };
    const byAddress = said.byAddress instanceof Promise ? await said.byAddress : said.byAddress;
    const byUser = said.byUser instanceof Promise ? await said.byUser : said.byUser;
    const verdicts = [...byUser, ...byAddress];
    let found: Answer | null = null;
    try {
      if (verdicts.every(({ allowed }) => allowed))
        found = await answers.findKept(userId, request.url ?? '', meaning.coding);
    } finally {
      // Not counted again on the long way.
      if (found === null) counted.set(request, { byAddress, byUser });
    }
    if (found === null) return false;
    // The client went away meanwhile.
    if (response.destroyed) return true;
    if (isClosing()) response.shouldKeepAlive = false;
    const id = requestId(request);
    const status = write(request, response, { id, meaning, found, verdicts });
    countRead(auditCounts, meaning.action, { actor: userId, requestId: id, address });
    const durationMs = performance.now() - begin;
    note({ id, method: 'GET', route: meaning.route, status, durationMs, userId });
    return true;
  };
}

interface Reply {
  id: string;
  meaning: Meaning;
  found: Answer;
  verdicts: readonly Verdict[];
}

/** @returns the status. */
function write(request: IncomingMessage, response: ServerResponse, reply: Reply): number {
  const { id, meaning, found, verdicts } = reply;
  const headers = [...meaning.headers, 'x-request-id', id];
  const isHeld = isSameContent(request.headers['if-none-match'], found.headers.etag);
  for (const [name, value] of Object.entries(found.headers))
    if (!isHeld || name !== 'content-encoding') headers.push(name, value);
  for (const [name, value] of Object.entries(limitHeaders(verdicts))) headers.push(name, value);
  if (isHeld) {
    response.writeHead(304, headers).end();
    return 304;
  }
  headers.push('content-type', jsonType, 'content-length', String(found.body.length));
  response.writeHead(200, headers).end(found.body);
  return 200;
}

/** As `ifNoneMatchOf` has it, for a single tag. */
const isSameContent = (tag: string | undefined, etag = ''): boolean =>
  tag !== undefined && (tag === etag || uncodedTag(tag) === uncodedTag(etag));

/** None of them has a NUL. */
const keyOf = (userId: string, url: string, headers: IncomingHttpHeaders) =>
  `${userId}\0${url}\0${headers.origin ?? ''}\0${codingOf(headers) ?? ''}`;

const oneTag = /^"[^"\s,]*"$/;

/** One token, no content and no condition but one that is a single tag. */
function isPlain(request: IncomingMessage): boolean {
  const { headers, rawHeaders } = request;
  if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) return false;
  if (headers.expect !== undefined || headers.upgrade !== undefined) return false;
  if (!oneTag.test(headers['if-none-match'] ?? '""')) return false;
  let tokens = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 13 && name.toLowerCase() === 'authorization') tokens += 1;
  }
  return tokens === 1;
}
