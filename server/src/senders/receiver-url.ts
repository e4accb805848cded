import { isIP } from 'node:net';
import { isLoopbackAddress, isPublicAddress } from './public-address.ts';
import { isLocalhost, loopbackAddresses } from './resolve-host.ts';

/** What receivers of webhooks and of push may be. */
export interface ReceiverRules {
  allowsLoopback: boolean;
  requiresHttps: boolean;
}

export const isAllowedAddress = (address: string, { allowsLoopback }: ReceiverRules): boolean =>
  isPublicAddress(address) || (allowsLoopback && isLoopbackAddress(address));

/**
 * Checks what a URL itself shows. What its name resolves to is checked when a request connects.
 * @returns what is wrong with it, for the user who sent it; null: nothing
 */
export function faultOfReceiverUrl(text: string, rules: ReceiverRules): string | null {
  const url = URL.parse(text);
  if (url === null) return 'is not a URL';
  if (url.protocol !== 'https:' && (rules.requiresHttps || url.protocol !== 'http:'))
    return rules.requiresHttps ? 'has to begin with https://' : 'has to begin with https:// or http://';
  if (url.username !== '' || url.password !== '') return 'must not have a user or a password';
  if (!knownAddressesOf(url).every((address) => isAllowedAddress(address, rules)))
    return 'leads to an address that is not public';
  return null;
}

/** Of an IP literal, and of `localhost`: what is known without asking a name server. */
function knownAddressesOf(url: URL): readonly string[] {
  const host = hostOf(url);
  if (isLocalhost(host)) return loopbackAddresses.map(({ address }) => address);
  return isIP(host) === 0 ? [] : [host];
}

/**
 * The host as a name or an IP address. The parser has brought every notation of an IPv4 address to four decimal parts,
 * and other digits and letters to ASCII (WHATWG URL §3.5).
 */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');
