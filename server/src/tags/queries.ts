import { type Generated, type SqlBool, sql } from 'kysely';
import { foldedLikePattern, likePattern } from '../db/like-patterns.ts';
import type { Db } from '../db/schema.ts';
import { type Cte, type CteTemplate, param, type Query, query } from '../db/statements.ts';
import { fold, foldVersion } from '../platform/folding.ts';
import type { Tag, TagListQuery } from './model.ts';
import { storedTags } from './stored-tags.ts';

declare module '../db/schema.ts' {
  interface Database {
    'duly.tags': {
      user_id: string;
      name: string;
      revision: bigint;
      created_at: Generated<Date>;
      /** The number of live tasks with the tag; every write that changes that updates it. */
      usage_count: Generated<number>;
      /** The folded name. */
      search_text: Generated<string>;
      search_version: number | null;
    };
  }
}

export interface TagList {
  tags: Tag[];
  total: number;
  /** Whether the list may change although no write of its user happens. */
  isUncacheable: boolean;
}

/** The tags on live tasks, by name (code point order), with the number of live tasks each is on. */
export async function listTags(db: Db, userId: string, query: TagListQuery): Promise<TagList> {
  const { search, limit } = query;
  let found = db
    .selectFrom('duly.tags as g')
    .where('g.user_id', '=', userId)
    .where('g.usage_count', '>', 0)
    .select(['g.name', 'g.usage_count', sql<number>`(count(*) over ())::int`.as('total')])
    .orderBy('g.name')
    .limit(limit);
  if (search) found = found.where(matchesSearch(search));
  const rows = await db
    .with('found', () => found)
    .selectFrom(
      sql<{
        has_unfolded_rows: boolean;
      }>`(select ${search ? hasUnfoldedTags(userId) : sql`false`} as has_unfolded_rows)`.as('f'),
    )
    .leftJoin('found', (join) => join.onTrue())
    .select(['f.has_unfolded_rows', 'found.name', 'found.usage_count', 'found.total'])
    .orderBy('found.name')
    .execute();
  const tags = rows.flatMap(({ name, usage_count }) =>
    name === null || usage_count === null ? [] : [{ name, usage_count }],
  );
  return { tags, total: rows[0]?.total ?? 0, isUncacheable: rows[0]?.has_unfolded_rows ?? false };
}

const foldVersionSql = sql.lit(foldVersion);

/** Names without this folding are also searched by PostgreSQL's `ilike`. */
function matchesSearch(search: string) {
  const pattern = foldedLikePattern(search);
  const unfolded = pattern === null ? null : likePattern(search);
  return sql<SqlBool>`(g.search_text like ${pattern}
    or g.search_version is distinct from ${foldVersionSql} and g.name collate "default" ilike ${unfolded})`;
}

const hasUnfoldedTags = (userId: string) =>
  sql`exists (select from duly.tags where user_id = ${userId} and search_version is distinct from ${foldVersionSql})`;

const [userParam, name, revision] = [param('user_id'), param('name'), sql`(select revision from stamp)`];

const tagSql = sql<Tag>`
  select g.name, g.usage_count from duly.tags g
  where g.user_id = ${userParam} and g.name = ${name}
    and exists (select from duly.task_tags tt where tt.user_id = ${userParam} and tt.name = g.name)`;

/** Reads the tag: null when no task has it, live or in the trash. */
export const tagQuery = (userId: string, name: string): Query<Tag | null> =>
  query('tag', tagSql, { user_id: userId, name }, ([tag = null]) => tag);

const countAfterRenamingSql = sql<{ usage_count: number }>`
  select coalesce((
      select g.usage_count from duly.tags g where g.user_id = ${userParam} and g.name = ${param('new_name')}
    ), 0) + (
      select count(*)::int from duly.task_tags tt join duly.tasks t on t.user_id = ${userParam} and t.id = tt.task_id
      where tt.user_id = ${userParam} and tt.name = ${name} and t.deleted_at is null and not exists (
        select from duly.task_tags other
        where other.user_id = ${userParam} and other.task_id = tt.task_id and other.name = ${param('new_name')})
    ) as usage_count
  from (${tagSql}) as g`;

/** Reads the tag as it will be after it is renamed: null when no task has it. */
export const renamedTagQuery = (userId: string, name: string, newName: string): Query<Tag | null> =>
  query('renamed tag', countAfterRenamingSql, { user_id: userId, name, new_name: newName }, ([row]) =>
    row === undefined ? null : { name: newName, usage_count: row.usage_count },
  );

/**
 * Replaces a tag by others, or by none, on every task that has it, in the trash too. Raises the versions of these
 * tasks and stores their tags, stamps all the tags, and keeps `usage_count` correct.
 */
export function replaceTagCte(
  userId: string,
  versionFloor: number,
  name: string,
  others: readonly string[],
): Cte {
  const names = [name, ...others];
  const params = {
    ...{ user_id: userId, version_floor: versionFloor, name, others },
    ...{ names, texts: names.map(fold) },
  };
  return { template: replaceTagTemplate, params };
}

const nextVersion = sql`greatest(t.version + 1, ${param('version_floor')}::int)`;

const tagsAfterReplacement = sql`array(
    select kept from unnest(${storedTags.select({ alias: 't', userId: userParam })}) as kept where kept <> ${name}
    union select unnest(${param('others')}::text[]) collate "C" order by 1
  )`;

const replaceTagTemplate: CteTemplate = {
  name: 'replace tag',
  sql: sql`tasks_with_tag as materialized (
      select t.id, t.deleted_at is null as is_live
      from duly.task_tags tt join duly.tasks t on t.user_id = ${userParam} and t.id = tt.task_id
      where tt.user_id = ${userParam} and tt.name = ${name}
    ), missing_links as materialized (
      select tasks_with_tag.id, tasks_with_tag.is_live, other as name
      from tasks_with_tag cross join unnest(${param('others')}::text[]) as other
      where not exists (
        select from duly.task_tags tt
        where tt.user_id = ${userParam} and tt.task_id = tasks_with_tag.id and tt.name = other)
    ), used_tags as (
      insert into duly.tags as g (user_id, name, revision, search_text, search_version, usage_count)
      select ${userParam}, one, ${revision}, folded, ${foldVersionSql},
        (select count(*) from missing_links where missing_links.is_live and missing_links.name = one)
      from unnest(${param('names')}::text[], ${param('texts')}::text[]) as used (one, folded)
      on conflict (user_id, name) do update set revision = excluded.revision, search_text = excluded.search_text,
        search_version = excluded.search_version,
        usage_count = case when g.name = ${name} then 0 else g.usage_count + excluded.usage_count end
    ), changed_tasks as (
      update duly.tasks as t set version = ${nextVersion}, revision = ${revision}, updated_at = (select now from stamp),
        tags = ${tagsAfterReplacement}, tags_version = ${nextVersion}
      from tasks_with_tag where t.user_id = ${userParam} and t.id = tasks_with_tag.id
    ), added_links as (
      insert into duly.task_tags (user_id, task_id, name) select ${userParam}, id, name from missing_links
    ), removed_links as (
      delete from duly.task_tags where user_id = ${userParam} and name = ${name}
    )`,
};
