import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterFile } from './clean-up.ts';

/**
 * A TCP address that leads to one server and later to another, like a DNS name. Open connections stay where they are.
 */
export interface Forwarder {
  port: number;
  /** The port that new connections lead to. */
  setTarget(port: number): void;
  /** Nothing passes any more through the connections that are open; they stay open. New ones work. */
  freezeOpen(): void;
  closeOpen(): void;
}

/** Runs until the end of the file. Before `setTarget` it closes connections at once. */
export async function startForwarder(): Promise<Forwarder> {
  let target: number | null = null;
  const open = new Set<Socket>();
  const hold = (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
  };
  const server = createServer((from) => {
    hold(from);
    if (target === null) {
      from.destroy();
      return;
    }
    const to = connect(target, '127.0.0.1');
    hold(to);
    from.pipe(to).on('close', () => from.destroy());
    to.pipe(from).on('close', () => to.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterFile.push(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    port: address.port,
    setTarget(port) {
      target = port;
    },
    freezeOpen() {
      for (const socket of open) socket.unpipe().pause();
    },
    closeOpen() {
      for (const socket of open) socket.destroy();
    },
  };
}
