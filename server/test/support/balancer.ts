import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterTest } from './clean-up.ts';

/** Spreads new connections over these local ports in turn, until the end of the test. @returns its own port */
export async function startLoadBalancer(ports: readonly number[]): Promise<number> {
  let count = 0;
  const server = createServer((socket) => {
    const target = connect(ports[count++ % ports.length] ?? 0, '127.0.0.1');
    socket.pipe(target).pipe(socket);
    socket.on('error', () => target.destroy());
    target.on('error', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest.push(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
