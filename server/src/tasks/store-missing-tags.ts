import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { findNextUser, toUserBatch, type UserBatch, userBatchSize } from '../db/user-batches.ts';
import { linkedTags } from '../tags/stored-tags.ts';

/** Rows whose tags `storedTags` reads from `task_tags`. */
const lacksTags = sql`tags_version is distinct from version`;

/**
 * Stores the tags of tasks on their rows, of the first user after `after` who has tasks without. That is no change of
 * theirs: neither version nor revision moves. It locks the user's row first, as every write does, an older Duly's too:
 * so `task_tags` and the version belong together.
 */
export function storeMissingTags(db: Db, after: string): Promise<UserBatch> {
  return inTransaction(db, async (tx) => {
    const userId = await findNextUser(tx, 'duly.tasks', lacksTags, after);
    if (userId === null) return { count: 0, after: null };
    await sql`select from duly.owners where user_id = ${userId} for no key update`.execute(tx);
    const { numAffectedRows } = await sql`
      update duly.tasks as t set tags = ${linkedTags({ alias: 't', userId: sql`${userId}` })}, tags_version = t.version
      where t.user_id = ${userId} and t.id in (
        select id from duly.tasks where user_id = ${userId} and ${lacksTags} limit ${userBatchSize}
      )`.execute(tx);
    return toUserBatch(Number(numAffectedRows), after, userId);
  });
}
