import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Context } from '../../context.ts';
import { logStreamOf } from '../../platform/log.ts';

const acceptedId = /^[\w.:-]{1,128}$/;

/** The caller's `X-Request-Id` when it is a plain token, so that it cannot forge a log line; a new one otherwise. */
export function requestId({ headers }: IncomingMessage): string {
  const received = headers['x-request-id'];
  return typeof received === 'string' && acceptedId.test(received) ? received : randomUUID();
}

/**
 * The answer's id and `headers`, and a note of each answer. The route's pattern stands for the URL: paths and queries
 * carry ids and search texts.
 */
export function logRequests(app: FastifyInstance, ctx: Context, headers: Record<string, string>): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).headers(headers);
    done();
  });
  const logRequest = createRequestLog(ctx);
  app.addHook('onResponse', ({ id, method, routeOptions, caller }, { statusCode, elapsedTime }, done) => {
    const userId = caller?.userId ?? null;
    logRequest({ id, method, route: routeOptions.url, status: statusCode, durationMs: elapsedTime, userId });
    done();
  });
}

/** What is noted of a request that was answered. */
export interface RequestLogEntry {
  id: string;
  method: string;
  /** The pattern that matched, if any. */
  route: string | undefined;
  status: number;
  durationMs: number;
  userId: string | null;
}

/**
 * For each answer one line, and its time in the metrics. The lines are like the log's others, put together from their
 * few fields at a quarter of the cost: there is one for every request.
 */
export function createRequestLog({ log, metrics: { requests } }: Context): (note: RequestLogEntry) => void {
  const stream = logStreamOf(log);
  const bindings = JSON.stringify(log.bindings()).slice(1, -1);
  const base = bindings === '' ? '' : `${bindings},`;
  const routes = new Map<string | undefined, string>();
  const routeAsJson = (route: string | undefined): string => {
    const text = routes.get(route) ?? JSON.stringify(route ?? null);
    routes.set(route, text);
    return text;
  };
  return ({ id, method, route, status, durationMs, userId }) => {
    requests.observe(method, route, status, durationMs / 1000);
    const level = status >= 500 ? 'error' : 'info';
    if (!log.isLevelEnabled(level)) return;
    // An id and a method are of plain characters only.
    stream.write(
      `{"level":"${level}","time":"${new Date().toISOString()}",${base}"request_id":"${id}","method":"${method}",` +
        `"route":${routeAsJson(route)},"status":${status},` +
        `"duration_ms":${Math.round(durationMs * 1000) / 1000},` +
        `"user_id":${JSON.stringify(userId)},"msg":"request"}\n`,
    );
  };
}
