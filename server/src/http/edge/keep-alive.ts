import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { connectionOf } from './request-guard.ts';

/** Idle connections make room from more than 80 % of `maxConnections` in use until less than 70 % are. */
const highShare = 0.8;
const lowShare = 0.7;
const shortIdleMs = 5_000;

/**
 * Refuses connections beyond `server.maxConnections`, whichever listener took them. Ends those that are idle after an
 * answer: after `idleMs`, or 5 s while the server is crowded. A balancer that keeps its own for longer would send
 * requests into connections that end at that moment.
 */
export function closeIdleConnections(server: Server, connectionEvent: string, idleMs: number): void {
  const sockets = new Set<Socket>();
  let open = 0;
  // Each listener has a limit of its own, and hands its connections to this server.
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
    // Those that are idle already had more time.
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
