import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

const mapped = '::ffff:';

/**
 * The caller's address: the socket's, or the one that a trusted proxy forwards. An IPv4-mapped IPv6 address becomes
 * IPv4. Rate limits, audit log and sessions all use this address.
 */
export function addressOf({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string | null {
  return normalizeAddress(ip) ?? normalizeAddress(socket.remoteAddress);
}

function normalizeAddress(address: string | undefined): string | null {
  if (address === undefined || isIP(address) === 0) return null;
  const ipv4 = address.toLowerCase().startsWith(mapped) ? address.slice(mapped.length) : '';
  return isIP(ipv4) === 4 ? ipv4 : address;
}
