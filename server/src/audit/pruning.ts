import { sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import { compileOnce, param } from '../db/statements.ts';
import { inTransaction } from '../db/transaction.ts';
import { systemOrigin } from './origin.ts';
import { appendAudit } from './queries.ts';

/** Bounds the locks and the work of one transaction. */
const [chainsPerBatch, entriesPerChain] = [100, 1_000];

/** User ids after `after`, in order, whose chains begin with an entry from before `before`. */
async function findOldChains(db: Db, before: Date, after: string | null): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    select h.user_id from duly.audit_heads h cross join lateral (
      select a.at from duly.audit a where a.user_id = h.user_id order by a.seq limit 1
    ) as first
    where first.at < ${before} and ${after === null ? sql`true` : sql`h.user_id > ${after}`}
    order by h.user_id limit ${chainsPerBatch}`.execute(db);
  return rows.map(({ user_id }) => user_id);
}

/** Chains are locked in the order of `appendAudit`, the service's own first, which gets an entry at the end. */
async function lockChains(tx: Tx, userIds: readonly string[]): Promise<void> {
  for (const userId of new Set(['', ...userIds]))
    await sql`select from duly.audit_heads where user_id = ${userId} for update`.execute(tx);
}

/**
 * Removes entries from the start of a chain, up to the first one that is not older than `before`. The head remembers
 * the last one that was removed. The triggers of both tables let the entries go that `duly.audit_pruning` names; it is
 * set before the head is changed, and empty after the last deletion.
 * @returns how many were removed
 */
async function pruneChain(tx: Tx, userId: string, before: Date): Promise<number> {
  const { rows } = await sql<{ seq: bigint; hash: Buffer }>`
    select seq, hash from (
      select seq, hash, bool_and(at < ${before}) over (order by seq) as is_old from (
        select seq, hash, at from duly.audit where user_id = ${userId} order by seq limit ${entriesPerChain}
      ) as oldest
    ) as checked where is_old order by seq desc limit 1`.execute(tx);
  const [last] = rows;
  if (last === undefined) return 0;
  const [removed] = await removeEntries(tx, { user_id: userId, seq: String(last.seq), hash: last.hash });
  return Number(removed?.count ?? 0n);
}

/** One statement, because on a cluster another session has the triggers, and would not know the setting. */
const removeEntries = compileOnce<{ count: bigint }>(
  (db) =>
    sql<{ count: bigint }>`with head as (
      update duly.audit_heads as h set pruned_seq = named.seq::bigint, pruned_hash = ${param('hash')}
      from (select set_config('duly.audit_pruning', ${param('seq')}, true) as seq offset 0) as named
      where h.user_id = ${param('user_id')} returning h.pruned_seq
    ), removed as (
      delete from duly.audit where user_id = ${param('user_id')} and seq <= (select pruned_seq from head) returning 1
    )
    select count(*) as count, set_config('duly.audit_pruning', '', true) as setting from removed`.compile(db),
  'count bigint, setting text',
);

/** Removes one batch, and says so on the service's chain. */
const pruneChains = (db: Db, userIds: readonly string[], before: Date): Promise<number> =>
  inTransaction(db, async (tx) => {
    await lockChains(tx, userIds);
    let count = 0;
    for (const userId of userIds) count += await pruneChain(tx, userId, before);
    if (count > 0)
      await appendAudit(tx, [
        { userId: '', origin: systemOrigin, action: 'audit.prune', outcome: 'success', count },
      ]);
    return count;
  });

/**
 * Removes audit entries from before an instant. The chains still hold: `verifyAudit` begins with the hash that each
 * head remembers. May be interrupted, and run in several processes.
 * @returns how many entries were removed
 */
export async function pruneAudit(db: Db, before: Date, stop: AbortSignal): Promise<number> {
  let removed = 0;
  for (let last: string | null = null; ; ) {
    if (stop.aborted) return removed;
    const userIds = await findOldChains(db, before, last);
    if (userIds.length === 0) return removed;
    const count = await pruneChains(db, userIds, before);
    removed += count;
    // A chain with more than one batch comes again.
    if (count === 0 || count < entriesPerChain) last = userIds.at(-1) ?? null;
  }
}
