import { StartError } from '../platform/errors.ts';

/** The variables of the environment; only `config.ts` reads the process's own. */
export type Env = Readonly<Record<string, string | undefined>>;

/** One line: the variable, what it got (never for secrets) and what it wants. */
export function refuseSetting(name: string, got: string, wants: string): never {
  throw new StartError(`${name}: got ${got}, wants ${wants}`);
}

/**
 * Reads every setting of a group, also after one that is wrong.
 * @throws StartError with a line for each that is.
 */
export function readGroup<T extends object>(readers: { [Name in keyof T]: () => T[Name] }): Readonly<T> {
  const faults = new Set<string>();
  const entries = Object.entries<() => unknown>(readers).map(([name, read]) => [
    name,
    collectFaults(faults, read, () => undefined),
  ]);
  refuseFaults(faults);
  return Object.freeze(Object.fromEntries(entries));
}

/**
 * What `read` gives; where it refuses a setting, the lines of that are added to `faults`, and `otherwise` stands in.
 */
export function collectFaults<T>(faults: Set<string>, read: () => T, otherwise: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    for (const line of error.message.split('\n')) faults.add(line);
    return otherwise();
  }
}

/** @throws StartError when there are some. */
export function refuseFaults(faults: ReadonlySet<string>): void {
  if (faults.size > 0) throw new StartError([...faults].join('\n'));
}

export function textSetting(env: Env, name: string): string | null {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? null : value;
}

export function integerSetting(env: Env, name: string, fallback: number, min: number, max: number): number {
  const value = textSetting(env, name);
  if (value === null) return fallback;
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  return refuseSetting(name, JSON.stringify(value), `a whole number from ${min} to ${max}`);
}

export function flagSetting(env: Env, name: string): boolean {
  const value = textSetting(env, name) ?? '0';
  if (value === '0' || value === '1') return value === '1';
  return refuseSetting(name, JSON.stringify(value), '1 or 0');
}

export function parseUrl(value: string): URL | null {
  return URL.canParse(value) ? new URL(value) : null;
}

export const hasCredentials = ({ username, password }: URL) => username !== '' || password !== '';

/** What came in place of a URL, as it may be shown: there may be a password in it, even where it is none. */
export function redacted(value: string): string {
  const url = parseUrl(value);
  const isSecret = url === null ? value.includes('@') : hasCredentials(url);
  return isSecret ? 'a URL with credentials' : JSON.stringify(value);
}

export const isHttp = (url: URL) => url.protocol === 'http:' || url.protocol === 'https:';

/** Whether a URL's host is a loopback name or address: localhost, 127.0.0.0/8 or ::1. */
export const isLoopback = ({ hostname }: URL) => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);

/** Schemes whose pages have an opaque origin, which browsers send as `null`, and schemes without pages. */
const schemesWithoutOrigin = ['about:', 'blob:', 'data:', 'file:', 'ftp:', 'javascript:', 'ws:', 'wss:'];

/**
 * The origin of a URL as browsers send it, that of an app's own scheme (`capacitor://localhost`) too; null: it has
 * none.
 */
export function webOriginOf(url: URL): string | null {
  if (isHttp(url)) return url.origin;
  return url.host === '' || schemesWithoutOrigin.includes(url.protocol)
    ? null
    : `${url.protocol}//${url.host}`;
}

/** Whether percent-encoded text, such as a password in a URL, can be decoded. */
export function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
