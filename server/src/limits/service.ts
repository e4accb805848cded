import { hash } from 'node:crypto';
import type { LimitSettings, Quota } from '../config/limits.ts';
import { addressKey } from './address.ts';
import { createKnownAddresses } from './memory-counters.ts';
import { knownAddressSeconds, limitTable, maxCounters, type RateLimit } from './rate-limits.ts';
import type { SharedCounters } from './shared-counters.ts';
import { createSlidingWindows, type SlidingWindows, type WindowCount } from './sliding-windows.ts';

/** What a limit says to a request. */
export interface RateLimitResult extends WindowCount {
  name: string;
  quota: Quota;
}

export type RateLimitResults = RateLimitResult[] | Promise<RateLimitResult[]>;

/** What the limits say to a log-in, in addition to those by address. */
export interface LoginLimit {
  /** Not to be tried. */
  refused: RateLimitResult | null;
  /** To be tried; a wrong password is to be answered with this refusal, so that guessing gets 429. */
  softRefused: RateLimitResult | null;
  /** To be called when the log-in succeeded: its address is known to the account from then on. */
  succeed(): Promise<void>;
}

/**
 * Each function counts the request at hand; a verdict that does not allow it is to be answered with 429. Limits that
 * are off have none. What this process counts alone is answered at once.
 */
export interface Limits {
  byAddress(address: string, isAuthEndpoint: boolean): RateLimitResults;
  byUser(userId: string): RateLimitResults;
  /** Of requests that send mail somewhere, or make an account for it. */
  byMail(mail: string): RateLimitResults;
  /** Of log-ins on the account of a mail address. */
  login(mail: string, address: string): Promise<LoginLimit>;
  /** To be told of each 429, by which limits it was. */
  countRefusals(verdicts: readonly RateLimitResult[]): void;
  /** How many there were by each limit, as the `RateLimit` headers call it. */
  refusals(): Readonly<Record<string, number>>;
  /** Waits, not long, for the shared counters. */
  open(): Promise<void>;
  close(): void;
}

/** One limit with its counters in this process. */
interface RateLimiter {
  id: string;
  name: string;
  quota: Quota;
  windows: SlidingWindows;
}

interface LimiterKey {
  limiter: RateLimiter | null;
  key: string;
}

const createRateLimiter = (id: string, { name, quota }: RateLimit): RateLimiter | null =>
  quota && { id, name, quota, windows: createSlidingWindows(quota, maxCounters) };

/** @param shared where instances or workers count together; null: this process counts alone */
export function createLimits(settings: LimitSettings, shared: SharedCounters | null): Limits {
  const { take, known: knownAddresses } = createCounterStore(shared);
  const table = limitTable(settings);
  const address = createRateLimiter('address', table.address);
  const auth = createRateLimiter('auth', table.auth);
  const hardLimit = createRateLimiter('hardLimit', table.hardLimit);
  const mail = createRateLimiter('mail', table.mail);
  const user = createRateLimiter('user', table.user);
  const refusals: Record<string, number> = {};
  for (const { name } of [table.address, table.auth, table.account, table.user]) refusals[name] = 0;

  return {
    byAddress(ip, isAuthEndpoint) {
      const key = addressKey(ip);
      const readings = [{ limiter: address, key }];
      if (isAuthEndpoint) readings.unshift({ limiter: auth, key });
      return take(readings);
    },
    byUser: (userId) => take([{ limiter: user, key: userId }]),
    byMail: (to) => take([{ limiter: mail, key: hashedAccountKey(to) }]),
    async login(to, ip) {
      const account = hashedAccountKey(to);
      const accountAddress = `${account}:${addressKey(ip)}`;
      const succeed = () => knownAddresses.add(accountAddress);
      const { name, quota } = table.account;
      const isStranger = quota !== null && !(await knownAddresses.has(accountAddress));
      const [result] = isStranger ? await take([{ limiter: hardLimit, key: account }]) : [];
      if (result === undefined || quota === null) return { refused: null, softRefused: null, succeed };
      const softResult = { ...result, name, quota };
      return {
        refused: result.allowed ? null : softResult,
        softRefused: result.used > quota.requests ? softResult : null,
        succeed,
      };
    },
    countRefusals(verdicts) {
      for (const { name } of verdicts) refusals[name] = (refusals[name] ?? 0) + 1;
    },
    refusals: () => refusals,
    open: async () => shared?.open(),
    close: () => shared?.close(),
  };
}

/** Mail addresses are not written down anywhere else than in the database. */
const hashedAccountKey = (mail: string): string =>
  hash('sha256', mail.trim().normalize('NFC').toLowerCase(), 'base64url');

/** Counters and marks: the shared ones while they are there, this process's own otherwise. */
function createCounterStore(shared: SharedCounters | null) {
  const marked = createKnownAddresses();

  function take(readings: readonly LimiterKey[]): RateLimitResults {
    const on = readings.flatMap(({ limiter, key }) => (limiter === null ? [] : [{ gauge: limiter, key }]));
    const own = () =>
      on.map(({ gauge: { name, quota, windows }, key }) => ({ ...windows.take(key), name, quota }));
    if (shared === null || on.length === 0 || !shared.isAvailable) return own();
    const claims = on.map(({ gauge: limiter, key }) => ({
      key: `${limiter.id}:${key}`,
      quota: limiter.quota,
    }));
    const counted = shared.targets(claims);
    return counted.then(
      (counts) =>
        counts.flatMap((count, index) => {
          const limiter = on[index]?.gauge;
          return limiter === undefined ? [] : [{ ...count, name: limiter.name, quota: limiter.quota }];
        }),
      own,
    );
  }

  const knownAddresses = {
    async has(key: string): Promise<boolean> {
      if (marked.has(key)) return true;
      return shared?.isAvailable ? shared.isMarked(key).catch(() => false) : false;
    },
    async add(key: string): Promise<void> {
      marked.set(key, true);
      if (shared?.isAvailable) await shared.mark(key, knownAddressSeconds).catch(() => undefined);
    },
  };
  return { take, known: knownAddresses };
}
