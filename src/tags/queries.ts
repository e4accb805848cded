import { type SqlBool, sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import { containing } from '../db/search.ts';
import type { Moment } from '../owners/queries.ts';
import type { Tag, TagListQuery } from './model.ts';

/**
 * Of a tag `tt` of a task. That the task is not in the trash is asked, as that is an index of its own, and a small one:
 * it takes a third of the time that finding it among the live ones takes.
 */
const isOnLiveTask = (userId: string) => sql<SqlBool>`not exists (
  select from duly.tasks gone where gone.user_id = ${userId} and gone.id = tt.task_id and gone.deleted_at is not null)`;

/** The tags on live tasks, by name (code point order), with the number of live tasks each is on. */
export async function listTags(
  db: Db,
  userId: string,
  query: TagListQuery,
): Promise<{ tags: Tag[]; total: number }> {
  let tags = db
    .selectFrom('duly.task_tags as tt')
    .where('tt.user_id', '=', userId)
    .where(isOnLiveTask(userId))
    .groupBy('tt.name')
    .select([
      'tt.name',
      sql<number>`count(*)::int`.as('usage_count'),
      sql<number>`(count(*) over ())::int`.as('total'),
    ])
    .orderBy('tt.name')
    .limit(query.limit);
  if (query.search)
    tags = tags.where(sql<SqlBool>`tt.name collate "default" ilike ${containing(query.search)}`);
  const rows = await tags.execute();
  return { tags: rows.map(({ name, usage_count }) => ({ name, usage_count })), total: rows[0]?.total ?? 0 };
}

/** How many tasks a tag is on: live ones, and those in the trash with them. */
export async function countTagged(
  db: Db,
  userId: string,
  name: string,
): Promise<{ live: number; stored: number }> {
  return db
    .selectFrom('duly.task_tags as tt')
    .innerJoin('duly.tasks as t', (join) =>
      join.onRef('t.user_id', '=', 'tt.user_id').onRef('t.id', '=', 'tt.task_id'),
    )
    .where('tt.user_id', '=', userId)
    .where('tt.name', '=', name)
    .select([
      sql<number>`(count(*) filter (where t.deleted_at is null))::int`.as('live'),
      sql<number>`count(*)::int`.as('stored'),
    ])
    .executeTakeFirstOrThrow();
}

/**
 * Puts other tags, or none, in the place of one on every task that has it, in the trash too: one statement, however
 * many there are. The tasks get their next version, the tags the revision.
 */
export async function replaceTag(
  tx: Tx,
  userId: string,
  { revision, now, versionFloor }: Moment,
  name: string,
  others: readonly string[],
): Promise<void> {
  await sql`
    with tagged as materialized (
      select task_id from duly.task_tags where user_id = ${userId} and name = ${name}
    ), changed as (
      update duly.tasks as t set version = greatest(t.version + 1, ${versionFloor}::int), revision = ${revision}::bigint, updated_at = ${now}
      from tagged where t.user_id = ${userId} and t.id = tagged.task_id
    ), named as (
      insert into duly.tags (user_id, name, revision)
      select ${userId}, one, ${revision}::bigint from unnest(${[name, ...others]}::text[]) as one
      on conflict (user_id, name) do update set revision = excluded.revision
    ), untagged as (
      delete from duly.task_tags where user_id = ${userId} and name = ${name}
    )
    insert into duly.task_tags (user_id, task_id, name)
    select ${userId}, tagged.task_id, other from tagged cross join unnest(${others}::text[]) as other
    on conflict do nothing`.execute(tx);
}
