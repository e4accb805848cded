import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Context } from '../../context.ts';
import { logStreamOf } from '../../platform/log.ts';

const acceptedId = /^[\w.:-]{1,128}$/;

/** The client's `X-Request-Id` if it has only plain characters, so that it cannot forge a log line; else a new id. */
export function requestId({ headers }: IncomingMessage): string {
  const received = headers['x-request-id'];
  return typeof received === 'string' && acceptedId.test(received) ? received : randomUUID();
}

/**
 * Adds `X-Request-Id` and `headers` to each response, and logs it. The log has the route's pattern instead of the URL,
 * because paths and queries contain ids and search texts.
 */
export function logRequests(app: FastifyInstance, ctx: Context, headers: Record<string, string>): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).headers(headers);
    done();
  });
  const logRequest = createRequestLog(ctx);
  app.addHook(
    'onResponse',
    ({ id, method, routeOptions, caller, trace }, { statusCode, elapsedTime }, done) => {
      const [userId, traceId] = [caller?.userId ?? null, trace?.traceId ?? null];
      logRequest({
        id,
        method,
        route: routeOptions.url,
        status: statusCode,
        durationMs: elapsedTime,
        userId,
        traceId,
      });
      done();
    },
  );
}

/** What the log line of a response contains. */
export interface RequestLogEntry {
  id: string;
  method: string;
  /** The pattern that matched, if any. */
  route: string | undefined;
  status: number;
  durationMs: number;
  userId: string | null;
  /** Null while requests are not traced. */
  traceId: string | null;
}

/**
 * Writes one line for each response, and its duration to the metrics. It builds the line itself, in the format of the
 * other lines: that takes a quarter of Pino's time, and every request has such a line.
 */
export function createRequestLog({ log, metrics: { requests } }: Context): (entry: RequestLogEntry) => void {
  const stream = logStreamOf(log);
  const bindings = JSON.stringify(log.bindings()).slice(1, -1);
  const bindingsPrefix = bindings === '' ? '' : `${bindings},`;
  const routes = new Map<string | undefined, string>();
  const routeAsJson = (route: string | undefined): string => {
    const text = routes.get(route) ?? JSON.stringify(route ?? null);
    routes.set(route, text);
    return text;
  };
  return ({ id, method, route, status, durationMs, userId, traceId }) => {
    requests.observe(method, route, status, durationMs / 1000);
    const level = status >= 500 ? 'error' : 'info';
    if (!log.isLevelEnabled(level)) return;
    // Id and method have only plain characters, so they need no escaping.
    stream.write(
      `{"level":"${level}","time":"${new Date().toISOString()}",${bindingsPrefix}"request_id":"${id}","method":"${method}",` +
        `"route":${routeAsJson(route)},"status":${status},` +
        `"duration_ms":${Math.round(durationMs * 1000) / 1000},` +
        `"user_id":${JSON.stringify(userId)},${traceId === null ? '' : `"trace_id":"${traceId}",`}"msg":"request"}\n`,
    );
  };
}
