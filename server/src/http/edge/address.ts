import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

const mapped = '::ffff:';

/**
 * The caller's address: the socket's or, from a trusted proxy, the one that it names; IPv4 is written as IPv4.
 * Everything that counts, limits or records by address asks here.
 */
export function addressOf({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string | null {
  return normalizeAddress(ip) ?? normalizeAddress(socket.remoteAddress);
}

function normalizeAddress(address: string | undefined): string | null {
  if (address === undefined || isIP(address) === 0) return null;
  const ipv4 = address.toLowerCase().startsWith(mapped) ? address.slice(mapped.length) : '';
  return isIP(ipv4) === 4 ? ipv4 : address;
}
