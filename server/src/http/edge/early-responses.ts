import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { AppError, type ErrorCode, serviceUnavailable } from '../../platform/errors.ts';
import { jsonContentType, renderError } from '../contract/errors.ts';
import { requestId } from '../hooks/logging.ts';
import { closeAfter, connectionOf, type HttpConnection } from './request-guard.ts';

const byParserCode: Record<string, [ErrorCode, string]> = {
  HPE_HEADER_OVERFLOW: ['HEADERS_TOO_LARGE', 'The headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['PAYLOAD_TOO_LARGE', 'The chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TIMEOUT', 'The request took too long to arrive'],
};

/** Responses to requests that never reach a route: the usual error body, then the connection closes. */
export interface EarlyResponses {
  /** Refuses a request. The response is sent after those to earlier requests of the connection. */
  refuse(request: IncomingMessage, response: ServerResponse, error: AppError): void;
  refuseConnect(request: IncomingMessage, socket: Socket): void;
  /** Refuses one of many requests under overload: without a line in the log, and the connection stays open. */
  refuseExcess(request: IncomingMessage, response: ServerResponse, headers: Record<string, string>): void;
  /**
   * Responds to bytes that are not HTTP, and to a request that does not arrive in time. Earlier requests of the
   * connection get their responses first. If the response to this request has begun, no second one is sent.
   */
  respondToBroken(error: NodeJS.ErrnoException, socket: Socket): void;
}

export function createEarlyResponses(securityHeaders: Record<string, string>, log: Logger): EarlyResponses {
  const handled = new WeakSet<Socket>();

  function renderLogged(error: AppError, id: string) {
    log.info({ request_id: id, status: error.status, error_code: error.code }, 'refused before any route');
    return render(error, id);
  }

  function render(error: AppError, id: string) {
    const { status, body } = renderError(error, id);
    const text = JSON.stringify(body);
    const headers = {
      ...securityHeaders,
      ...error.headers,
      'content-type': jsonContentType,
      'content-length': String(Buffer.byteLength(text)),
      'x-request-id': id,
    };
    return { status, text, headers };
  }

  function write(socket: Socket, error: AppError): void {
    if (!socket.writable) return;
    const { status, headers, text } = renderLogged(error, randomUUID());
    const lines = Object.entries({ ...headers, date: new Date().toUTCString(), connection: 'close' });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${text}`);
    socket.destroySoon();
  }

  return {
    refuse(request, response, error) {
      const { status, headers, text } = renderLogged(error, requestId(request));
      closeAfter(request, response);
      response.writeHead(status, headers).end(text);
    },
    refuseExcess(request, response, more) {
      const { status, headers, text } = render(serviceUnavailable(), requestId(request));
      response.writeHead(status, { ...headers, ...more }).end(text);
    },
    refuseConnect(_request, socket) {
      socket.on('error', () => {});
      const allow = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
      write(socket, new AppError('METHOD_NOT_ALLOWED', 'This is no proxy', { headers: { allow } }));
    },
    respondToBroken(error, socket) {
      if (handled.has(socket)) return;
      handled.add(socket);
      const connection = connectionOf(socket);
      const respond = () => write(socket, asAppError(error));
      if (error.code === 'ECONNRESET' || isTlsSocketError(error) || !socket.writable) socket.destroy();
      else if (connection === undefined) respond();
      else if (!connection.isClosing) respondInOrder(connection, socket, respond);
    },
  };
}

function respondInOrder(
  { newestResponse, previousResponse }: HttpConnection,
  socket: Socket,
  respond: () => void,
): void {
  // If the newest request is complete, the broken bytes follow it. Otherwise they belong to it.
  const isComplete = newestResponse.req.complete;
  const awaited = isComplete ? newestResponse : previousResponse;
  const finish = () => {
    if (!isComplete && newestResponse.headersSent) socket.destroySoon();
    else respond();
  };
  if (awaited === null || awaited.writableFinished) finish();
  else awaited.once('close', finish);
}

/** Without a TLS session no response can be sent. */
const isTlsSocketError = ({ code = '' }: NodeJS.ErrnoException) => /^ERR_(?:SSL|TLS)_/.test(code);

function asAppError({ code = '' }: NodeJS.ErrnoException): AppError {
  const [name, message] = byParserCode[code] ?? ['BAD_REQUEST', 'The request is not valid HTTP'];
  return new AppError(name, message);
}
