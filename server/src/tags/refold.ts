import { sql } from 'kysely';
import { needsRefold, type RefoldBatch, refoldBatchSize } from '../db/refold.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { fold, foldVersion } from '../platform/folding.ts';

/** The same as `refoldTasks` for tags. */
export function refoldTags(db: Db, fromUserId: string): Promise<RefoldBatch> {
  return inTransaction(db, async (tx) => {
    const { rows } = await sql<{ user_id: string; name: string }>`
      select user_id, name from duly.tags where ${needsRefold} and user_id >= ${fromUserId}
      order by user_id limit ${refoldBatchSize} for no key update skip locked`.execute(tx);
    if (rows.length === 0) return { count: 0, userId: null };
    const folded = rows.map(({ user_id, name }) => ({ user_id, name, search_text: fold(name) }));
    await sql`
      update duly.tags as g set search_text = folded.search_text, search_version = ${foldVersion}
      from jsonb_to_recordset(${JSON.stringify(folded)}::jsonb) as folded (user_id text, name text, search_text text)
      where g.user_id = folded.user_id and g.name = folded.name`.execute(tx);
    return { count: rows.length, userId: rows.at(-1)?.user_id ?? null };
  });
}
