import { setImmediate as breathe } from 'node:timers/promises';
import { AppError, rateLimited, serviceLocked, serviceUnavailable } from '../platform/errors.ts';
import type { AccessControl } from '../tokens/access-control.ts';
import type { TokenVerifier } from '../tokens/token-verifier.ts';

/** Streams and waits of one user on this instance. */
const maxPerUser = 50;
const retryAfterSeconds = 5;
/**
 * Contract §3: a token that dies is dead within 1 s. The news may be as old as the first, a round begins so long after
 * the last.
 */
const accessEventsMaxAgeMs = 300;
const pauseMs = 200;
const tokenTrustMs = 1_000;
/** Checked without a break; others get their turn between. */
const batchSize = 100;

/** Somebody who waits for a user's changes, on a stream or for one answer. */
export interface Subscriber {
  readonly userId: string;
  /** The values of the `Authorization` headers that came with the request. */
  readonly authorization: readonly string[];
  /** The token died, the service is locked or ends. */
  end(reason: AppError): void;
}

/** What a follower may do as long as its token lives. */
export interface Subscription {
  /** Whether the token was good a moment ago: otherwise nothing may be sent. */
  isTokenValid(): boolean;
  /** Looks now. @throws AppError UNAUTHORIZED, SERVICE_LOCKED, SERVICE_UNAVAILABLE */
  checkToken(): Promise<void>;
  unsubscribe(): void;
}

export interface Subscriptions {
  /** @throws AppError RATE_LIMITED when the user has too many; what `check` throws. */
  subscribe(follower: Subscriber): Promise<Subscription>;
  /** `work` is done after each round of checks, as long as there are followers. */
  onChecked(work: () => void): void;
  /** How many there are. */
  count(): number;
  /** Ends all followers, and admits no more. */
  close(): void;
}

interface SubscriberEntry {
  subscriber: Subscriber;
  /** The news that its token was last found good by are of this time or later. */
  validAt: number;
}

/** Finds out whether followers' tokens are good. */
function createTokenChecks(access: AccessControl, tokens: TokenVerifier) {
  /** @returns when the news are from, at the earliest. */
  async function pollAccessEvents(): Promise<number> {
    const since = performance.now() - accessEventsMaxAgeMs;
    await access.refresh(accessEventsMaxAgeMs);
    if (access.isLocked()) throw serviceLocked();
    return since;
  }

  async function checkToken(entry: SubscriberEntry, newsAt: number): Promise<void> {
    await tokens.authenticate(entry.subscriber.authorization);
    entry.validAt = newsAt;
  }

  /** A database that is away says nothing about a token: who is not found good is sent nothing, and stays. */
  function endIfRejected({ subscriber: follower }: SubscriberEntry, error: unknown): void {
    if (error instanceof AppError && error.code !== 'SERVICE_UNAVAILABLE') follower.end(error);
  }

  return {
    one: async (entry: SubscriberEntry) => checkToken(entry, await pollAccessEvents()),
    /** Ends those whose tokens are dead. @returns false when nothing could be found out. */
    async all(entries: readonly SubscriberEntry[]): Promise<boolean> {
      try {
        const newsAt = await pollAccessEvents();
        for (let start = 0; start < entries.length; start += batchSize) {
          const batch = entries.slice(start, start + batchSize);
          await Promise.all(
            batch.map((entry) => checkToken(entry, newsAt).catch((error) => endIfRejected(entry, error))),
          );
          await breathe();
        }
        return true;
      } catch (error) {
        for (const entry of entries) endIfRejected(entry, error);
        return false;
      }
    },
  };
}

export function createSubscriptions(access: AccessControl, tokens: TokenVerifier): Subscriptions {
  const checks = createTokenChecks(access, tokens);
  const entries = new Set<SubscriberEntry>();
  const counts = new Map<string, number>();
  const listeners: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  async function checkAll(): Promise<void> {
    if (await checks.all([...entries])) for (const work of listeners) work();
    timer = undefined;
    checkSoon();
  }

  function checkSoon(): void {
    if (entries.size > 0 && !isClosed) timer ??= setTimeout(() => void checkAll(), pauseMs);
  }

  function count(userId: string, change: 1 | -1): void {
    const now = (counts.get(userId) ?? 0) + change;
    if (now > maxPerUser) throw rateLimited(retryAfterSeconds);
    if (now === 0) counts.delete(userId);
    else counts.set(userId, now);
  }

  return {
    async subscribe(subscriber) {
      if (isClosed) throw serviceUnavailable();
      count(subscriber.userId, 1);
      const entry: SubscriberEntry = { subscriber: subscriber, validAt: Number.NEGATIVE_INFINITY };
      entries.add(entry);
      checkSoon();
      const subscription: Subscription = {
        isTokenValid: () => performance.now() - entry.validAt < tokenTrustMs,
        checkToken: () => checks.one(entry),
        unsubscribe: () => {
          if (entries.delete(entry)) count(subscriber.userId, -1);
        },
      };
      try {
        await subscription.checkToken();
        if (isClosed) throw serviceUnavailable();
      } catch (error) {
        subscription.unsubscribe();
        throw error;
      }
      return subscription;
    },
    onChecked: (work) => listeners.push(work),
    count: () => entries.size,
    close() {
      isClosed = true;
      clearTimeout(timer);
      for (const { subscriber } of [...entries]) subscriber.end(serviceUnavailable());
    },
  };
}
