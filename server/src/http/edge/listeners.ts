import { once } from 'node:events';
import { createServer } from 'node:net';
import type { HttpSettings } from '../../config/http.ts';
import { isMissingAddress } from '../../platform/addresses.ts';
import type { App } from '../app-type.ts';

/**
 * Opens the port on several addresses. An address after the first is skipped if the machine does not have it.
 * @param options of `server.listen`, without host and port
 */
export async function listen(
  app: App,
  { port, tls }: HttpSettings,
  [first, ...others]: [first: string, ...others: string[]],
  options: object,
): Promise<void> {
  const scheme = tls === null ? 'http' : 'https';
  const listenTextResolver = (address: string) => `listening at ${address.replace(/^http/, scheme)}`;
  const listeners = others.map((host) => ({ host, listener: createListener(app, tls === null) }));
  await app.listen({ ...options, host: first, port, listenTextResolver });
  for (const { host, listener } of listeners) {
    try {
      await once(listener.listen({ ...options, host, port }), 'listening');
      app.log.info(`listening at ${scheme}://[${host}]:${port}`);
    } catch (error) {
      if (!isMissingAddress(error)) throw error;
      app.log.info(`not listening at ${host}: this machine does not have that address`);
    }
  }
}

/** Passes its connections to the app's server, so that limits, time-outs, TLS and certificates are the same. */
function createListener(app: App, isPlain: boolean) {
  // The options of Node's own HTTP and HTTPS servers.
  const listener = createServer({ allowHalfOpen: isPlain, noDelay: true });
  listener.maxConnections = app.server.maxConnections;
  listener.on('connection', (socket) => app.server.emit('connection', socket));
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= new Promise((settle) => listener.close(() => settle()));
    return closed;
  };
  app.addHook('preClose', async () => void close());
  // The app's server does not wait for connections of other listeners.
  app.addHook('onClose', close);
  return listener;
}
