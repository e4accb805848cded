import { type Env, flagSetting, integerSetting, readGroup } from './values.ts';

export interface CacheSettings {
  /** Maximum size of the response cache in each process; 0 turns it off. */
  readonly maxBytes: number;
  /** Whether stale responses are served, with `Warning: 110`, while the database is down. */
  readonly serveStale: boolean;
}

const defaultMaxBytes = 64 * 1024 * 1024;
const maxMaxBytes = 16 * 1024 ** 3;

export function cacheSettings(env: Env): CacheSettings {
  return readGroup<CacheSettings>({
    maxBytes: () => integerSetting(env, 'CACHE_MAX_BYTES', defaultMaxBytes, 0, maxMaxBytes),
    serveStale: () => flagSetting(env, 'SERVE_STALE'),
  });
}
