const ipv6Groups = 8;

/**
 * The key that requests of an IP address are counted by: the IPv4 address (also of `::ffff:a.b.c.d`) or the IPv6 /64.
 * An IPv6 host may use any address of its /64 (RFC 8981).
 */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address;
  const groups = expandIpv6(address);
  if (groups === null) return address;
  const [high = 0, low = 0] = groups.slice(6);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** @returns the eight 16-bit groups of an IPv6 address in any spelling (RFC 4291 §2.2); null for other text. */
function expandIpv6(address: string): number[] | null {
  const [plain = ''] = address.split('%', 1);
  const [head = '', tail, ...more] = plain.split('::');
  if (more.length > 0) return null;
  const before = parseGroups(head);
  const after = parseGroups(tail ?? '');
  const missing = ipv6Groups - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...before, ...new Array<number>(missing).fill(0), ...after];
  return groups.every((group) => group >= 0 && group <= 0xffff) ? groups : null;
}

function parseGroups(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (/^[\da-f]{1,4}$/i.test(group)) return [Number.parseInt(group, 16)];
    const bytes = group.split('.').map((byte) => (/^\d{1,3}$/.test(byte) ? Number(byte) : Number.NaN));
    const [a = 0, b = 0, c = 0, d = 0] = bytes;
    return bytes.length === 4 ? [a * 256 + b, c * 256 + d] : [Number.NaN];
  });
}
