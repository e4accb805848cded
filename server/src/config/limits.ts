import { type Env, isDecodable, parseUrl, readGroup, refuseSetting, textSetting } from './values.ts';

/** At most `requests` in each window of `seconds`. */
export interface Quota {
  readonly requests: number;
  readonly seconds: number;
}

/** The quotas that `limitTable` is built from; null turns a limit off. */
export interface LimitSettings {
  readonly perUser: Quota | null;
  readonly perAddress: Quota | null;
  readonly auth: Quota | null;
  /** Redis or Valkey for counters shared by all instances; null: each counts for itself. */
  readonly redisUrl: string | null;
}

export function limitSettings(env: Env): LimitSettings {
  return readGroup<LimitSettings>({
    perUser: () => quota(env, 'RATE_LIMIT_PER_USER', { requests: 1200, seconds: 60 }),
    perAddress: () => quota(env, 'RATE_LIMIT_PER_IP', { requests: 3000, seconds: 60 }),
    auth: () => quota(env, 'RATE_LIMIT_AUTH', { requests: 10, seconds: 60 }),
    redisUrl: () => redisUrl(env),
  });
}

const maxRequests = 1_000_000;
const maxSeconds = 86_400;

function quota(env: Env, name: string, fallback: Quota): Quota | null {
  const value = textSetting(env, name);
  if (value === null) return Object.freeze(fallback);
  if (value === 'off') return null;
  const [, requests, seconds] = (/^(\d{1,7})\/(\d{1,5})$/.exec(value) ?? []).map(Number);
  const isGood = (number: number | undefined, max: number): number is number =>
    number !== undefined && number >= 1 && number <= max;
  if (isGood(requests, maxRequests) && isGood(seconds, maxSeconds)) {
    return Object.freeze({ requests, seconds });
  }
  return refuseSetting(
    name,
    JSON.stringify(value),
    `requests/seconds such as ${fallback.requests}/${fallback.seconds} (1 to ${maxRequests} in 1 to ${maxSeconds}), or off`,
  );
}

function redisUrl(env: Env): string | null {
  const value = textSetting(env, 'REDIS_URL');
  if (value === null) return null;
  const url = parseUrl(value);
  const wants = 'redis://user:password@host:6379/0, or rediss:// for TLS';
  if (url === null) return refuseSetting('REDIS_URL', 'something that is not a URL', wants);
  if (!['redis:', 'rediss:'].includes(url.protocol)) {
    return refuseSetting('REDIS_URL', `the scheme ${JSON.stringify(url.protocol)}`, wants);
  }
  if (url.hostname === '') return refuseSetting('REDIS_URL', 'no host', wants);
  if (!/^\/?\d{0,5}$/.test(url.pathname))
    return refuseSetting('REDIS_URL', 'a path that is no number', wants);
  if (!isDecodable(url.username) || !isDecodable(url.password)) {
    return refuseSetting(
      'REDIS_URL',
      'a user or password with a stray %',
      'percent-encoding, % itself as %25',
    );
  }
  // ioredis would take any of its options from the query.
  if (url.search !== '') return refuseSetting('REDIS_URL', 'a query', wants);
  return value;
}
