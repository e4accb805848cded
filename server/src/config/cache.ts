import { type Env, flagSetting, integerSetting, readGroup } from './values.ts';

export interface CacheSettings {
  /** Memory for answers kept in the process; 0 keeps none. */
  readonly maxBytes: number;
  /** Whether kept answers are served while the database is away, said to be stale. */
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
