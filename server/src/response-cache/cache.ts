import { LRUCache } from 'lru-cache';
import type { CacheSettings } from '../config/cache.ts';
import { isUnavailableError } from '../db/failures.ts';
import type { Db } from '../db/schema.ts';
import { withDeadline } from '../platform/deadline.ts';
import { serviceUnavailable } from '../platform/errors.ts';
import type { ReadRouter } from './read-router.ts';
import { type GetRevision, isSameRevision, type UserRevision } from './revision-reader.ts';

/** An answer as it is sent. */
export interface CachedResponse {
  readonly body: Buffer;
  /** Those that belong to the answer, not to the request: `etag` and the like. */
  readonly headers: Readonly<Record<string, string>>;
}

interface CacheEntry extends CachedResponse {
  readonly revision: UserRevision;
  /** When it was last known to be right. */
  validatedAt: number;
}

/** What is asked for, and by whom: nothing else may decide what the answer is. */
export interface CacheKey {
  userId: string;
  /** Path and query as they came: each surface and each spelling has an answer of its own. */
  url: string;
  /** The content coding that the answer is to have where it is worth it; empty: none. Each has an answer of its own. */
  coding: string;
  /** Nobody is to be asked; only a kept answer will do. */
  isDatabaseUnavailable: boolean;
}

export interface CacheResult {
  response: CachedResponse;
  /** Since when it may be out of date, in ms; null when it is not. */
  staleForMs: number | null;
}

/** An answer that was made just now. */
export interface LoadedResponse extends CachedResponse {
  /** It may become another one although nothing of its user changes: then it is not kept. */
  readonly isUncacheable?: boolean;
}

/** It may be called twice, with one handle and then with another. */
export type LoadResponse = (db: Db) => Promise<LoadedResponse>;

/** Answers that are kept until something of their user changes. */
export interface ResponseCache {
  /**
   * The answer of this moment, from `make` when none is kept, with a handle to read it by; while the database is away,
   * a kept one of any age if the operator allows it.
   * @throws whatever `make` does, and what `isUnavailable` knows.
   */
  getOrLoad(question: CacheKey, make: LoadResponse): Promise<CacheResult>;
  /** The kept answer, if any that is right at this moment. @throws what `isUnavailable` knows. */
  getValid(userId: string, url: string, coding: string): Promise<CachedResponse | null>;
  /** To be called when revisions may not be those of the same history any more: the database was set back. */
  clear(): void;
  stats(): CacheStats;
}

/**
 * Answers given so far: kept ones that held, ones made anew, and ones that may have been out of date; and what is kept.
 */
export interface CacheStats {
  hits: number;
  misses: number;
  stale: number;
  bytes: number;
  entries: number;
}

/** One answer takes at most this part of the memory. */
const maxEntryShare = 1 / 8;

export function createResponseCache(
  { maxBytes, serveStale }: CacheSettings,
  getRevision: GetRevision,
  readRouter: ReadRouter,
): ResponseCache {
  if (maxBytes === 0) return createDisabledCache(getRevision, readRouter);
  const counts = { hits: 0, misses: 0, stale: 0 };
  const entries = new LRUCache<string, CacheEntry>({
    maxSize: maxBytes,
    maxEntrySize: Math.ceil(maxBytes * maxEntryShare),
    sizeCalculation: entrySizeBytes,
  });

  /** Right, as nothing has changed since. */
  function validEntry(key: string, revision: UserRevision, askedAt: number): CachedResponse | null {
    const known = entries.get(key);
    if (known === undefined || !isSameRevision(known.revision, revision)) return null;
    known.validatedAt = askedAt;
    counts.hits += 1;
    return known;
  }

  /**
   * The revision is read before the data. A write between the two makes the data newer than its label says, which costs
   * a needless miss; it never makes an outdated answer look right.
   */
  async function loadValid(userId: string, key: string, load: LoadResponse): Promise<CachedResponse> {
    const askedAt = performance.now();
    const revision = await getRevision(userId);
    const known = validEntry(key, revision, askedAt);
    if (known !== null) return known;
    const making = readRouter.readAt(userId, revision, load);
    const { isUncacheable: isPassing, ...response } = await (serveStale && entries.has(key)
      ? withDeadline(making)
      : making);
    counts.misses += 1;
    // Of whom nothing is stored an account may still come or go, which is no revision then.
    if (revision.revision > 0n && isPassing !== true)
      entries.set(key, { ...response, revision, validatedAt: askedAt });
    return response;
  }

  function findStale(key: string): CacheResult | null {
    const response = serveStale ? entries.get(key) : undefined;
    if (response === undefined) return null;
    counts.stale += 1;
    return { response: response, staleForMs: performance.now() - response.validatedAt };
  }

  return {
    async getOrLoad({ userId, url, coding, isDatabaseUnavailable }, load) {
      const key = cacheKeyOf(userId, url, coding);
      if (isDatabaseUnavailable) {
        const stale = findStale(key);
        if (stale === null) throw serviceUnavailable();
        return stale;
      }
      try {
        return { response: await loadValid(userId, key, load), staleForMs: null };
      } catch (error) {
        const stale = isUnavailableError(error) ? findStale(key) : null;
        if (stale !== null) return stale;
        if (!isUnavailableError(error)) entries.delete(key);
        throw error;
      }
    },
    async getValid(userId, url, coding) {
      const key = cacheKeyOf(userId, url, coding);
      const askedAt = performance.now();
      return entries.has(key) ? validEntry(key, await getRevision(userId), askedAt) : null;
    },
    clear: () => entries.clear(),
    stats: () => ({ ...counts, bytes: entries.calculatedSize, entries: entries.size }),
  };
}

/** Where there is no other server to read from. */
const unknownRevision: UserRevision = { epoch: '', revision: 0n };

function createDisabledCache(getRevision: GetRevision, readRouter: ReadRouter): ResponseCache {
  let misses = 0;
  return {
    async getOrLoad({ userId }, load) {
      const revision = readRouter.hasReplica ? await getRevision(userId) : unknownRevision;
      const response = await readRouter.readAt(userId, revision, load);
      misses += 1;
      return { response: response, staleForMs: null };
    },
    getValid: async () => null,
    clear: () => {},
    stats: () => ({ hits: 0, misses, stale: 0, bytes: 0, entries: 0 }),
  };
}

/** None of them has a NUL. */
const cacheKeyOf = (userId: string, url: string, coding: string) => `${userId}\0${url}\0${coding}`;

/** What an entry takes beside its texts and bytes: objects, their places in the cache, a memory block of its own. */
const overheadBytes = 1_000;

function entrySizeBytes({ body, headers }: CachedResponse, key: string): number {
  const texts = key.length + Object.values(headers).reduce((sum, value) => sum + value.length, 0);
  return body.length + 2 * texts + overheadBytes;
}
