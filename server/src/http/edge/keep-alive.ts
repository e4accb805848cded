import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { connectionOf } from './request-guard.ts';

/** Above 80 % of `maxConnections` the idle time-out becomes short; below 70 % it becomes normal again. */
const highShare = 0.8;
const lowShare = 0.7;
const shortIdleMs = 5_000;

/**
 * Refuses connections beyond `server.maxConnections`, over all listeners. Closes a connection that is idle for `idleMs`
 * after a response, or for 5 s while many are open. A load balancer must close its idle connections earlier, or some of
 * its requests meet a closing connection.
 */
export function closeIdleConnections(server: Server, connectionEvent: string, idleMs: number): void {
  const sockets = new Set<Socket>();
  let open = 0;
  // Each listener applies the limit only to its own connections; this counts those of all listeners.
  server.on('connection', (socket: Socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    if (open > server.maxConnections) socket.destroy();
  });
  const shorterMs = Math.min(idleMs, shortIdleMs);
  server.keepAliveTimeout = idleMs;
  function update(): void {
    const share = sockets.size / server.maxConnections;
    if (share < lowShare) server.keepAliveTimeout = idleMs;
    if (share <= highShare || server.keepAliveTimeout === shorterMs) return;
    server.keepAliveTimeout = shorterMs;
    // Connections that are idle already have the longer time-out.
    for (const socket of sockets) if (isIdle(socket)) socket.setTimeout(shorterMs);
  }
  server.on(connectionEvent, (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      update();
    });
    update();
  });
}

const isIdle = (socket: Socket): boolean => connectionOf(socket)?.newestResponse.writableFinished ?? false;
