import type { Db, Tx } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { bumpRevision } from './queries.ts';

/**
 * The one way to change anything of a user: a transaction that first takes the user's next revision. The lock on the
 * owner's row lets a user's writes happen one after the other, so `change` may read, decide and write without races.
 */
export function writeFor<T>(
  db: Db,
  userId: string,
  change: (tx: Tx, revision: bigint) => Promise<T>,
): Promise<T> {
  return inTransaction(db, async (tx) => change(tx, await bumpRevision(tx, userId)));
}
