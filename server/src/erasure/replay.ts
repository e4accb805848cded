import { systemOrigin } from '../audit/origin.ts';
import { appendAudit } from '../audit/queries.ts';
import type { ErasureSettings } from '../config/erasure.ts';
import { beginEpoch } from '../db/epoch.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import type { StoreOptions } from '../stores/store.ts';
import { finishErasure } from './erase.ts';
import { appendToErasureList, erasuresMissingFrom, type ListedErasure, readErasureList } from './list.ts';
import { readListCopy } from './list-copy.ts';
import * as queries from './queries.ts';

/**
 * Erases again whom a restored database has brought back: everybody on the list or its copy whose erasure the
 * database does not know. A new epoch begins then. The list gets those that other instances have erased.
 * @param options to read the copy
 * @returns how many users were erased
 * @throws StoreError if the copy is in a bucket that cannot be read
 */
export async function replayErasures(
  db: Db,
  lists: ErasureSettings,
  options?: StoreOptions,
): Promise<number> {
  const known = await queries.findErasures(db, 'all');
  appendToErasureList(lists.path, known);
  const copied = lists.copy === null ? [] : await readListCopy(lists.copy, options);
  const listed = [...readErasureList(lists.path), ...copied];
  const missing = erasuresMissingFrom(known, listed);
  if (missing.length === 0) return 0;
  appendToErasureList(lists.path, missing);
  const users = await queries.findUsersByHash(
    db,
    missing.map(({ userHash }) => userHash),
  );
  const found = new Set<string>();
  for (const erasure of missing) {
    const userId = users.get(erasure.userHash);
    await repeatErasure(db, userId ?? null, erasure);
    if (userId !== undefined) found.add(userId);
  }
  for (const userId of found) await finishErasure(db, userId, lists);
  if (found.size > 0) await beginEpoch(db);
  return found.size;
}

/** Without a user there is nothing to erase: the database is of before the registration. */
const repeatErasure = (db: Db, userId: string | null, erasure: ListedErasure): Promise<void> =>
  inTransaction(db, async (tx) => {
    await queries.insertErasure(tx, userId, erasure);
    if (userId === null || (await queries.findErasureState(tx, userId)) !== null) return;
    await queries.closeAccount(tx, userId);
    const entry = { userId, origin: systemOrigin, action: 'service.user.erase' };
    await appendAudit(tx, [{ ...entry, outcome: 'success' }]);
  });
