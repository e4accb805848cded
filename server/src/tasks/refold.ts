import { sql } from 'kysely';
import { needsRefold } from '../db/refold.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { findNextUser, toUserBatch, type UserBatch, userBatchSize } from '../db/user-batches.ts';
import { foldVersion, searchTextOf } from '../platform/folding.ts';

/**
 * Folds tasks again, of the first user after `after` who has some. That is no change of theirs: neither version nor
 * revision moves. Rows that somebody writes to are left out, so that nobody waits in a circle; most of them are folded
 * by that write.
 */
export function refoldTasks(db: Db, after: string): Promise<UserBatch> {
  return inTransaction(db, async (tx) => {
    const userId = await findNextUser(tx, 'duly.tasks', needsRefold, after);
    if (userId === null) return { count: 0, after: null };
    const { rows } = await sql<{ id: string; title: string; description: string | null }>`
      select id, title, description from duly.tasks where user_id = ${userId} and ${needsRefold}
      limit ${userBatchSize} for no key update skip locked`.execute(tx);
    const folded = rows.map(({ id, title, description }) => ({
      id,
      search_text: searchTextOf(title, description),
    }));
    if (rows.length > 0)
      await sql`
        update duly.tasks as t set search_text = folded.search_text, search_version = ${foldVersion}
        from jsonb_to_recordset(${JSON.stringify(folded)}::jsonb) as folded (id uuid, search_text text)
        where t.user_id = ${userId} and t.id = folded.id`.execute(tx);
    return toUserBatch(rows.length, after, userId);
  });
}
