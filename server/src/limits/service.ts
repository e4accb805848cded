import { hash } from 'node:crypto';
import type { LimitSettings, Quota } from '../config/limits.ts';
import { addressKey } from './address.ts';
import { createKnownAddresses } from './memory-counters.ts';
import {
  type CountedLimitId,
  knownAddressSeconds,
  limitTable,
  maxCounters,
  type RateLimit,
} from './rate-limits.ts';
import type { SharedCounters } from './shared-counters.ts';
import { createSlidingWindows, type SlidingWindows, type WindowCount } from './sliding-windows.ts';

/** The state of one limit after a request was counted. */
export interface RateLimitResult extends WindowCount {
  name: string;
  quota: Quota;
}

/** One result for each enabled limit. A promise only if shared counters are used. */
export type RateLimitResults = RateLimitResult[] | Promise<RateLimitResult[]>;

/** The limits by account of one log-in, in addition to those by IP address. */
export interface LoginLimit {
  /** Beyond the hard limit: refuse with 429 without checking the password. */
  refused: RateLimitResult | null;
  /** Beyond the account's limit: check the password, and respond to a wrong one with 429 instead of 401. */
  softRefused: RateLimitResult | null;
  /** To be called after a successful log-in: its IP address becomes a known address of the account. */
  succeed(): Promise<void>;
}

/**
 * The `by…` functions count the request and never reject. The caller responds with 429 if a result is not `allowed`.
 * Limits that are off have no result.
 */
export interface Limits {
  byAddress(address: string, isAuthEndpoint: boolean): RateLimitResults;
  byUser(userId: string): RateLimitResults;
  /** For auth endpoints other than log-in. @param account an email address or user id */
  byAccount(account: string): RateLimitResults;
  /** @param account an email address or user id */
  byLogin(account: string, address: string): Promise<LoginLimit>;
  /** To be called for each 429, with the results that caused it. */
  countRefusals(refused: readonly RateLimitResult[]): void;
  /** Refusals since the process started, by the limit's name. */
  refusalCounts(): Readonly<Record<string, number>>;
  /** Connects to the shared counters. Never rejects. */
  open(): Promise<void>;
  close(): void;
}

/** One limit with its counters in this process. */
interface RateLimiter {
  id: CountedLimitId;
  name: string;
  quota: Quota;
  windows: SlidingWindows;
}

interface LimiterKey {
  limiter: RateLimiter | null;
  key: string;
}

/** @param shared counters of all instances or workers; null: this process counts alone */
export function createLimits(settings: LimitSettings, shared: SharedCounters | null): Limits {
  const { take, knownAddresses } = createCounterStore(shared);
  const limits = limitTable(settings);
  const limiters = {
    address: createRateLimiter('address', limits.address),
    auth: createRateLimiter('auth', limits.auth),
    hardLimit: createRateLimiter('hardLimit', limits.hardLimit),
    mail: createRateLimiter('mail', limits.mail),
    user: createRateLimiter('user', limits.user),
  };
  const refusalCounts: Record<string, number> = {};
  for (const { name } of Object.values(limits)) refusalCounts[name] = 0;

  return {
    byAddress(address, isAuthEndpoint) {
      const key = addressKey(address);
      const keys = [{ limiter: limiters.address, key }];
      if (isAuthEndpoint) keys.unshift({ limiter: limiters.auth, key });
      return take(keys);
    },
    byUser: (userId) => take([{ limiter: limiters.user, key: userId }]),
    byAccount: (account) => take([{ limiter: limiters.mail, key: accountKey(account) }]),
    async byLogin(account, address) {
      const key = accountKey(account);
      const knownAddressKey = `${key}:${addressKey(address)}`;
      const succeed = () => knownAddresses.add(knownAddressKey);
      const { name, quota } = limits.account;
      const isUnknown = quota !== null && !(await knownAddresses.has(knownAddressKey));
      const [result] = isUnknown ? await take([{ limiter: limiters.hardLimit, key }]) : [];
      if (result === undefined || quota === null) return { refused: null, softRefused: null, succeed };
      const softResult = { ...result, name, quota };
      return {
        refused: result.allowed ? null : softResult,
        softRefused: result.used > quota.requests ? softResult : null,
        succeed,
      };
    },
    countRefusals(refused) {
      for (const { name } of refused) refusalCounts[name] = (refusalCounts[name] ?? 0) + 1;
    },
    refusalCounts: () => refusalCounts,
    open: async () => shared?.open(),
    close: () => shared?.close(),
  };
}

const createRateLimiter = (id: CountedLimitId, { name, quota }: RateLimit): RateLimiter | null =>
  quota && { id, name, quota, windows: createSlidingWindows(quota, maxCounters) };

/** Hashed, so that email addresses are in no other store than the database. */
const accountKey = (account: string): string =>
  hash('sha256', account.trim().normalize('NFC').toLowerCase(), 'base64url');

const resultOf = (
  { name, quota }: RateLimiter,
  { allowed, used, resetMs }: WindowCount,
): RateLimitResult => ({
  allowed,
  used,
  resetMs,
  name,
  quota,
});

function takeLocally(keys: readonly LimiterKey[]): RateLimitResult[] {
  const results: RateLimitResult[] = [];
  for (const { limiter, key } of keys)
    if (limiter !== null) results.push(resultOf(limiter, limiter.windows.take(key)));
  return results;
}

/** Uses the shared counters while they are available, and those of this process otherwise. */
function createCounterStore(shared: SharedCounters | null) {
  const localAddresses = createKnownAddresses();

  function take(keys: readonly LimiterKey[]): RateLimitResults {
    if (shared === null || !shared.isAvailable) return takeLocally(keys);
    const enabled = keys.flatMap(({ limiter, key }) => (limiter === null ? [] : [{ limiter, key }]));
    if (enabled.length === 0) return [];
    const targets = enabled.map(({ limiter: { id, quota }, key }) => ({ key: `${id}:${key}`, quota }));
    return shared.take(targets).then(
      (counts) =>
        counts.flatMap((count, index) => {
          const limiter = enabled[index]?.limiter;
          return limiter === undefined ? [] : [resultOf(limiter, count)];
        }),
      () => takeLocally(enabled),
    );
  }

  const knownAddresses = {
    async has(key: string): Promise<boolean> {
      if (localAddresses.has(key)) return true;
      return shared?.isAvailable ? shared.isMarked(key).catch(() => false) : false;
    },
    async add(key: string): Promise<void> {
      localAddresses.set(key, true);
      if (shared?.isAvailable) await shared.mark(key, knownAddressSeconds).catch(() => undefined);
    },
  };
  return { take, knownAddresses };
}
