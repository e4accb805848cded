import { sql } from 'kysely';
import { needsRefold, type RefoldBatch, refoldBatchSize } from '../db/refold.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { foldVersion, searchTextOf } from '../platform/folding.ts';

/**
 * Folds tasks again, of a user and those after. That is no change of theirs: neither version nor revision moves. Rows
 * that somebody writes to are left out, so that nobody waits in a circle; most of them are folded by that write.
 */
export function refoldTasks(db: Db, fromUserId: string): Promise<RefoldBatch> {
  return inTransaction(db, async (tx) => {
    const { rows } = await sql<{ user_id: string; id: string; title: string; description: string | null }>`
      select user_id, id, title, description from duly.tasks where ${needsRefold} and user_id >= ${fromUserId}
      order by user_id limit ${refoldBatchSize} for no key update skip locked`.execute(tx);
    if (rows.length === 0) return { count: 0, userId: null };
    const folded = rows.map(({ user_id, id, title, description }) => ({
      user_id,
      id,
      search_text: searchTextOf(title, description),
    }));
    await sql`
      update duly.tasks as t set search_text = folded.search_text, search_version = ${foldVersion}
      from jsonb_to_recordset(${JSON.stringify(folded)}::jsonb) as folded (user_id text, id uuid, search_text text)
      where t.user_id = folded.user_id and t.id = folded.id`.execute(tx);
    return { count: rows.length, userId: rows.at(-1)?.user_id ?? null };
  });
}
