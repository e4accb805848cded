import type { AuditOrigin } from '../audit/origin.ts';
import { appendToChain, auditEntryCte, type ChainEnd, chainEndCte } from '../audit/queries.ts';
import type { Db } from '../db/schema.ts';
import { type Cte, executeCtes } from '../db/statements.ts';
import type { AuditAction } from './plan.ts';

/**
 * Makes the changes of a write and appends its audit entries: in one statement, if there is one entry. Otherwise in
 * two, which have to be in one transaction.
 * @param stamp the CTE that has revision and time
 * @returns the time of the write, ISO 8601
 */
export async function storeChanges(
  db: Db,
  userId: string,
  origin: AuditOrigin,
  stamp: Cte,
  changes: readonly Cte[],
  auditActions: readonly AuditAction[],
): Promise<string> {
  const entries = auditActions.map((act) => ({ ...act, userId, origin, outcome: 'success' as const }));
  const [entry, ...more] = entries;
  if (entry === undefined) throw new Error('a write that changes something has no audit action');
  const isOne = more.length === 0;
  const audit = isOne ? auditEntryCte(entry) : chainEndCte(userId);
  const [end] = await executeCtes<ChainEnd>(db, [stamp, ...changes, audit]);
  if (end === undefined) throw new Error('the statement of a write returned no row');
  if (!isOne) await appendToChain(db, userId, entries, end);
  return end.now;
}
