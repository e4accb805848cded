import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Context } from '../context.ts';
import { streamOf } from '../log.ts';

const acceptedId = /^[\w.:-]{1,128}$/;

/** The caller's `X-Request-Id` when it is a plain token, so that it cannot forge a log line; a new one otherwise. */
export function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && acceptedId.test(given) ? given : randomUUID();
}

/**
 * The answer's id and `headers`; for each answer one line, and its time in the metrics. The route's pattern stands for the
 * URL: paths and queries carry ids and search texts.
 */
export function logRequests(
  app: FastifyInstance,
  { log, metrics: { requests } }: Context,
  headers: Record<string, string>,
): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).headers(headers);
    done();
  });
  const write = requestLines(log);
  app.addHook('onResponse', (request, reply, done) => {
    const { url } = request.routeOptions;
    requests.observe(request.method, url, reply.statusCode, reply.elapsedTime / 1000);
    write(request, reply, url);
    done();
  });
}

/** Lines like the log's others, put together from their few fields at a quarter of the cost: there is one for every request. */
function requestLines(log: Logger) {
  const stream = streamOf(log);
  const bindings = JSON.stringify(log.bindings()).slice(1, -1);
  const base = bindings === '' ? '' : `${bindings},`;
  return (request: FastifyRequest, { statusCode, elapsedTime }: FastifyReply, route?: string) => {
    const level = statusCode >= 500 ? 'error' : 'info';
    if (!log.isLevelEnabled(level)) return;
    const { id, method, identity } = request;
    // An id and a method are of plain characters only.
    stream.write(
      `{"level":"${level}","time":"${new Date().toISOString()}",${base}"request_id":"${id}","method":"${method}",` +
        `"route":${JSON.stringify(route ?? null)},"status":${statusCode},` +
        `"duration_ms":${Math.round(elapsedTime * 1000) / 1000},` +
        `"user_id":${JSON.stringify(identity?.userId ?? null)},"msg":"request"}\n`,
    );
  };
}
