import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { onShardOf } from '../db/shards.ts';
import { hasDetails, withoutDetails } from './digests.ts';
import { readRefused } from './refused-queries.ts';

const batchSize = 1_000;

/** Citus takes no functions of an update that are not immutable, such as those that make JSON. */
const onUsersShard = sql.raw(onShardOf(0, 'count bigint'));

/** Whether an action is the erasure of a user: `user.erase`, with or without a prefix such as `admin.`. */
export const isErasureAction = (action: string): boolean =>
  action === 'user.erase' || action.endsWith('.user.erase');

/**
 * Erases the details of a user's entries: who, what, from where. Time, action, outcome and count stay, and the digest
 * of the details, by which the chain still holds. In batches, each its own transaction.
 */
export async function eraseAuditDetails(db: Db, userId: string): Promise<void> {
  const { rows } = await sql<{ last: string | null }>`
    select max(seq)::text as last from duly.audit where user_id = ${userId}`.execute(db);
  const last = BigInt(rows[0]?.last ?? 0);
  for (let from = 0n; from < last; from += BigInt(batchSize))
    await sql`${onUsersShard}with erased as (
        update duly.audit e set ${withoutDetails}
        where e.user_id = ${userId} and e.seq > ${from} and e.seq <= ${from + BigInt(batchSize)} and ${hasDetails}
        returning 1
      ) select count(*) as count from erased`.execute(db);
}

/** Erases the details of the user's refused entries, which are in no chain. */
export async function eraseRefusedDetails(db: Db, userId: string): Promise<void> {
  for await (const { id, entry } of readRefused(db)) {
    const { userId: of, action, outcome, erased }: Record<string, unknown> = { ...JSON.parse(entry) };
    if (of !== userId || erased === true) continue;
    const kept = JSON.stringify({ userId, action, outcome, erased: true });
    await sql`update duly.audit_refused set entry = ${kept} where id = ${id}::bigint`.execute(db);
  }
}
