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

/** How long a client may take, and how much it may say before anybody listens. */
const serverOptions: ServerOptions = {
  headersTimeout: 5_000,
  /** Headers and body. */
  requestTimeout: 10_000,
  connectionsCheckingInterval: 500,
  maxHeaderSize: 8_192,
  // The gate says so itself, in the form of every error.
  requireHostHeader: false,
};
/** Of those, event streams may be 50 for each user. */
const maxConnections = 10_000;
/** How long a connection may stand still with an answer half sent. */
const stallTimeoutMs = 30_000;

/**
 * The listener under Fastify: HTTP or HTTPS, with limits for clients that are slow, silent or many; `before` gets what
 * the gate lets in.
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

/** Silence is an end, unless it is ours: a handler at work has a limit of its own. */
function closeStalled(socket: Socket): void {
  const response = connectionOf(socket)?.newestResponse;
  const isOurs = response !== undefined && !response.writableFinished && socket.writableLength === 0;
  if (isOurs) socket.setTimeout(stallTimeoutMs);
  else socket.destroy();
}
