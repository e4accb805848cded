import { StartError } from '../platform/errors.ts';

/** Environment variables. Only `config.ts` reads those of the process, which a test checks. */
export type Env = Readonly<Record<string, string | undefined>>;

/** @param got must not contain a secret. @throws StartError of one line, always */
export function refuseSetting(name: string, got: string, wants: string): never {
  throw new StartError(`${name}: got ${got}, wants ${wants}`);
}

/**
 * Reads every setting of a group, even after a wrong one, and freezes the result.
 * @throws StartError with a line for each wrong setting
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

/** Runs `read`. If it throws a StartError, adds its lines to `faults` and returns the value of `fallback`. */
export function collectFaults<T>(faults: Set<string>, read: () => T, fallback: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    for (const line of error.message.split('\n')) faults.add(line);
    return fallback();
  }
}

/** @throws StartError unless `faults` is empty. */
export function refuseFaults(faults: ReadonlySet<string>): void {
  if (faults.size > 0) throw new StartError([...faults].join('\n'));
}

/** @returns the trimmed value; null for an empty or missing variable. */
export function textSetting(env: Env, name: string): string | null {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? null : value;
}

/** @throws StartError for anything but digits in the range */
export function integerSetting(env: Env, name: string, fallback: number, min: number, max: number): number {
  const value = textSetting(env, name);
  if (value === null) return fallback;
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  return refuseSetting(name, JSON.stringify(value), `a whole number from ${min} to ${max}`);
}

/** @returns whether the variable is `1`; false without it. @throws StartError for other values than 1 and 0 */
export function flagSetting(env: Env, name: string): boolean {
  const value = textSetting(env, name) ?? '0';
  if (value === '0' || value === '1') return value === '1';
  return refuseSetting(name, JSON.stringify(value), '1 or 0');
}

export function parseUrl(value: string): URL | null {
  return URL.canParse(value) ? new URL(value) : null;
}

export const hasCredentials = ({ username, password }: URL) => username !== '' || password !== '';

/** A value for an error message. Hides URLs with credentials, and invalid ones with an `@`, which may have some. */
export function redacted(value: string): string {
  const url = parseUrl(value);
  const isSecret = url === null ? value.includes('@') : hasCredentials(url);
  return isSecret ? 'a URL with credentials' : JSON.stringify(value);
}

export const isHttp = (url: URL) => url.protocol === 'http:' || url.protocol === 'https:';

/** Whether the host is localhost, in 127.0.0.0/8, or ::1. */
export const isLoopback = ({ hostname }: URL) => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);

/** Schemes with an opaque origin, which browsers send as `null`, and schemes without pages. */
const schemesWithoutOrigin = ['about:', 'blob:', 'data:', 'file:', 'ftp:', 'javascript:', 'ws:', 'wss:'];

/**
 * The origin as browsers send it in `Origin` (RFC 6454 §6.2), also of an app's own scheme such as
 * `capacitor://localhost`. `URL.origin` is `null` for those.
 * @returns null for a URL without an origin
 */
export function webOriginOf(url: URL): string | null {
  if (isHttp(url)) return url.origin;
  return url.host === '' || schemesWithoutOrigin.includes(url.protocol)
    ? null
    : `${url.protocol}//${url.host}`;
}

/** Whether percent-encoded text is valid. */
export function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
