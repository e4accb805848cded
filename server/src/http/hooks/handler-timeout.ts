import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Fastify from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The time-out of this route; `Infinity` for a stream. */
    handlerTimeoutMs?: number;
  }
  interface FastifyRequest {
    /** Set when the handler asks for `abortSignalOf`. */
    abortController: AbortController | null;
  }
  interface FastifyReply {
    /** Its index in the list of open replies. */
    openIndex: number;
  }
}

/** From the headers of a request to its response. */
const defaultTimeoutMs = 60_000;
/** How much later than its time-out a request may end. */
const sweepIntervalMs = 1_000;

/**
 * Responds with 503 when a handler takes too long, and closes the connection of a response that has begun. One timer
 * looks through all open requests: Fastify's own time-out takes a timer, a listener and an `AbortController` each, and
 * does not apply to a request with a body.
 */
export function timeOutHandlers(app: FastifyInstance): void {
  const open = createOpenReplies();
  let timer: NodeJS.Timeout | undefined;
  app.decorateRequest('abortController', null);
  app.decorateReply('openIndex', notOpen);
  app.addHook('onRequest', (_request, reply, done) => {
    open.add(reply);
    done();
  });
  app.addHook('onResponse', (_request, reply, done) => {
    open.remove(reply);
    done();
  });
  app.addHook('onReady', async () => {
    timer = setInterval(() => sweep(open), sweepIntervalMs).unref();
  });
  app.addHook('onClose', async () => clearInterval(timer));
}

const notOpen = -1;

interface OpenReplies {
  add(reply: FastifyReply): void;
  /** Does nothing if it was removed before. */
  remove(reply: FastifyReply): void;
  /** A copy: the list may change while it is looked through. */
  all(): FastifyReply[];
}

/**
 * An array, because of garbage collection: a `Set` replaces its table every few insertions, and each old table keeps
 * the next one. When one has grown old, all later requests are kept with it until the whole heap is collected.
 */
function createOpenReplies(): OpenReplies {
  const replies: FastifyReply[] = [];
  return {
    add(reply) {
      reply.openIndex = replies.length;
      replies.push(reply);
    },
    remove(reply) {
      const { openIndex } = reply;
      const last = openIndex === notOpen ? undefined : replies.pop();
      if (last === undefined) return;
      reply.openIndex = notOpen;
      if (last === reply) return;
      // The last one takes its place.
      replies[openIndex] = last;
      last.openIndex = openIndex;
    },
    all: () => [...replies],
  };
}

function sweep(open: OpenReplies): void {
  for (const reply of open.all()) {
    const { url, config } = reply.routeOptions;
    const timeoutMs = config.handlerTimeoutMs ?? defaultTimeoutMs;
    const isExpired = reply.elapsedTime >= timeoutMs;
    // `onResponse` does not run when the client disconnected.
    if (reply.raw.destroyed || isExpired) open.remove(reply);
    if (isExpired && !reply.raw.destroyed)
      expire(reply, new Fastify.errorCodes.FST_ERR_HANDLER_TIMEOUT(timeoutMs, url));
  }
}

function expire(reply: FastifyReply, error: Error): void {
  reply.request.abortController?.abort(error);
  if (reply.sent) return;
  if (reply.raw.headersSent) reply.raw.destroy(error);
  else reply.send(error);
}

/** Aborts when the client disconnects, and at the time-out. */
export function abortSignalOf(request: FastifyRequest): AbortSignal {
  const controller = new AbortController();
  request.abortController = controller;
  if (request.raw.destroyed) controller.abort();
  else request.raw.once('close', () => controller.abort());
  return controller.signal;
}
