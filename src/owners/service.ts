import type { AuditEntry } from '../audit/model.ts';
import { appendAudit } from '../audit/queries.ts';
import type { Db, Tx } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { bumpRevision } from './queries.ts';

/** What a change is, for the audit log. */
export type Act = Pick<AuditEntry, 'origin' | 'action' | 'subject'>;

/**
 * The one way to change anything of a user: a transaction that first takes the user's next revision. The lock on the
 * owner's row lets a user's writes happen one after the other, so `change` may read, decide and write without races.
 * The change and its audit entry are stored together or not at all.
 */
export function writeFor<T>(
  db: Db,
  userId: string,
  act: Act,
  change: (tx: Tx, revision: bigint) => Promise<T>,
): Promise<T> {
  return inTransaction(db, async (tx) => {
    const value = await change(tx, await bumpRevision(tx, userId));
    await appendAudit(tx, [{ ...act, userId, outcome: 'success' }]);
    return value;
  });
}
