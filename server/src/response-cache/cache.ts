import { LRUCache } from 'lru-cache';
import type { CacheSettings } from '../config/cache.ts';
import { isUnavailableError } from '../db/failures.ts';
import type { Db } from '../db/schema.ts';
import { withDeadline } from '../platform/deadline.ts';
import { serviceUnavailable } from '../platform/errors.ts';
import type { ReadRouter } from './read-router.ts';
import { type GetRevision, isSameRevision, type UserRevision } from './revision-reader.ts';

/** The bytes of a response, and the headers that belong to them rather than to the request: `etag` and the like. */
export interface CachedResponse {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** From then on it may be another one although the revision is the same; in ms since 1970, null for never. */
  readonly validUntilMs?: number | null;
}

interface CacheEntry extends CachedResponse {
  readonly revision: UserRevision;
  /** When the response was last known to be right. */
  validatedAt: number;
}

/** All that decides what a cached response is. */
export interface CacheKey {
  userId: string;
  /** Path and query as received: each surface and each spelling has an entry of its own. */
  url: string;
  /** The content coding that the client prefers; empty for none. */
  coding: string;
  /** Only a stale response may be used: the revision is not read. */
  isDatabaseUnavailable: boolean;
}

export interface CacheResult {
  response: CachedResponse;
  /** Since when it may be out of date, in ms; null when it is valid. */
  staleForMs: number | null;
}

export interface LoadedResponse extends CachedResponse {
  /** The response may change although the user's revision does not: it is not stored. */
  readonly isUncacheable?: boolean;
}

/** May be called twice, first with the replica and then with the primary. */
export type LoadResponse = (db: Db) => Promise<LoadedResponse>;

/**
 * Responses by user, URL and content coding. One is valid while its user's revision is the same, and before the time at
 * which it may change by the clock. While the database is unavailable, a response of any age is served, if SERVE_STALE
 * allows that.
 */
export interface ResponseCache {
  /**
   * Null if the response has to be loaded; a promise if the revision has to be read. Checks that depend on the key
   * alone, such as validation, need not run again: they succeeded before the response was stored.
   * @throws what `isUnavailableError` covers, as a rejection
   */
  get(key: CacheKey): CacheResult | null | Promise<CacheResult | null>;
  /** @throws what `load` throws, and what `isUnavailableError` covers */
  getOrLoad(key: CacheKey, load: LoadResponse): Promise<CacheResult>;
  /** To be called after the database was set back: a revision may now stand for other data. */
  clear(): void;
  stats(): CacheStats;
}

/** Responses served so far: from the cache, loaded, and stale; and what the cache holds. */
export interface CacheStats {
  hits: number;
  misses: number;
  stale: number;
  bytes: number;
  entries: number;
}

/** One response takes at most this share of the memory. */
const maxEntryShare = 1 / 8;

export function createResponseCache(
  { maxBytes, serveStale }: CacheSettings,
  getRevision: GetRevision,
  readRouter: ReadRouter,
): ResponseCache {
  if (maxBytes === 0) return createDisabledCache(getRevision, readRouter);
  const counts = { hits: 0, misses: 0, stale: 0 };
  let entries = createEntries(maxBytes);

  function findValid(entryKey: string, revision: UserRevision, startedAt: number): CacheResult | null {
    const entry = entries.get(entryKey);
    if (entry === undefined || !isSameRevision(entry.revision, revision) || isOver(entry)) return null;
    entry.validatedAt = startedAt;
    counts.hits += 1;
    return { response: entry, staleForMs: null };
  }

  function findStale(entryKey: string): CacheResult | null {
    const entry = serveStale ? entries.get(entryKey) : undefined;
    if (entry === undefined) return null;
    counts.stale += 1;
    return { response: entry, staleForMs: performance.now() - entry.validatedAt };
  }

  /**
   * Reads the revision before the data. After a write between the two, the data are newer than the revision they are
   * stored with: a needless miss later, never an outdated hit.
   */
  async function findOrLoad(userId: string, entryKey: string, load: LoadResponse): Promise<CacheResult> {
    const startedAt = performance.now();
    const entriesAtStart = entries;
    const revision = await getRevision(userId);
    const valid = findValid(entryKey, revision, startedAt);
    if (valid !== null) return valid;
    const loading = readRouter.readAt(userId, revision, load);
    const { isUncacheable, ...response } = await (serveStale && entries.has(entryKey)
      ? withDeadline(loading)
      : loading);
    counts.misses += 1;
    // Users without rows have revision 0, and account changes do not raise it; do not cache them.
    if (revision.revision > 0n && isUncacheable !== true)
      entriesAtStart.set(entryKey, { ...response, revision, validatedAt: startedAt });
    return { response, staleForMs: null };
  }

  return {
    get(key) {
      const entryKey = entryKeyOf(key);
      if (!entries.has(entryKey)) return null;
      if (key.isDatabaseUnavailable) return findStale(entryKey);
      const startedAt = performance.now();
      return getRevision(key.userId).then(
        (revision) => findValid(entryKey, revision, startedAt),
        (error: unknown) => {
          const stale = isUnavailableError(error) ? findStale(entryKey) : null;
          if (stale === null) throw error;
          return stale;
        },
      );
    },
    async getOrLoad(key, load) {
      const entryKey = entryKeyOf(key);
      if (key.isDatabaseUnavailable) {
        const stale = findStale(entryKey);
        if (stale === null) throw serviceUnavailable();
        return stale;
      }
      try {
        return await findOrLoad(key.userId, entryKey, load);
      } catch (error) {
        const stale = isUnavailableError(error) ? findStale(entryKey) : null;
        if (stale !== null) return stale;
        if (!isUnavailableError(error)) entries.delete(entryKey);
        throw error;
      }
    },
    // A response that is loading now goes to the old entries, and so is not kept: its cursors may be of the epoch
    // before, although its revision is of the new one.
    clear() {
      entries = createEntries(maxBytes);
    },
    stats: () => ({ ...counts, bytes: entries.calculatedSize, entries: entries.size }),
  };
}

const createEntries = (maxBytes: number) =>
  new LRUCache<string, CacheEntry>({
    maxSize: maxBytes,
    maxEntrySize: Math.ceil(maxBytes * maxEntryShare),
    sizeCalculation: entrySizeBytes,
  });

const isOver = ({ validUntilMs = null }: CachedResponse) =>
  validUntilMs !== null && Date.now() >= validUntilMs;

/** The revision of reads that need none: without a replica there is no server to choose. */
const unknownRevision: UserRevision = { epoch: '', revision: 0n };

function createDisabledCache(getRevision: GetRevision, readRouter: ReadRouter): ResponseCache {
  let misses = 0;
  return {
    get: () => null,
    async getOrLoad({ userId }, load) {
      const revision = readRouter.hasReplica ? await getRevision(userId) : unknownRevision;
      const response = await readRouter.readAt(userId, revision, load);
      misses += 1;
      return { response, staleForMs: null };
    },
    clear: () => {},
    stats: () => ({ hits: 0, misses, stale: 0, bytes: 0, entries: 0 }),
  };
}

/** None of the three can contain NUL. */
const entryKeyOf = ({ userId, url, coding }: CacheKey) => `${userId}\0${url}\0${coding}`;

/** What an entry takes beside texts and bytes: objects, its place in the cache, a memory block of its own. */
const overheadBytes = 1_000;

function entrySizeBytes({ body, headers }: CachedResponse, entryKey: string): number {
  const texts = entryKey.length + Object.values(headers).reduce((sum, value) => sum + value.length, 0);
  return body.length + 2 * texts + overheadBytes;
}
