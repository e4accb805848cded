import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { compile } from '@fastify/proxy-addr';
import type { Context } from '../../context.ts';
import { addressOf } from './address.ts';
import { createHourlyLogFilter } from './hourly-log-filter.ts';

/** Headers in which proxies forward an address. Only `x-forwarded-for` is read, and only from TRUSTED_PROXIES. */
const headerNames = ['x-forwarded-for', 'forwarded', 'x-real-ip'] as const;
/** Log lines per hour. It is limited because any client can send such a header. */
const maxPeers = 10;

const warning =
  'a forwarded address is ignored: if the peer is a proxy, name it in TRUSTED_PROXIES and let it send X-Forwarded-For; ' +
  'until then all of its callers share one rate limit';

/**
 * Warns once an hour of each peer that forwards an address and is no trusted proxy. If it is a proxy, all of its
 * callers share one rate limit. The line has the peer's address, and never the value of the header.
 */
export function warnAboutForwarded({ config, log }: Context, handle: RequestListener): RequestListener {
  const isTrusted = compile([...config.http.trustedProxies]);
  const isNew = createHourlyLogFilter(maxPeers);
  const checked = new WeakSet<Socket>();

  function check({ headers, socket }: IncomingMessage): void {
    if (checked.has(socket)) return;
    checked.add(socket);
    const peer = addressOf({ ip: '', socket });
    if (peer === null || isTrusted(peer, 0) || !isNew(peer)) return;
    const header = headerNames.find((name) => headers[name]);
    log.warn({ peer, header, setting: 'TRUSTED_PROXIES' }, warning);
  }

  return (request, response) => {
    if (headerNames.some((name) => request.headers[name])) check(request);
    handle(request, response);
  };
}
