import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { FastifyServerFactory } from 'fastify';
import type { Logger } from 'pino';
import type { HttpSettings } from '../../config/http.ts';
import type { TlsFiles } from '../../config/tls.ts';
import { AppError } from '../../platform/errors.ts';
import type { EarlyResponses } from './early-responses.ts';
import { closeIdleConnections } from './keep-alive.ts';
import { connectionOf, guardRequests } from './request-guard.ts';
import { tlsOptions, watchCertificate } from './tls.ts';

/** Time-outs and size limits that apply before routing. */
const serverOptions: ServerOptions = {
  headersTimeout: 5_000,
  /** Headers and body. */
  requestTimeout: 10_000,
  connectionsCheckingInterval: 500,
  maxHeaderSize: 8_192,
  // `guardRequests` refuses it, with our error body.
  requireHostHeader: false,
};
/** Connections of one process. */
const maxConnections = 10_000;
/** How long a connection with an unfinished response may be silent. */
const stallTimeoutMs = 30_000;

/**
 * Creates Fastify's server: HTTP or HTTPS, with time-outs and a limit of connections.
 * @param wrapHandler wraps the handler of the requests that `guardRequests` accepts
 */
export function createServerFactory(
  { tls, keepAliveSeconds }: HttpSettings,
  earlyResponses: EarlyResponses,
  log: Logger,
  wrapHandler: (handle: RequestListener) => RequestListener,
): FastifyServerFactory<Server> {
  return (handler) => {
    const server = createListener(guardRequests(wrapHandler(handler), earlyResponses.refuse), tls, log);
    server.maxConnections = maxConnections;
    closeIdleConnections(server, tls === null ? 'connection' : 'secureConnection', keepAliveSeconds * 1_000);
    server.setTimeout(stallTimeoutMs, closeStalled);
    server.on('checkExpectation', (request, response) => {
      earlyResponses.refuse(
        request,
        response,
        new AppError('EXPECTATION_FAILED', 'Expect may only be 100-continue'),
      );
    });
    server.on('connect', earlyResponses.refuseConnect);
    return server;
  };
}

function createListener(handle: RequestListener, tls: TlsFiles | null, log: Logger): Server {
  if (tls === null) return createServer(serverOptions, handle);
  const server = createTlsServer({ ...serverOptions, ...tlsOptions(tls) }, handle);
  watchCertificate(server, tls, log);
  return server;
}

/** Closes a silent connection, unless a handler still works on the response: handlers have a time-out of their own. */
function closeStalled(socket: Socket): void {
  const response = connectionOf(socket)?.newestResponse;
  const isHandling = response !== undefined && !response.writableFinished && socket.writableLength === 0;
  if (isHandling) socket.setTimeout(stallTimeoutMs);
  else socket.destroy();
}
