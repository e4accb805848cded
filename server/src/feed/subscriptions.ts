import { setImmediate as breathe } from 'node:timers/promises';
import { AppError, rateLimited, serviceLocked, serviceUnavailable } from '../platform/errors.ts';
import type { AccessControl } from '../tokens/access-control.ts';
import type { TokenVerifier } from '../tokens/token-verifier.ts';

/** Streams and long polls of one user on this instance. */
const maxPerUser = 50;
const retryAfterSeconds = 5;
/**
 * A revoked token has to stop working within 1 s: the age of the access events, plus the pause between two rounds of
 * checks.
 */
const accessEventsMaxAgeMs = 300;
const pauseMs = 200;
const tokenTrustMs = 1_000;
/** The number of checks before the event loop gets a turn. */
const batchSize = 100;

/** A stream or a long poll that waits for a user's changes. */
export interface Subscriber {
  readonly userId: string;
  /** The values of the `Authorization` headers that came with the request. */
  readonly authorization: readonly string[];
  /** Called when the token is revoked or expires, or the service is locked or shuts down. */
  end(reason: AppError): void;
}

/** A subscriber's handle. */
export interface Subscription {
  /** Whether the token was valid at the last check, within 1 s: otherwise nothing may be sent. */
  isTokenValid(): boolean;
  /** Checks now. @throws AppError UNAUTHORIZED, SERVICE_LOCKED, SERVICE_UNAVAILABLE */
  checkToken(): Promise<void>;
  unsubscribe(): void;
}

export interface Subscriptions {
  /** @throws AppError RATE_LIMITED when the user has too many; what `checkToken` throws. */
  subscribe(subscriber: Subscriber): Promise<Subscription>;
  /** `work` runs after each round of checks, while there are subscribers. */
  onChecked(work: () => void): void;
  /** The number of subscribers. */
  count(): number;
  /** Ends all subscriptions, and refuses new ones. */
  close(): void;
}

interface SubscriberEntry {
  subscriber: Subscriber;
  /** The token was valid by access events of this time or later. */
  validAt: number;
}

/** Checks the tokens of subscribers. */
function createTokenChecks(access: AccessControl, tokens: TokenVerifier) {
  /** @returns the earliest time that the access events are from. */
  async function pollAccessEvents(): Promise<number> {
    const since = performance.now() - accessEventsMaxAgeMs;
    await access.refresh(accessEventsMaxAgeMs);
    if (access.isLocked()) throw serviceLocked();
    return since;
  }

  async function checkToken(entry: SubscriberEntry, polledAt: number): Promise<void> {
    await tokens.authenticate(entry.subscriber.authorization);
    entry.validAt = polledAt;
  }

  /** While the database is down, a token cannot be checked: its subscription stays, and is sent nothing. */
  function endIfRejected({ subscriber }: SubscriberEntry, error: unknown): void {
    if (error instanceof AppError && error.code !== 'SERVICE_UNAVAILABLE') subscriber.end(error);
  }

  return {
    one: async (entry: SubscriberEntry) => checkToken(entry, await pollAccessEvents()),
    /** Ends subscriptions whose tokens are not valid. @returns false if the database is unavailable. */
    async all(entries: readonly SubscriberEntry[]): Promise<boolean> {
      try {
        const polledAt = await pollAccessEvents();
        for (let start = 0; start < entries.length; start += batchSize) {
          const batch = entries.slice(start, start + batchSize);
          await Promise.all(
            batch.map((entry) => checkToken(entry, polledAt).catch((error) => endIfRejected(entry, error))),
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
      const entry: SubscriberEntry = { subscriber, validAt: Number.NEGATIVE_INFINITY };
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
