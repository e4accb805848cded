import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Config } from '../config/config.ts';
import { addressesOf } from '../platform/addresses.ts';
import { StartError } from '../platform/errors.ts';

const timeoutMs = 3_000;

/** An address of every interface is asked on the loopback one. */
const reachable: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * `healthcheck`: asks the server of these settings whether it is ready. It imports nothing of the service, because a
 * container runs it every few seconds.
 * @throws StartError if it is not ready, or does not answer within 3 s
 */
export async function healthcheck({ http: { host, port, tls } }: Config): Promise<void> {
  if (port === 0) throw new StartError('PORT: got 0, wants the port of the server to be asked');
  const [first] = addressesOf(host);
  const url = {
    ...{ hostname: reachable[first] ?? first, port, path: '/health/ready' },
    signal: AbortSignal.timeout(timeoutMs),
  };
  // The certificate is for the public name, and this request leaves no machine.
  const request = tls === null ? requestHttp(url) : requestHttps({ ...url, rejectUnauthorized: false });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  request.on('error', reject).on('response', (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  request.end();
  const status = await promise.catch((error: unknown) => {
    throw new StartError(`healthcheck: no answer from ${first} port ${port} (${String(error)})`);
  });
  if (status !== 200) throw new StartError(`healthcheck: not ready (status ${status})`);
}
