import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { Config } from '../config/config.ts';
import { portRefusal } from './start.ts';

/** The addresses of HOST. `localhost` is both of loopback, whatever the resolver makes of it: browsers use either. */
export const addressesOf = (host: string): [first: string, ...others: string[]] =>
  host === 'localhost' ? ['127.0.0.1', '::1'] : [host];

/** Whether a listener failed because the machine has no such address, as one without IPv6. */
export const isMissingAddress = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(String(error.code));

/**
 * Finds out that nobody else has the port: processes that share it would not notice. PORT=0 becomes a port that is free
 * on each address of HOST.
 * @throws StartError
 */
export async function withFreePort(config: Config): Promise<Config> {
  const { http, auth } = config;
  const [first, ...others] = addressesOf(http.host);
  const held: Server[] = [];
  try {
    const port = await hold(held, first, http.port);
    for (const host of others)
      await hold(held, host, port).catch((error: unknown) => {
        if (!isMissingAddress(error)) throw error;
      });
    const baseUrl = auth.baseUrl.replace(/:0$/, `:${port}`);
    return { ...config, http: { ...http, port }, auth: { ...auth, baseUrl } };
  } catch (error) {
    throw portRefusal(error, http) ?? error;
  } finally {
    for (const server of held) server.close();
  }
}

/** @returns the port. */
async function hold(held: Server[], host: string, port: number): Promise<number> {
  const server = createServer();
  await once(server.listen({ host, port, exclusive: true }), 'listening');
  held.push(server);
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
