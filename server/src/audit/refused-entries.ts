import type { Logger } from 'pino';
import { errorCodeOf, isUnavailableError } from '../db/failures.ts';
import type { Db } from '../db/schema.ts';
import type { AuditEntry } from './model.ts';
import { insertRefused } from './refused-queries.ts';

/** Entries in memory that `audit_refused` does not take either: some 500 kB. */
const maxHeld = 1_000;

/** What entries are about: things that are counted, attempts to log in and the like, changes of data. */
type RefusedKind = 'count' | 'attempt' | 'write';

/** Audit entries that the database refuses for good, so that asking again would not help. */
export interface RefusedEntries {
  /**
   * Stores entries apart from the chains; in memory while the database does not take them there either. Never fails.
   */
  keep(kind: RefusedKind, entries: readonly AuditEntry[], reason: unknown): Promise<void>;
  /** Stores those in memory. Never fails. */
  storeHeld(): Promise<void>;
  /** Counts the entry of a write, which was undone with its entry: there is nothing to keep. */
  countUndone(): void;
  counts(): { refused: Readonly<Record<RefusedKind, number>>; held: number };
}

export function createRefusedEntries(db: Db, log: Logger): RefusedEntries {
  const refused = { count: 0, attempt: 0, write: 0 };
  let held: { entry: AuditEntry; sqlstate: string }[] = [];

  async function store(entries: readonly AuditEntry[], sqlstate: string): Promise<void> {
    try {
      await insertRefused(db, entries, sqlstate);
    } catch (error) {
      hold(entries, sqlstate, error);
    }
  }

  function hold(entries: readonly AuditEntry[], sqlstate: string, error: unknown): void {
    const room = maxHeld - held.length;
    held.push(...entries.slice(0, room).map((entry) => ({ entry, sqlstate })));
    const lost = Math.max(0, entries.length - room);
    const fields = { held: held.length, lost, reason: errorCodeOf(error) };
    log.error(fields, 'refused audit entries cannot be stored; they are in memory only');
  }

  return {
    async keep(kind, entries, reason) {
      refused[kind] += entries.length;
      const sqlstate = errorCodeOf(reason);
      log.error({ entries: entries.length, reason: sqlstate }, 'the audit log refused entries');
      await store(entries, sqlstate);
    },
    async storeHeld() {
      const bySqlstate = Map.groupBy(held, ({ sqlstate }) => sqlstate);
      held = [];
      for (const [sqlstate, group] of bySqlstate)
        await store(
          group.map(({ entry }) => entry),
          sqlstate,
        );
    },
    countUndone() {
      refused.write += 1;
    },
    counts: () => ({ refused: { ...refused }, held: held.length }),
  };
}

/** Whether the entry is all that is wrong: others may still be taken. Class 42 is about rights and the table itself. */
export const isEntryFault = (error: unknown): boolean => !errorCodeOf(error).startsWith('42');

/** A refusal may name the table (constraints) or speak of it (rights, triggers). */
const auditTable = /^audit(_heads)?(_|$)/;
const namesAuditTable = /\baudit(_heads)?\b/;

/** Whether it was its audit entry for which the database refused a statement for good. */
export function isAuditRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || !/^[0-9A-Z]{5}$/.test(errorCodeOf(error)) || isUnavailableError(error))
    return false;
  if ('table' in error && typeof error.table === 'string') return auditTable.test(error.table);
  return namesAuditTable.test(error.message);
}
