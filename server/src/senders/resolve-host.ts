import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';

/** Names that mean this host without a lookup (RFC 6761 §6.3). */
export const isLocalhost = (name: string): boolean => /^(.+\.)?localhost\.?$/i.test(name);

export const loopbackAddresses: LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** Asks name servers itself: `getaddrinfo` would block one of the few threads of the process for each dead one. */
const resolverOptions = { timeout: 2_000, tries: 2 };

/** All addresses of a name, those of IPv4 first. Rejects with the DNS error when there are none. */
export type ResolveHost = (name: string) => Promise<LookupAddress[]>;

export function createResolveHost(servers: readonly string[] | null = null): ResolveHost {
  const resolver = new Resolver(resolverOptions);
  if (servers !== null) resolver.setServers(servers);
  return async (name) => {
    if (isLocalhost(name)) return loopbackAddresses;
    const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const found = [
      ...(ipv4.status === 'fulfilled' ? ipv4.value.map((address) => ({ address, family: 4 })) : []),
      ...(ipv6.status === 'fulfilled' ? ipv6.value.map((address) => ({ address, family: 6 })) : []),
    ];
    if (found.length === 0 && ipv4.status === 'rejected') throw ipv4.reason;
    return found;
  };
}
