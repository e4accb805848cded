import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterFile } from './clean-up.ts';

/**
 * A TCP address that leads to one server and later to another, like a DNS name. Open connections stay where they are.
 */
export interface Forwarder {
  port: number;
  /** The port that new connections lead to. What it answers arrives. */
  setTarget(port: number): void;
  /** Requests go on to the target, whose answers are lost, until there is another target. */
  loseAnswers(): void;
  /** Nothing passes any more through the connections that are open; they stay open. New ones work. */
  freezeOpen(): void;
  closeOpen(): void;
}

/** Runs until the end of the file. Before `setTarget` it closes connections at once. */
export async function startForwarder(): Promise<Forwarder> {
  let target: number | null = null;
  let areAnswersLost = false;
  const open = new Set<Socket>();
  const pairs = new Map<Socket, Socket>();
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
    pairs.set(to, from);
    from.pipe(to).on('close', () => {
      pairs.delete(to);
      from.destroy();
    });
    from.on('close', () => to.destroy());
    if (areAnswersLost) to.resume();
    else to.pipe(from);
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
      areAnswersLost = false;
    },
    loseAnswers() {
      areAnswersLost = true;
      for (const [to, from] of pairs) to.unpipe(from).resume();
    },
    freezeOpen() {
      for (const socket of open) socket.unpipe().pause();
    },
    closeOpen() {
      for (const socket of open) socket.destroy();
    },
  };
}
