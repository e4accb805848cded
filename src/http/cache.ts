import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from '../cache.ts';
import type { Context } from '../context.ts';
import { unauthorized } from '../errors.ts';
import { ifNoneMatchOf } from './conditions.ts';
import { jsonType } from './errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its handler is `sendKept`: what it answers is decided by its user's rows and its URL alone. */
    keepsAnswers?: boolean;
  }
}

/** The `config` of a route whose handler is `sendKept`. */
export const keepsAnswers = { keepsAnswers: true };

/** The headers that a handler sets and that belong to the answer. */
const ownHeaders = ['etag', 'link', 'x-total-count'];

/**
 * Makes an answer from what it reads with the handle it is given: not every read has to go to the same server. A text is
 * the JSON itself.
 */
type Make = (db: Context['db']) => Promise<unknown>;

/**
 * Answers with what `make` gives, or with the kept bytes of it as long as nothing of its user has changed; 304 when the
 * client has them (RFC 9110 §13.1.2). Content, `ETag` and headers are the same with and without the cache.
 */
export async function sendKept(
  { answers }: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  make: Make,
): Promise<FastifyReply> {
  const { identity, url, isDatabaseAway, method, headers } = request;
  if (identity === null) throw unauthorized('missing');
  const isHeldBy = ifNoneMatchOf(headers);
  const question = { userId: identity.userId, url, isDatabaseAway };
  const { answer, staleForMs } = await answers.find(question, async (db) => toAnswer(reply, await make(db)));
  reply.headers(answer.headers);
  // RFC 9111 §5.5, obsolete but understood, and the one way to say it.
  if (staleForMs !== null)
    reply.header('warning', '110 - "Response is Stale"').header('age', Math.floor(staleForMs / 1000));
  else request.server.repeats.remember(request, reply);
  const isHeld = isHeldBy(answer.headers.etag ?? '');
  if (isHeld) reply.status(304);
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
