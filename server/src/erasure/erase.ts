import { findUser } from '../admin/queries.ts';
import { eraseAuditDetails, eraseRefusedDetails } from '../audit/erasure.ts';
import type { AuditOrigin } from '../audit/origin.ts';
import { appendAudit } from '../audit/queries.ts';
import type { ErasureSettings } from '../config/erasure.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { notFound } from '../platform/errors.ts';
import { appendToErasureList, hashOfUser, type ListedErasure } from './list.ts';
import { appendToListCopy } from './list-copy.ts';
import * as queries from './queries.ts';

/** Who erases a user: the user, an admin or a command, or a start that replays the list. */
export type ErasureAction = 'user.erase' | 'admin.user.erase' | 'service.user.erase';

/**
 * Begins an erasure, for good: when this returns, nobody gets in any more. `finishErasure` deletes the content.
 * @throws AppError NOT_FOUND for an id without account and data, and one that is erased
 */
export async function beginErasure(
  db: Db,
  userId: string,
  origin: AuditOrigin,
  action: ErasureAction,
): Promise<void> {
  const erasure = { userHash: hashOfUser(userId), erasedAt: new Date().toISOString() };
  await inTransaction(db, async (tx) => {
    await queries.lockOwner(tx, userId);
    if ((await findUser(tx, userId)) === null) throw notFound('User');
    await queries.closeAccount(tx, userId);
    await queries.insertErasure(tx, userId, erasure);
    await appendAudit(tx, [{ userId, origin, action, outcome: 'success' }]);
  });
}

/**
 * Deletes the content of a user whose erasure has begun; may be repeated, and run in several processes. The list has
 * the user before anything is deleted, so that a restored backup is erased again.
 */
export async function finishErasure(
  db: Db,
  userId: string,
  lists: ErasureSettings,
  stop?: AbortSignal,
): Promise<void> {
  const open = (await queries.findErasures(db, 'open')).filter((one) => one.userId === userId);
  appendToErasureList(lists.path, open);
  await appendToCopy(lists, open);
  // Twice: what a worker made of a row, such as a delivery, may have come after its table's turn.
  for (let pass = 0; pass < 2; pass += 1) if (!(await queries.deleteContent(db, userId, stop))) return;
  await eraseAuditDetails(db, userId);
  await eraseRefusedDetails(db, userId);
  await inTransaction(db, (tx) => queries.markErased(tx, userId));
}

/** A target that is away gets the list with the next backup. */
async function appendToCopy({ copy }: ErasureSettings, erasures: readonly ListedErasure[]): Promise<void> {
  try {
    if (copy !== null) await appendToListCopy(copy, erasures, { attempts: 1 });
  } catch {
    // The list itself is complete.
  }
}

/**
 * Finishes erasures that a killed process left, and erases what other processes have counted of erased users since.
 * @returns how many erasures it went on with
 */
export async function continueErasures(db: Db, lists: ErasureSettings, stop?: AbortSignal): Promise<number> {
  let count = 0;
  for (const { userId, isContentErased, isOld } of await queries.findErasures(db, 'open')) {
    if (userId === null || stop?.aborted) continue;
    if (!isContentErased) await finishErasure(db, userId, lists, stop);
    else await eraseAuditDetails(db, userId);
    if (isOld) await queries.forgetErasedUser(db, userId);
    if (!isContentErased || isOld) count += 1;
  }
  return count;
}
