import { BlockList, isIP } from 'node:net';

/**
 * Addresses of the internet at large, by the IANA registries of special addresses (RFC 6890). Of IPv6 only 2000::/3 is
 * allocated to it; whatever is not in there is refused: loopback, ULA, link-local, multicast, IPv4-mapped and
 * IPv4-compatible addresses, NAT64.
 */
const refused = blockList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10', // carrier-grade NAT
  '127.0.0.0/8',
  '168.63.129.16/32', // the host of a virtual machine on Azure
  '169.254.0.0/16', // link-local, with the metadata services of clouds
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // relays of 6to4
  '192.168.0.0/16',
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
  '2001::/23', // Teredo, ORCHID, benchmarks
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '3ffe::/16', // 6bone
  '3fff::/20', // documentation
]);
const allocated = blockList(['2000::/3']);
const loopback = blockList(['127.0.0.0/8', '::1/128']);

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', bits] = subnet.split('/');
    list.addSubnet(address, Number(bits), familyOf(address));
  }
  return list;
}

/** A declaration, for the lists above. */
function familyOf(address: string) {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** @param address an IP address in its canonical form; of anything else the answer is false */
export function isPublicAddress(address: string): boolean {
  if (!isPlainAddress(address)) return false;
  const family = familyOf(address);
  return !refused.check(address, family) && (family === 'ipv4' || allocated.check(address, family));
}

/** 127.0.0.0/8 and ::1, not their IPv4-mapped forms. */
export const isLoopbackAddress = (address: string): boolean =>
  isPlainAddress(address) && !/^::ffff:/i.test(address) && loopback.check(address, familyOf(address));

/** Addresses with a zone (`fe80::1%eth0`) are none that a block list takes. */
const isPlainAddress = (address: string): boolean => isIP(address) !== 0 && !address.includes('%');
