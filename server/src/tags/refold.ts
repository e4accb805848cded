import { sql } from 'kysely';
import { needsRefold } from '../db/refold.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { findNextUser, toUserBatch, type UserBatch, userBatchSize } from '../db/user-batches.ts';
import { fold, foldVersion } from '../platform/folding.ts';

/** The same as `refoldTasks` for tags. */
export function refoldTags(db: Db, after: string): Promise<UserBatch> {
  return inTransaction(db, async (tx) => {
    const userId = await findNextUser(tx, 'duly.tags', needsRefold, after);
    if (userId === null) return { count: 0, after: null };
    const { rows } = await sql<{ name: string }>`
      select name from duly.tags where user_id = ${userId} and ${needsRefold}
      limit ${userBatchSize} for no key update skip locked`.execute(tx);
    const folded = rows.map(({ name }) => ({ name, search_text: fold(name) }));
    if (rows.length > 0)
      await sql`
        update duly.tags as g set search_text = folded.search_text, search_version = ${foldVersion}
        from jsonb_to_recordset(${JSON.stringify(folded)}::jsonb) as folded (name text, search_text text)
        where g.user_id = ${userId} and g.name = folded.name`.execute(tx);
    return toUserBatch(rows.length, after, userId);
  });
}
