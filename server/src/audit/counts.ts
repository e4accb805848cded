import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isUnavailableError } from '../db/failures.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import type { AuditEntry } from './model.ts';
import { appendAudit } from './queries.ts';
import { isEntryFault, type RefusedEntries } from './refused-entries.ts';

/** How long equal events are counted before they are stored as one entry. */
const windowMs = 5 * 60_000;
/** Maximum number of entries in memory: some 10 MB. */
const maxHeld = 20_000;
/**
 * Maximum number of distinct entries of one chain. Further ones of the window are counted without subject and IP
 * address.
 */
const maxHeldPerChain = 100;
/** The chains of a batch stay locked until all its entries are stored: some 50 ms. */
const batchSize = 100;
const closeMs = 2_000;

/**
 * Counts events that are too frequent for an entry each: the owner's reads, refused tokens, refused accesses. Equal
 * events become one entry with a count per window. A killed process loses the counts of its last window.
 */
export interface AuditCounts {
  /**
   * Counts an event. Equal means: action, outcome and subject; in the service's chain, the IP address instead of the
   * subject.
   */
  add(entry: AuditEntry): void;
  /**
   * Stores the counts. While the database is unavailable they stay in memory; entries that it refuses for good are
   * stored outside the chains. Never rejects.
   */
  flush(): Promise<void>;
  /** Flushes a last time. Gives up after 2 s without progress: the database may hang. */
  close(): Promise<void>;
}

type CountedEntry = AuditEntry & { count: number };

export function createAuditCounts(db: Db, log: Logger, refused: RefusedEntries): AuditCounts {
  let chains = new Map<string, Map<string, CountedEntry>>();
  let heldCount = 0;
  let lostCount = 0;
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> | undefined;
  let batches = 0;

  function add(entry: AuditEntry): void {
    const { userId, count = 1 } = entry;
    let chain = chains.get(userId);
    const existing = chain?.get(countKeyOf(entry));
    if (existing !== undefined) {
      mergeInto(existing, entry, count);
      return;
    }
    if (heldCount >= maxHeld) {
      // Flush takes the entries out of memory at once, unless an earlier one still waits for the database.
      if (flushing === undefined) void flush();
      if (heldCount >= maxHeld) {
        lostCount += count;
        return;
      }
      chain = undefined;
    }
    chain ??= new Map();
    chains.set(userId, chain);
    const stored = chain.size < maxHeldPerChain ? entry : withoutDetails(entry);
    const key = countKeyOf(stored);
    const merged = chain.get(key);
    if (merged === undefined) {
      chain.set(key, { ...stored, count });
      heldCount += 1;
    } else mergeInto(merged, entry, count);
    timer ??= setTimeout(() => void flush(), windowMs).unref();
  }

  function drain(): CountedEntry[] {
    const entries = [...chains.values()].flatMap((chain) => [...chain.values()]);
    chains = new Map();
    heldCount = 0;
    clearTimeout(timer);
    timer = undefined;
    return entries;
  }

  async function store(entries: readonly CountedEntry[]): Promise<void> {
    await refused.storeHeld();
    for (let start = 0; start < entries.length; start += batchSize) {
      const batch = entries.slice(start, start + batchSize);
      const remaining = await appendBatch(db, refused, batch);
      batches += 1;
      if (remaining.length > 0) {
        const unstored = [...remaining, ...entries.slice(start + batchSize)];
        for (const entry of unstored) add(entry);
        log.warn({ entries: unstored.length }, 'the audit log cannot be written; kept for later');
        return;
      }
    }
    if (lostCount > 0)
      log.error({ lost: lostCount }, 'more was to be audited than could be kept while the database was away');
    lostCount = 0;
  }

  async function flush(): Promise<void> {
    while (flushing !== undefined) await flushing;
    flushing = store(drain()).finally(() => {
      flushing = undefined;
    });
    await flushing;
  }

  return {
    add,
    flush,
    async close() {
      await whileProgressing(flush(), () => batches);
      clearTimeout(timer);
    },
  };
}

/** Waits for the work, at most `closeMs` for each step. */
async function whileProgressing(work: Promise<void>, steps: () => number): Promise<void> {
  for (let before = -1; before !== steps(); ) {
    before = steps();
    await Promise.race([work, sleep(closeMs, undefined, { ref: false })]);
  }
}

/**
 * Halves a refused batch until it finds the entry at fault, so that the others are stored.
 * @returns the entries left over because the database is unavailable
 */
async function appendBatch(
  db: Db,
  refused: RefusedEntries,
  batch: readonly CountedEntry[],
): Promise<readonly CountedEntry[]> {
  try {
    await inTransaction(db, (tx) => appendAudit(tx, batch));
    return [];
  } catch (error) {
    if (isUnavailableError(error)) return batch;
    if (batch.length === 1 || !isEntryFault(error)) {
      await refused.store('count', batch, error);
      return [];
    }
    const middle = Math.ceil(batch.length / 2);
    const [first, second] = [batch.slice(0, middle), batch.slice(middle)];
    const remaining = await appendBatch(db, refused, first);
    return remaining.length > 0 ? [...remaining, ...second] : appendBatch(db, refused, second);
  }
}

/** The IP address identifies the caller if no user is known. */
function countKeyOf({ userId, action, outcome, subject, origin }: AuditEntry): string {
  return `${action} ${outcome} ${(userId === '' ? origin.address : subject) ?? ''}`;
}

const withoutDetails = (entry: AuditEntry): AuditEntry => ({
  ...entry,
  subject: null,
  origin: { ...entry.origin, address: null },
});

/** The merged entry has only the parts of the origin that all its events share. */
function mergeInto(held: CountedEntry, { origin }: AuditEntry, count: number): void {
  held.count += count;
  const { actor, requestId, address } = held.origin;
  if (requestId === null && address === origin.address) return;
  held.origin = { actor, requestId: null, address: address === origin.address ? address : null };
}
