import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, type ErrorCode } from '../../platform/errors.ts';

const maxHeaderLines = 60;
const maxRequestsPerConnection = 1_000;

/** A name or an address, and a port. RFC 9110 §7.2 requires that anything else is refused. */
const hostSyntax = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** Methods that routes may have, and TRACE, which gets a 405. */
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']);

/** A request's share of the concurrency limit (`admission.ts`). */
export interface Slot {
  release(): void;
}

/** The state of an open connection. */
export interface HttpConnection {
  /** The response to its newest request, finished or not. */
  newestResponse: ServerResponse;
  previousResponse: ServerResponse | null;
  requests: number;
  /** The slot of its newest request, while that is handled. */
  slot: Slot | null;
  /** Further bytes are not handled as requests: they may be the rest of a refused one. */
  isClosing: boolean;
}

const connections = new WeakMap<Socket, HttpConnection>();

/** @returns undefined before the first request */
export const connectionOf = (socket: Socket): HttpConnection | undefined => connections.get(socket);

/** Refuses ambiguous requests before any route, and limits the number of requests per connection. */
export function guardRequests(
  handle: RequestListener,
  refuse: (request: IncomingMessage, response: ServerResponse, error: AppError) => void,
): RequestListener {
  return (request, response) => {
    const connection = trackConnection(request.socket, response);
    if (connection.isClosing) return;
    const fault = requestError(request);
    if (fault !== null) {
      refuse(request, response, fault);
      return;
    }
    if (connection.requests >= maxRequestsPerConnection) closeAfter(request, response);
    request.url = targetPath(request.url);
    // Other methods are treated like TRACE: 405 if the path exists, 404 otherwise.
    if (!knownMethods.has(request.method ?? '')) request.method = 'TRACE';
    handle(request, response);
  };
}

/** Closes the connection after this response. */
export function closeAfter(request: IncomingMessage, response: ServerResponse): void {
  trackConnection(request.socket, response).isClosing = true;
  response.shouldKeepAlive = false;
}

function trackConnection(socket: Socket, response: ServerResponse): HttpConnection {
  const known = connections.get(socket);
  if (known === undefined) {
    const connection = {
      newestResponse: response,
      previousResponse: null,
      requests: 1,
      slot: null,
      isClosing: false,
    };
    connections.set(socket, connection);
    return connection;
  }
  if (known.isClosing || known.newestResponse === response) return known;
  known.previousResponse = known.newestResponse;
  known.newestResponse = response;
  known.requests += 1;
  return known;
}

const badRequest = (message: string, code: ErrorCode = 'BAD_REQUEST') => new AppError(code, message);

function requestError({
  rawHeaders,
  headers,
  httpVersion,
  url = '',
  method,
}: IncomingMessage): AppError | null {
  if (rawHeaders.length > 2 * maxHeaderLines) return badRequest(`More than ${maxHeaderLines} header lines`);
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    // Node takes the first of several `Host` headers, a proxy perhaps the last.
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  if (hosts > 1) return badRequest('More than one Host');
  if (hosts === 0 && httpVersion !== '1.0') return badRequest('Host is missing');
  if (hosts === 1 && !hostSyntax.test(headers.host ?? '')) return badRequest('Host is not valid');
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || httpVersion === '1.0')) {
    return badRequest('Transfer-Encoding may only be chunked');
  }
  // RFC 9112 §3.2: a target has no fragment. The router would ignore it.
  if (url.includes('#')) return badRequest('The target has a fragment');
  if (url.startsWith('/') || (url === '*' && method === 'OPTIONS') || absoluteTarget.test(url)) return null;
  return badRequest('The target is not a path');
}

const absoluteTarget = /^https?:\/\/[^/?#]+/i;

/** The path of the target. The host of an absolute target (RFC 9112 §3.2.2) has no effect, like the Host header. */
function targetPath(url = '/'): string {
  if (url.startsWith('/')) return url;
  const path = url.replace(absoluteTarget, '');
  return path.startsWith('/') || path === '*' ? path : `/${path}`;
}
