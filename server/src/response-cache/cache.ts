import { LRUCache } from 'lru-cache';
import type { CacheSettings } from '../config/cache.ts';
import { isUnavailable } from '../db/failures.ts';
import type { Db } from '../db/schema.ts';
import { withDeadline } from '../platform/deadline.ts';
import { unavailable } from '../platform/errors.ts';
import type { Reads } from './replica-reads.ts';
import { isSameRevision, type RevisionOf, type UserRevision } from './revision-reader.ts';

/** An answer as it is sent. */
export interface Answer {
  readonly body: Buffer;
  /** Those that belong to the answer, not to the request: `etag` and the like. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Kept extends Answer {
  readonly revision: UserRevision;
  /** When it was last known to be right. */
  rightAt: number;
}

/** What is asked for, and by whom: nothing else may decide what the answer is. */
export interface Question {
  userId: string;
  /** Path and query as they came: each surface and each spelling has an answer of its own. */
  url: string;
  /** The content coding that the answer is to have where it is worth it; empty: none. Each has an answer of its own. */
  coding: string;
  /** Nobody is to be asked; only a kept answer will do. */
  isDatabaseAway: boolean;
}

export interface Found {
  answer: Answer;
  /** Since when it may be out of date, in ms; null when it is not. */
  staleForMs: number | null;
}

/** An answer that was made just now. */
export interface Made extends Answer {
  /** It may become another one although nothing of its user changes: then it is not kept. */
  readonly isPassing?: boolean;
}

/** It may be called twice, with one handle and then with another. */
export type Make = (db: Db) => Promise<Made>;

/** Answers that are kept until something of their user changes. */
export interface AnswerCache {
  /**
   * The answer of this moment, from `make` when none is kept, with a handle to read it by; while the database is away,
   * a kept one of any age if the operator allows it.
   * @throws whatever `make` does, and what `isUnavailable` knows.
   */
  find(question: Question, make: Make): Promise<Found>;
  /** The kept answer, if any that is right at this moment. @throws what `isUnavailable` knows. */
  findKept(userId: string, url: string, coding: string): Promise<Answer | null>;
  /** To be called when revisions may not be those of the same history any more: the database was set back. */
  clear(): void;
  use(): CacheUse;
}

/**
 * Answers given so far: kept ones that held, ones made anew, and ones that may have been out of date; and what is kept.
 */
export interface CacheUse {
  hits: number;
  misses: number;
  stale: number;
  bytes: number;
  entries: number;
}

/** One answer takes at most this part of the memory. */
const largestShare = 1 / 8;

export function createAnswerCache(
  { maxBytes, serveStale }: CacheSettings,
  revisionOf: RevisionOf,
  reads: Reads,
): AnswerCache {
  if (maxBytes === 0) return keepNothing(revisionOf, reads);
  const counts = { hits: 0, misses: 0, stale: 0 };
  const kept = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    maxEntrySize: Math.ceil(maxBytes * largestShare),
    sizeCalculation: sizeOf,
  });

  /** Right, as nothing has changed since. */
  function hit(key: string, revision: UserRevision, askedAt: number): Answer | null {
    const known = kept.get(key);
    if (known === undefined || !isSameRevision(known.revision, revision)) return null;
    known.rightAt = askedAt;
    counts.hits += 1;
    return known;
  }

  /**
   * The revision is read before the data. A write between the two makes the data newer than its label says, which costs
   * a needless miss; it never makes an outdated answer look right.
   */
  async function findFresh(userId: string, key: string, make: Make): Promise<Answer> {
    const askedAt = performance.now();
    const revision = await revisionOf(userId);
    const known = hit(key, revision, askedAt);
    if (known !== null) return known;
    const making = reads.at(userId, revision, make);
    const { isPassing, ...answer } = await (serveStale && kept.has(key) ? withDeadline(making) : making);
    counts.misses += 1;
    // Of whom nothing is stored an account may still come or go, which is no revision then.
    if (revision.revision > 0n && isPassing !== true)
      kept.set(key, { ...answer, revision, rightAt: askedAt });
    return answer;
  }

  function findStale(key: string): Found | null {
    const answer = serveStale ? kept.get(key) : undefined;
    if (answer === undefined) return null;
    counts.stale += 1;
    return { answer, staleForMs: performance.now() - answer.rightAt };
  }

  return {
    async find({ userId, url, coding, isDatabaseAway }, make) {
      const key = keyOf(userId, url, coding);
      if (isDatabaseAway) {
        const stale = findStale(key);
        if (stale === null) throw unavailable();
        return stale;
      }
      try {
        return { answer: await findFresh(userId, key, make), staleForMs: null };
      } catch (error) {
        const stale = isUnavailable(error) ? findStale(key) : null;
        if (stale !== null) return stale;
        if (!isUnavailable(error)) kept.delete(key);
        throw error;
      }
    },
    async findKept(userId, url, coding) {
      const key = keyOf(userId, url, coding);
      const askedAt = performance.now();
      return kept.has(key) ? hit(key, await revisionOf(userId), askedAt) : null;
    },
    clear: () => kept.clear(),
    use: () => ({ ...counts, bytes: kept.calculatedSize, entries: kept.size }),
  };
}

/** Where there is no other server to read from. */
const unknown: UserRevision = { epoch: '', revision: 0n };

function keepNothing(revisionOf: RevisionOf, reads: Reads): AnswerCache {
  let misses = 0;
  return {
    async find({ userId }, make) {
      const revision = reads.hasReplica ? await revisionOf(userId) : unknown;
      const answer = await reads.at(userId, revision, make);
      misses += 1;
      return { answer, staleForMs: null };
    },
    findKept: async () => null,
    clear: () => {},
    use: () => ({ hits: 0, misses, stale: 0, bytes: 0, entries: 0 }),
  };
}

/** None of them has a NUL. */
const keyOf = (userId: string, url: string, coding: string) => `${userId}\0${url}\0${coding}`;

/** What an entry takes beside its texts and bytes: objects, their places in the cache, a memory block of its own. */
const overheadBytes = 1_000;

function sizeOf({ body, headers }: Answer, key: string): number {
  const texts = key.length + Object.values(headers).reduce((sum, value) => sum + value.length, 0);
  return body.length + 2 * texts + overheadBytes;
}
