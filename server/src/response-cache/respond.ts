import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../context.ts';
import { ifNoneMatchOf } from '../http/contract/conditions.ts';
import { jsonType } from '../http/contract/errors.ts';
import { type Coding, codedTag, codingOf, encode, varyByCoding } from '../http/hooks/coding.ts';
import { unauthorized } from '../platform/errors.ts';
import type { Answer, Made } from './cache.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its handler is `sendKept`: what it answers is decided by its user's rows and its URL alone. */
    keepsAnswers?: boolean;
    /** Such answers are compressed for clients that take it; not those whose `ETag` is compared on writes. */
    compresses?: boolean;
  }
}

/** The `config` of a route whose handler is `sendKept`. */
export const keepsAnswers = { keepsAnswers: true };

/** The same of a route that answers with a list. */
export const keepsLists = { keepsAnswers: true, compresses: true };

/** The coding that the answer to a read is kept and sent in, if it is worth it. */
export const keptCodingOf = ({ routeOptions, headers }: FastifyRequest): Coding =>
  routeOptions.config.compresses === true ? codingOf(headers) : null;

/** The headers that a handler sets and that belong to the answer. */
const ownHeaders = ['etag', 'link', 'x-total-count'];

/**
 * Makes an answer from what it reads with the handle it is given: not every read has to go to the same server. A text
 * is the JSON itself.
 */
type Make = (db: Context['db']) => Promise<unknown>;

/** What `make` gives in place of a payload that must not be kept. */
class Passing {
  readonly payload: unknown;
  constructor(payload: unknown) {
    this.payload = payload;
  }
}

/** @param isPassing whether the answer may become another one although nothing of its user changes */
export const passingIf = (isPassing: boolean, payload: unknown): unknown =>
  isPassing ? new Passing(payload) : payload;

/**
 * Answers with what `make` gives, or with the kept bytes of it as long as nothing of its user has changed; 304 when the
 * client has them, in whatever coding (RFC 9110 §13.1.2). Content, `ETag` and headers are the same with and without the
 * cache. Compressed bytes are kept compressed.
 */
export async function sendKept(
  { answers }: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  make: Make,
): Promise<FastifyReply> {
  const { identity, url, isDatabaseAway, method, headers, routeOptions } = request;
  if (identity === null) throw unauthorized('missing');
  const isHeldBy = ifNoneMatchOf(headers);
  const coding = keptCodingOf(request);
  const question = { userId: identity.userId, url, coding: coding ?? '', isDatabaseAway };
  const { answer, staleForMs } = await answers.find(question, async (db): Promise<Made> => {
    const made = await make(db);
    const isPassing = made instanceof Passing;
    return { ...(await inCoding(toAnswer(reply, isPassing ? made.payload : made), coding)), isPassing };
  });
  reply.headers(answer.headers);
  if (routeOptions.config.compresses === true) varyByCoding(reply);
  // RFC 9111 §5.5, obsolete but understood, and the one way to say it.
  if (staleForMs !== null)
    reply.header('warning', '110 - "Response is Stale"').header('age', Math.floor(staleForMs / 1000));
  else request.server.repeats.remember(request, reply);
  const isHeld = isHeldBy(answer.headers.etag ?? '');
  if (isHeld) reply.status(304).removeHeader('content-encoding');
  // To HEAD the framework answers with the length of what it is given, and no more.
  return isHeld && method !== 'HEAD' ? reply.send() : reply.type(jsonType).send(answer.body);
}

function toAnswer(reply: FastifyReply, payload: unknown): Answer {
  const body = bytesOf(typeof payload === 'string' ? payload : String(reply.serialize(payload)));
  const headers: Record<string, string> = {};
  for (const name of ownHeaders) {
    const value = reply.getHeader(name);
    if (value !== undefined) headers[name] = String(value);
  }
  headers.etag ??= `"${hashOf(body, headers)}"`;
  return { body, headers };
}

async function inCoding(answer: Answer, coding: Coding): Promise<Answer> {
  const encoded = await encode(answer.body, coding);
  if (encoded === null || coding === null) return answer;
  const { etag = '', ...headers } = answer.headers;
  // The encoder's block is larger than what it holds.
  const body = Buffer.allocUnsafeSlow(encoded.length);
  encoded.copy(body);
  return { body, headers: { ...headers, etag: codedTag(etag, coding), 'content-encoding': coding } };
}

/** In a memory block of its own: from Buffer's pool, a few bytes that are kept would keep a block of many. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

/** Of the headers too: on the bare surface a list's total stands nowhere else. */
function hashOf(body: Buffer, headers: Record<string, string>): string {
  return createHash('sha256').update(JSON.stringify(headers)).update(body).digest('base64url');
}
