import { isIP } from 'node:net';
import type { Config } from '../config/config.ts';
import { isLoopback } from '../config/values.ts';
import { type Finding, ok, warning } from './finding.ts';

/** Settings that are valid each, but do not fit a service on the network. */
export function checkSettings({ production, auth }: Config): Finding {
  const url = new URL(auth.baseUrl);
  if (isLoopback(url)) return ok('settings', `all are valid; served to this machine as ${auth.baseUrl}`);
  if (!production)
    return warning(
      'settings',
      `BETTER_AUTH_URL is ${auth.baseUrl}, and NODE_ENV is not production`,
      'set NODE_ENV=production',
    );
  if (url.protocol === 'http:')
    return warning(
      'settings',
      `BETTER_AUTH_URL is ${auth.baseUrl}: passwords and tokens cross the network in clear`,
      'set TLS_CERT and TLS_KEY, or put a proxy in front that speaks TLS, and name its https URL',
    );
  return ok('settings', `all are valid; served as ${auth.baseUrl}`);
}

/** Blocks with more addresses than a site's own network has. */
const isBroad = (block: string) => {
  const [address = '', prefix] = block.split('/');
  return prefix !== undefined && Number(prefix) < (isIP(address) === 4 ? 8 : 16);
};

export function checkProxies({ http, auth }: Config): Finding {
  const { trustedProxies, tls } = http;
  const broad = trustedProxies.filter(isBroad);
  if (broad.length > 0)
    return warning(
      'proxies',
      `TRUSTED_PROXIES has ${broad.join(', ')}: most clients can claim any address`,
      'name the addresses of your own proxies only',
    );
  const isBehindProxy = auth.baseUrl.startsWith('https:') && tls === null;
  if (isBehindProxy && trustedProxies.length === 0)
    return warning(
      'proxies',
      `${auth.baseUrl} is served by a proxy that TRUSTED_PROXIES does not name: all clients share its rate limit`,
      'set TRUSTED_PROXIES to its address as this server sees it, such as 127.0.0.1',
    );
  if (trustedProxies.length === 0) return ok('proxies', 'none is trusted');
  return ok('proxies', `${trustedProxies.join(', ')} may name the client`);
}
