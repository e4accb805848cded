import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { Config } from '../config/config.ts';
import { addressesOf, isMissingAddress } from '../platform/addresses.ts';
import { portError } from './start.ts';

/**
 * Checks that no other process has the port: processes that share a port get no error. PORT=0 becomes a port that is
 * free on every address of HOST.
 * @throws StartError if the port or an address cannot be bound
 */
export async function reservePort(config: Config): Promise<Config> {
  const { http, auth } = config;
  const [first, ...others] = addressesOf(http.host);
  const servers: Server[] = [];
  try {
    const port = await bindPort(servers, first, http.port);
    for (const host of others)
      await bindPort(servers, host, port).catch((error: unknown) => {
        if (!isMissingAddress(error)) throw error;
      });
    const baseUrl = auth.baseUrl.replace(/:0$/, `:${port}`);
    return { ...config, http: { ...http, port }, auth: { ...auth, baseUrl } };
  } catch (error) {
    throw portError(error, http) ?? error;
  } finally {
    for (const server of servers) server.close();
  }
}

/** @returns the bound port */
async function bindPort(servers: Server[], host: string, port: number): Promise<number> {
  const server = createServer();
  await once(server.listen({ host, port, exclusive: true }), 'listening');
  servers.push(server);
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
