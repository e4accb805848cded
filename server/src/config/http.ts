import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { type TlsFiles, tlsSettings } from './tls.ts';
import {
  type Env,
  integerSetting,
  parseUrl,
  readGroup,
  redacted,
  refuseSetting,
  textSetting,
  webOriginOf,
} from './values.ts';

export interface HttpSettings {
  /** Host name or IP address to listen on; `localhost` means 127.0.0.1 and ::1. */
  readonly host: string;
  readonly port: number;
  /** Null when ALLOWED_ORIGINS is not set: see `isAllowedOrigin`. */
  readonly allowedOrigins: readonly string[] | null;
  /** Maximum of operations in one bulk request. */
  readonly bulkMaxOperations: number;
  /** How long an idle connection stays open between requests. */
  readonly keepAliveSeconds: number;
  /** Null for HTTP without TLS. */
  readonly tls: TlsFiles | null;
  /** Addresses and CIDR blocks of proxies whose `X-Forwarded-For` is used. */
  readonly trustedProxies: readonly string[];
  /** Absolute path of a build of the web app, which is served too; null: none. */
  readonly webDirectory: string | null;
}

export function httpSettings(env: Env): HttpSettings {
  return readGroup<HttpSettings>({
    host: () => host(env),
    port: () => integerSetting(env, 'PORT', 8000, 0, 65535),
    allowedOrigins: () => allowedOrigins(env),
    bulkMaxOperations: () => integerSetting(env, 'BULK_MAX_OPERATIONS', 100, 1, 500),
    keepAliveSeconds: () => integerSetting(env, 'KEEP_ALIVE_SECONDS', 75, 1, 3_600),
    tls: () => tlsSettings(env),
    trustedProxies: () => Object.freeze(trustedProxies(env)),
    webDirectory: () => webDirectory(env),
  });
}

function host(env: Env): string {
  const value = textSetting(env, 'HOST') ?? 'localhost';
  if (isIP(value) !== 0 || URL.canParse(`http://${value}`)) return value;
  return refuseSetting('HOST', JSON.stringify(value), 'a host name or an IP address');
}

function webDirectory(env: Env): string | null {
  const value = textSetting(env, 'WEB_DIRECTORY');
  if (value === null) return null;
  const directory = resolve(value);
  if (existsSync(join(directory, 'files.json'))) return directory;
  return refuseSetting(
    'WEB_DIRECTORY',
    JSON.stringify(value),
    'a directory with a build of the web app, as npm run web makes it in web/dist',
  );
}

function allowedOrigins(env: Env): readonly string[] | null {
  const value = textSetting(env, 'ALLOWED_ORIGINS');
  if (value === null) return null;
  const origins = value.split(',').map((part) => {
    const origin = part.trim();
    const url = parseUrl(origin);
    // `URL` accepts a `*` in a host, and Better Auth would treat it as a wildcard.
    if (url !== null && webOriginOf(url) === origin && !origin.includes('*')) return origin;
    return refuseSetting(
      'ALLOWED_ORIGINS',
      redacted(origin),
      'comma-separated exact origins such as https://app.example.com or capacitor://localhost (no *, no path, no trailing slash)',
    );
  });
  return Object.freeze(origins);
}

/** Addresses only: a client can forge a number of hops or a host name, but not the address it connects from. */
function trustedProxies(env: Env): string[] {
  const value = textSetting(env, 'TRUSTED_PROXIES');
  if (value === null) return [];
  return value.split(',').map((part) => {
    const proxy = part.trim();
    if (isBlock(proxy)) return proxy;
    return refuseSetting(
      'TRUSTED_PROXIES',
      JSON.stringify(proxy),
      'comma-separated IP addresses and CIDR blocks such as 10.0.0.5, 192.168.0.0/16 (not everybody, no names, no number of hops)',
    );
  });
}

function isBlock(text: string): boolean {
  const [, address = '', prefix] = /^([^/%]*)(?:\/([1-9]\d{0,2}))?$/.exec(text) ?? [];
  const family = isIP(address);
  if (family === 0 || address.toLowerCase().startsWith('::ffff:')) return false;
  return prefix === undefined || Number(prefix) <= (family === 4 ? 32 : 128);
}
