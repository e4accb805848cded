import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isUnavailableError } from '../db/failures.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import type { AuditEntry } from './model.ts';
import { appendAudit } from './queries.ts';
import { isEntryFault, type RefusedEntries } from './refused-entries.ts';

/** How long things that are alike are counted before they become one entry. */
const windowMs = 5 * 60_000;
/** Counted things in memory: some 10 MB. */
const maxHeld = 20_000;
/** Different things in one chain; others of the window are counted together, without subject and address. */
const maxHeldPerChain = 100;
/** The chains of a batch stay locked until all of it is stored: some 50 ms. */
const batchSize = 100;
const closeMs = 2_000;

/**
 * What happens too often for an entry each: reads by the owner, refused tokens, refused accesses. Things alike are one
 * entry with a count for each window. A process that is killed loses the counts of its last window.
 */
export interface AuditCounts {
  /** For a user's chain alike are action, outcome and subject; for the service's chain also the address. */
  add(entry: AuditEntry): void;
  /**
   * Stores what was counted. What the database cannot take now is kept for later, what it refuses for good apart from
   * the chains. Never fails.
   */
  flush(): Promise<void>;
  /** The last flush, which does not wait for a database that hangs. */
  close(): Promise<void>;
}

type Counted = AuditEntry & { count: number };

export function createAuditCounts(db: Db, log: Logger, refused: RefusedEntries): AuditCounts {
  let chains = new Map<string, Map<string, Counted>>();
  let held = 0;
  let lost = 0;
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> | undefined;
  let batches = 0;

  function add(entry: AuditEntry): void {
    const { userId, count = 1 } = entry;
    let chain = chains.get(userId);
    const known = chain?.get(countKeyOf(entry));
    if (known !== undefined) {
      mergeInto(known, entry, count);
      return;
    }
    if (held >= maxHeld) {
      // Taken away at once, so that there is room again; unless the database has yet to take what was there before.
      if (flushing === undefined) void flush();
      if (held >= maxHeld) {
        lost += count;
        return;
      }
      chain = undefined;
    }
    chain ??= new Map();
    chains.set(userId, chain);
    const counted = chain.size < maxHeldPerChain ? entry : withoutDetails(entry);
    const key = countKeyOf(counted);
    const folded = chain.get(key);
    if (folded === undefined) {
      chain.set(key, { ...counted, count });
      held += 1;
    } else mergeInto(folded, entry, count);
    timer ??= setTimeout(() => void flush(), windowMs).unref();
  }

  function drain(): Counted[] {
    const entries = [...chains.values()].flatMap((chain) => [...chain.values()]);
    chains = new Map();
    held = 0;
    clearTimeout(timer);
    timer = undefined;
    return entries;
  }

  async function store(entries: readonly Counted[]): Promise<void> {
    await refused.storeHeld();
    for (let start = 0; start < entries.length; start += batchSize) {
      const batch = entries.slice(start, start + batchSize);
      const left = await appendBatch(db, refused, batch);
      batches += 1;
      if (left.length > 0) {
        const all = [...left, ...entries.slice(start + batchSize)];
        for (const entry of all) add(entry);
        log.warn({ entries: all.length }, 'the audit log cannot be written; kept for later');
        return;
      }
    }
    if (lost > 0)
      log.error({ lost }, 'more was to be audited than could be kept while the database was away');
    lost = 0;
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

/** Waits for the work, but no longer than `closeMs` for each step. */
async function whileProgressing(work: Promise<void>, steps: () => number): Promise<void> {
  for (let before = -1; before !== steps(); ) {
    before = steps();
    await Promise.race([work, sleep(closeMs, undefined, { ref: false })]);
  }
}

/**
 * Halves a batch that is refused until the entry is found that is at fault, so that the others are stored.
 * @returns what the database cannot take now.
 */
async function appendBatch(
  db: Db,
  refused: RefusedEntries,
  batch: readonly Counted[],
): Promise<readonly Counted[]> {
  try {
    await inTransaction(db, (tx) => appendAudit(tx, batch));
    return [];
  } catch (error) {
    if (isUnavailableError(error)) return batch;
    if (batch.length === 1 || !isEntryFault(error)) {
      await refused.keep('count', batch, error);
      return [];
    }
    const middle = Math.ceil(batch.length / 2);
    const [first, second] = [batch.slice(0, middle), batch.slice(middle)];
    const left = await appendBatch(db, refused, first);
    return left.length > 0 ? [...left, ...second] : appendBatch(db, refused, second);
  }
}

/** The address matters where nobody is known. */
function countKeyOf({ userId, action, outcome, subject, origin }: AuditEntry): string {
  return `${action} ${outcome} ${(userId === '' ? origin.address : subject) ?? ''}`;
}

const withoutDetails = (entry: AuditEntry): AuditEntry => ({
  ...entry,
  subject: null,
  origin: { ...entry.origin, address: null },
});

/** What the things counted do not share, the entry does not say. */
function mergeInto(held: Counted, { origin }: AuditEntry, count: number): void {
  held.count += count;
  const { actor, requestId, address } = held.origin;
  if (requestId === null && address === origin.address) return;
  held.origin = { actor, requestId: null, address: address === origin.address ? address : null };
}
