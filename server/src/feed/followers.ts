import { setImmediate as breathe } from 'node:timers/promises';
import { AppError, rateLimited, serviceLocked, unavailable } from '../platform/errors.ts';
import type { Access } from '../tokens/access.ts';
import type { Tokens } from '../tokens/tokens.ts';

/** Streams and waits of one user on this instance. */
const perUserMax = 50;
const retryAfterSeconds = 5;
/**
 * Contract §3: a token that dies is dead within 1 s. The news may be as old as the first, a round begins so long after
 * the last.
 */
const newsMaxAgeMs = 300;
const pauseMs = 200;
const trustMs = 1_000;
/** Checked without a break; others get their turn between. */
const batchSize = 100;

/** Somebody who waits for a user's changes, on a stream or for one answer. */
export interface Follower {
  readonly userId: string;
  /** The values of the `Authorization` headers that came with the request. */
  readonly authorization: readonly string[];
  /** The token died, the service is locked or ends. */
  end(reason: AppError): void;
}

/** What a follower may do as long as its token lives. */
export interface Stay {
  /** Whether the token was good a moment ago: otherwise nothing may be sent. */
  isGood(): boolean;
  /** Looks now. @throws AppError UNAUTHORIZED, SERVICE_LOCKED, SERVICE_UNAVAILABLE */
  check(): Promise<void>;
  leave(): void;
}

export interface Followers {
  /** @throws AppError RATE_LIMITED when the user has too many; what `check` throws. */
  admit(follower: Follower): Promise<Stay>;
  /** `work` is done after each round of checks, as long as there are followers. */
  afterChecks(work: () => void): void;
  /** How many there are. */
  count(): number;
  /** Ends all followers, and admits no more. */
  close(): void;
}

interface Entry {
  follower: Follower;
  /** The news that its token was last found good by are of this time or later. */
  goodAt: number;
}

/** Finds out whether followers' tokens are good. */
function createChecks(access: Access, tokens: Tokens) {
  /** @returns when the news are from, at the earliest. */
  async function hearNews(): Promise<number> {
    const since = performance.now() - newsMaxAgeMs;
    await access.refresh(newsMaxAgeMs);
    if (access.isLocked()) throw serviceLocked();
    return since;
  }

  async function checkToken(entry: Entry, newsAt: number): Promise<void> {
    await tokens.authenticate(entry.follower.authorization);
    entry.goodAt = newsAt;
  }

  /** A database that is away says nothing about a token: who is not found good is sent nothing, and stays. */
  function judge({ follower }: Entry, error: unknown): void {
    if (error instanceof AppError && error.code !== 'SERVICE_UNAVAILABLE') follower.end(error);
  }

  return {
    one: async (entry: Entry) => checkToken(entry, await hearNews()),
    /** Ends those whose tokens are dead. @returns false when nothing could be found out. */
    async all(entries: readonly Entry[]): Promise<boolean> {
      try {
        const newsAt = await hearNews();
        for (let start = 0; start < entries.length; start += batchSize) {
          const batch = entries.slice(start, start + batchSize);
          await Promise.all(
            batch.map((entry) => checkToken(entry, newsAt).catch((error) => judge(entry, error))),
          );
          await breathe();
        }
        return true;
      } catch (error) {
        for (const entry of entries) judge(entry, error);
        return false;
      }
    },
  };
}

export function createFollowers(access: Access, tokens: Tokens): Followers {
  const checks = createChecks(access, tokens);
  const entries = new Set<Entry>();
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
    if (now > perUserMax) throw rateLimited(retryAfterSeconds);
    if (now === 0) counts.delete(userId);
    else counts.set(userId, now);
  }

  return {
    async admit(follower) {
      if (isClosed) throw unavailable();
      count(follower.userId, 1);
      const entry: Entry = { follower, goodAt: Number.NEGATIVE_INFINITY };
      entries.add(entry);
      checkSoon();
      const stay: Stay = {
        isGood: () => performance.now() - entry.goodAt < trustMs,
        check: () => checks.one(entry),
        leave: () => {
          if (entries.delete(entry)) count(follower.userId, -1);
        },
      };
      try {
        await stay.check();
        if (isClosed) throw unavailable();
      } catch (error) {
        stay.leave();
        throw error;
      }
      return stay;
    },
    afterChecks: (work) => listeners.push(work),
    count: () => entries.size,
    close() {
      isClosed = true;
      clearTimeout(timer);
      for (const { follower } of [...entries]) follower.end(unavailable());
    },
  };
}
