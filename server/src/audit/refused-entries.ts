import type { Logger } from 'pino';
import { errorCodeOf, isUnavailableError } from '../db/failures.ts';
import type { Db } from '../db/schema.ts';
import type { AuditEntry } from './model.ts';
import { insertRefused } from './refused-queries.ts';

/** Maximum number of entries in memory that `audit_refused` did not take: some 500 kB. */
const maxHeld = 1_000;

/** `count`: a counted event; `attempt`: an auth event, such as a login; `write`: a change of data. */
type RefusedKind = 'count' | 'attempt' | 'write';

/** Audit entries that the database rejects for good: a retry would fail again. */
export interface RefusedEntries {
  /** Stores entries in `audit_refused`, outside the chains. If that fails they stay in memory. Never rejects. */
  store(kind: RefusedKind, entries: readonly AuditEntry[], reason: unknown): Promise<void>;
  /** Stores the entries in memory. Never rejects. */
  storeHeld(): Promise<void>;
  /** Counts a write whose entry was refused. It was rolled back with its entry, so there is nothing to store. */
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
    async store(kind, entries, reason) {
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

/**
 * Whether the entry itself is at fault, so that others may be stored. Class 42 means privileges or the table.
 */
export const isEntryFault = (error: unknown): boolean => !errorCodeOf(error).startsWith('42');

/**
 * Constraint errors name the table in a field; errors of privileges and triggers name it in the message. So do those of
 * a node of Citus, where the name ends with the number of the shard.
 */
const auditTable = /^audit(_heads)?(_|$)/;
const namesAuditTable = /\baudit(_heads)?(_pkey)?(_\d+)?\b/;

/** Whether the database rejected a statement for good because of its audit entry. */
export function isAuditRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || !/^[0-9A-Z]{5}$/.test(errorCodeOf(error)) || isUnavailableError(error))
    return false;
  if ('table' in error && typeof error.table === 'string') return auditTable.test(error.table);
  return namesAuditTable.test(error.message);
}
