import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { FastifyServerFactory } from 'fastify';
import type { Logger } from 'pino';
import type { HttpSettings } from '../../config/http.ts';
import type { TlsFiles } from '../../config/tls.ts';
import { AppError } from '../../platform/errors.ts';
import type { EarlyAnswers } from './broken-request.ts';
import { connectionOf, gate } from './gate.ts';
import { endIdle } from './keep-alive.ts';
import { followCertificate, tlsOptions } from './tls.ts';

/** How long a client may take, and how much it may say before anybody listens. */
const options: ServerOptions = {
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
const stallMs = 30_000;

/**
 * The listener under Fastify: HTTP or HTTPS, with limits for clients that are slow, silent or many; `before` gets what
 * the gate lets in.
 */
export function serverFactory(
  { tls, keepAliveSeconds }: HttpSettings,
  answers: EarlyAnswers,
  log: Logger,
  before: (handle: RequestListener) => RequestListener,
): FastifyServerFactory<Server> {
  return (handler) => {
    const server = listener(gate(before(handler), answers.refuse), tls, log);
    server.maxConnections = maxConnections;
    endIdle(server, tls === null ? 'connection' : 'secureConnection', keepAliveSeconds * 1_000);
    server.setTimeout(stallMs, endStalled);
    server.on('checkExpectation', (request, response) => {
      answers.refuse(
        request,
        response,
        new AppError('EXPECTATION_FAILED', 'Expect may only be 100-continue'),
      );
    });
    server.on('connect', answers.refuseTunnel);
    return server;
  };
}

function listener(handle: RequestListener, tls: TlsFiles | null, log: Logger): Server {
  if (tls === null) return createServer(options, handle);
  const server = createTlsServer({ ...options, ...tlsOptions(tls) }, handle);
  followCertificate(server, tls, log);
  return server;
}

/** Silence is an end, unless it is ours: a handler at work has a limit of its own. */
function endStalled(socket: Socket): void {
  const answer = connectionOf(socket)?.last;
  const isOurs = answer !== undefined && !answer.writableFinished && socket.writableLength === 0;
  if (isOurs) socket.setTimeout(stallMs);
  else socket.destroy();
}
