import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { compile } from '@fastify/proxy-addr';
import type { Context } from '../context.ts';
import { addressOf } from './address.ts';

/** Headers in which proxies name an address. Only the first is read, and only from TRUSTED_PROXIES. */
const headerNames = ['x-forwarded-for', 'forwarded', 'x-real-ip'] as const;
/** Anybody can send such a header, so the number of lines is bounded. */
const maxPeers = 10;

const warning =
  'a forwarded address is ignored: if the peer is a proxy, name it in TRUSTED_PROXIES and let it send X-Forwarded-For; ' +
  'until then all of its callers share one rate limit';

/**
 * Warns once for each peer that forwards an address and is no trusted proxy. If it is a proxy, all of its
 * callers share one rate limit. The line names the peer, never what it sent.
 */
export function warnOfForwarded({ config, log }: Context, handle: RequestListener): RequestListener {
  const isTrusted = compile([...config.http.trustedProxies]);
  const peers = new Set<string>();
  const checked = new WeakSet<Socket>();

  function check({ headers, socket }: IncomingMessage): void {
    if (peers.size >= maxPeers || checked.has(socket)) return;
    checked.add(socket);
    const peer = addressOf({ ip: '', socket });
    if (peer === null || peers.has(peer) || isTrusted(peer, 0)) return;
    peers.add(peer);
    const header = headerNames.find((name) => headers[name]);
    log.warn({ peer, header, setting: 'TRUSTED_PROXIES' }, warning);
  }

  return (request, response) => {
    if (headerNames.some((name) => request.headers[name])) check(request);
    handle(request, response);
  };
}
