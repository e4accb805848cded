import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

const acceptedId = /^[\w.:-]{1,128}$/;

/** The caller's `X-Request-Id` when it is a plain token, so that it cannot forge a log line; a new one otherwise. */
export function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && acceptedId.test(given) ? given : randomUUID();
}

/** The answer's id and `headers`, and one line per answer. The route's pattern stands for the URL: paths and queries carry ids and search texts. */
export function logRequests(app: FastifyInstance, headers: Record<string, string>): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).headers(headers);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { statusCode } = reply;
    request.log[statusCode >= 500 ? 'error' : 'info'](
      {
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: statusCode,
        duration_ms: Math.round(reply.elapsedTime * 1000) / 1000,
        user_id: request.identity?.userId ?? null,
      },
      'request',
    );
  });
}
