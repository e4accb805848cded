import type { AuditOrigin } from '../audit/origin.ts';
import type { Tx } from '../db/schema.ts';
import { executeCtes, executeQuery } from '../db/statements.ts';
import { Rollback } from '../db/transaction.ts';
import type { WritePlan } from './plan.ts';
import { bumpRevision, stampCte } from './stamps.ts';
import { storeChanges } from './store-changes.ts';

/**
 * Raises the revision, which locks the user's row and so waits for another write of this user, and then reads, decides
 * and stores. It always gets through.
 * @returns a `Rollback` when nothing changes.
 */
export async function writeUnderLock<T, Found>(
  tx: Tx,
  userId: string,
  origin: AuditOrigin,
  plan: WritePlan<T, Found>,
): Promise<T | Rollback<T>> {
  if (plan.read !== undefined && plan.lockFirst !== undefined) await executeQuery(tx, plan.lockFirst);
  const stamp = await bumpRevision(tx, userId);
  const decision =
    plan.read === undefined ? plan.create(stamp) : plan.decide(await executeQuery(tx, plan.read), stamp);
  if (decision.changes === null) return new Rollback(decision.value);
  const { value, earlierChanges = [], changes, auditActions } = decision;
  for (const change of earlierChanges) await executeCtes(tx, [stampCte(stamp), change]);
  await storeChanges(tx, userId, origin, stampCte(stamp), changes, auditActions);
  return value;
}
