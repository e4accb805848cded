import { type Expression, type SqlBool, sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';

/** The number of rows or users of one statement: a user's writes wait for it. */
const upkeepBatchSize = 1_000;

/**
 * Deletes tombstones older than `days`, and raises `feed_from`: cursors older than that get CURSOR_EXPIRED. It locks
 * the user's row first, as every write does. May run on several instances at once, and end early.
 * @returns the number of deleted tombstones
 */
export async function deleteOldTombstones(db: Db, days: number, stop?: AbortSignal): Promise<number> {
  const outdated = sql<SqlBool>`created_at < now() - make_interval(days => ${days}::int)`;
  return forEachUser(db, stop, usersWithTombstones(db, outdated), async (tx, userId) => {
    const { rows } = await sql<{ count: number }>`
      with forgotten as (
        delete from duly.tombstones where user_id = ${userId} and (type, id) in (
          select type, id from duly.tombstones where user_id = ${userId} and ${outdated} order by revision limit ${upkeepBatchSize})
        returning revision
      ), moved as (
        update duly.owners set feed_from = greatest(feed_from, (select max(revision) from forgotten))
        where user_id = ${userId} and exists (select from forgotten)
      )
      select count(*)::int as count from forgotten`.execute(tx);
    return rows[0]?.count ?? 0;
  });
}

async function* usersWithTombstones(db: Db, which: Expression<SqlBool>): AsyncGenerator<string> {
  for (;;) {
    const { rows } = await sql<{ user_id: string }>`
      select distinct user_id from duly.tombstones where ${which} limit ${upkeepBatchSize}`.execute(db);
    if (rows.length === 0) return;
    for (const { user_id } of rows) yield user_id;
  }
}

/**
 * Replaces tags without any task, live or in the trash, by tombstones, whose age is known. A tombstone has the tag's
 * revision, so the feed has no new change. May run on several instances at once.
 * @returns the number of replaced tags
 */
export async function tombstoneUnusedTags(db: Db, stop?: AbortSignal): Promise<number> {
  return forEachUser(db, stop, usersWithUnusedTags(db), async (tx, userId) => {
    const { numAffectedRows } = await sql`
      with unused as (
        delete from duly.tags g where g.user_id = ${userId} and g.name in (
          select g.name from duly.tags g where g.user_id = ${userId} and ${isUnused(userId)} limit ${upkeepBatchSize})
        returning g.name, g.revision
      )
      insert into duly.tombstones (user_id, type, id, revision) select ${userId}, 'tag', name, revision from unused
      on conflict (user_id, type, id) do update set revision = excluded.revision, created_at = excluded.created_at`.execute(
      tx,
    );
    return Number(numAffectedRows);
  });
}

/** `offset 0` forces an index lookup per tag; as a join it might read the whole table. */
const isUnused = (userId: string) => sql<SqlBool>`
  not exists (select from duly.task_tags tt where tt.user_id = ${userId} and tt.name = g.name offset 0)`;

/** The number of tags that one statement reads. */
const tagsPerStatement = 10_000;

/**
 * Reads all tags in batches in the order of their key, so that each statement is short. Only tags without a live task
 * are looked up in `task_tags`.
 */
async function* usersWithUnusedTags(db: Db): AsyncGenerator<string> {
  let after = { user_id: '', name: '' };
  for (;;) {
    const { rows } = await sql<typeof after>`
      select user_id, name from duly.tags where (user_id, name) > (${after.user_id}, ${after.name})
      order by user_id, name offset ${tagsPerStatement - 1} limit 1`.execute(db);
    const [last] = rows;
    const upTo = last ? sql`(g.user_id, g.name) <= (${last.user_id}, ${last.name})` : sql`true`;
    const found = await sql<{ user_id: string }>`
      select distinct g.user_id from duly.tags g left join duly.task_tags tt on tt.user_id = g.user_id and tt.name = g.name
      where (g.user_id, g.name) > (${after.user_id}, ${after.name}) and ${upTo} and g.usage_count <= 0
        and tt.user_id is null`.execute(db);
    for (const { user_id } of found.rows) yield user_id;
    if (last === undefined) return;
    after = last;
  }
}

/** Does a piece of work for each of the owners, in transactions of their own, as often as it fills a batch. */
async function forEachUser(
  db: Db,
  stop: AbortSignal | undefined,
  owners: AsyncIterable<string>,
  work: (tx: Tx, userId: string) => Promise<number>,
): Promise<number> {
  let total = 0;
  for await (const userId of owners) {
    for (let done = upkeepBatchSize; done === upkeepBatchSize; total += done) {
      if (stop?.aborted) return total;
      done = await inTransaction(db, async (tx) => {
        await sql`select from duly.owners where user_id = ${userId} for update`.execute(tx);
        return work(tx, userId);
      });
    }
  }
  return total;
}
