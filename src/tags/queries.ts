import { type SqlBool, sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import { containing, containingFolded } from '../db/search.ts';
import { fold, foldVersion } from '../folding.ts';
import type { Moment } from '../owners/queries.ts';
import type { Tag, TagListQuery } from './model.ts';

/**
 * Of a tag `tt` of a task. That the task is not in the trash is asked, as that is an index of its own, and a small one:
 * it takes a third of the time that finding it among the live ones takes.
 */
const isOnLiveTask = (userId: string) => sql<SqlBool>`not exists (
  select from duly.tasks gone where gone.user_id = ${userId} and gone.id = tt.task_id and gone.deleted_at is not null)`;

export interface TagList {
  tags: Tag[];
  total: number;
  /** Whether the list may become another one although nothing of its user changes. */
  isPassing: boolean;
}

/** The tags on live tasks, by name (code point order), with the number of live tasks each is on. */
export async function listTags(db: Db, userId: string, query: TagListQuery): Promise<TagList> {
  const { search, limit } = query;
  let found = db
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
    .limit(limit);
  if (search) found = found.where(contains(userId, search));
  const rows = await db
    .with('found', () => found)
    .selectFrom(
      sql<{ passing: boolean }>`(select ${search ? isToBeFolded(userId) : sql`false`} as passing)`.as('f'),
    )
    .leftJoin('found', (join) => join.onTrue())
    .select(['f.passing', 'found.name', 'found.usage_count', 'found.total'])
    .orderBy('found.name')
    .execute();
  const tags = rows.flatMap(({ name, usage_count }) =>
    name === null || usage_count === null ? [] : [{ name, usage_count }],
  );
  return { tags, total: rows[0]?.total ?? 0, isPassing: rows[0]?.passing ?? false };
}

const version = sql.lit(foldVersion);

/** Names that are not folded yet, or by another version, are also searched without regard to case as the database has it. */
function contains(userId: string, search: string) {
  const pattern = containingFolded(search);
  const unfolded = pattern === null ? null : containing(search);
  return sql<SqlBool>`tt.name in (
    select name from duly.tags where user_id = ${userId} and (search_text like ${pattern}
      or search_version is distinct from ${version} and name collate "default" ilike ${unfolded}))`;
}

const isToBeFolded = (userId: string) =>
  sql`exists (select from duly.tags where user_id = ${userId} and search_version is distinct from ${version})`;

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
      insert into duly.tags (user_id, name, revision, search_text, search_version)
      select ${userId}, one, ${revision}::bigint, folded, ${foldVersion}
      from unnest(${[name, ...others]}::text[], ${[name, ...others].map(fold)}::text[]) as used (one, folded)
      on conflict (user_id, name) do update set revision = excluded.revision, search_text = excluded.search_text,
        search_version = excluded.search_version
    ), untagged as (
      delete from duly.task_tags where user_id = ${userId} and name = ${name}
    )
    insert into duly.task_tags (user_id, task_id, name)
    select ${userId}, tagged.task_id, other from tagged cross join unnest(${others}::text[]) as other
    on conflict do nothing`.execute(tx);
}
