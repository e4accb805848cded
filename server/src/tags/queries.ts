import { type Generated, type RawBuilder, type SqlBool, sql } from 'kysely';
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

/**
 * Of two tags of one user: whether the task of `link` has the other one too. `is true` keeps the planner from making a
 * join of it, which outdated statistics turn into a comparison of each task of one with each of the other.
 */
const hasTag = (link: string, other: RawBuilder<unknown>) => sql`(${sql.ref(`${link}.task_id`)} in (
    select l.task_id from duly.task_tags l where l.user_id = ${userParam} and l.name = ${other}
  )) is true`;

const newName = param('new_name');

/** Live tasks with both tags count once. */
const countAfterRenamingSql = sql<{ usage_count: number }>`
  select g.usage_count + coalesce((
      select n.usage_count from duly.tags n where n.user_id = ${userParam} and n.name = ${newName}
    ), 0) - (
      select count(*)::int from duly.task_tags tt
      where tt.user_id = ${userParam} and tt.name = ${name} and ${hasTag('tt', newName)} and exists (
        select from duly.tasks t where t.user_id = ${userParam} and t.id = tt.task_id and t.deleted_at is null
        offset 0)
    ) as usage_count
  from (${tagSql}) as g`;

/** Reads the tag as it will be after it is renamed: null when no task has it. */
export const renamedTagQuery = (userId: string, name: string, newName: string): Query<Tag | null> =>
  query('renamed tag', countAfterRenamingSql, { user_id: userId, name, new_name: newName }, ([row]) =>
    row === undefined ? null : { name: newName, usage_count: row.usage_count },
  );

/**
 * Renames a tag on every task that has it, also in the trash. Raises the versions of these tasks and stores their tags,
 * stamps both tags, and keeps `usage_count` correct. Tasks that have both tags keep the new one.
 */
export const renameTagCte = (userId: string, versionFloor: number, name: string, newName: string): Cte => ({
  template: renameTagTemplate,
  params: {
    ...{ user_id: userId, version_floor: versionFloor, name, new_name: newName },
    ...{ names: [name, newName], texts: [name, newName].map(fold) },
  },
});

/** The same without another tag. */
export const removeTagCte = (userId: string, versionFloor: number, name: string): Cte => ({
  template: removeTagTemplate,
  params: {
    ...{ user_id: userId, version_floor: versionFloor, name },
    ...{ names: [name], texts: [fold(name)] },
  },
});

const nextVersion = sql`greatest(t.version + 1, ${param('version_floor')}::int)`;
const tagsBefore = storedTags.select({ alias: 't', userId: userParam });

/**
 * `found` has the links of the tag, `changed_tasks` the tasks: for any statistics the array makes lookups by key. The
 * tasks leave the indexes of orders (`tasks/order-indexes.ts`), whose new entries would take as long as all the rest.
 */
const changeTasksWithTag = (
  hasOther: RawBuilder<unknown>,
  tags: RawBuilder<unknown>,
) => sql`found as materialized (
      select tt.task_id, ${hasOther} as has_other
      from duly.task_tags tt where tt.user_id = ${userParam} and tt.name = ${name}
    ), changed_tasks as (
      update duly.tasks as t set version = ${nextVersion}, revision = ${revision}, updated_at = (select now from stamp),
        tags = ${tags}, tags_version = ${nextVersion}, in_orders = null
      where t.user_id = ${userParam} and t.id = any(array(select found.task_id from found))
      returning t.id, t.deleted_at
    )`;

/** @param added how many live tasks get a tag of `names` */
const stampTags = (added: RawBuilder<unknown>) => sql`used_tags as (
      insert into duly.tags as g (user_id, name, revision, search_text, search_version, usage_count)
      select ${userParam}, one, ${revision}, folded, ${foldVersionSql}, ${added}
      from unnest(${param('names')}::text[], ${param('texts')}::text[]) as used (one, folded)
      on conflict (user_id, name) do update set revision = excluded.revision, search_text = excluded.search_text,
        search_version = excluded.search_version,
        usage_count = case when g.name = ${name} then 0 else g.usage_count + excluded.usage_count end
    )`;

/**
 * The other tags are sorted: the new one is inserted, which costs a tenth of a sort. Without `offset 0` the
 * expression of the other tags would be evaluated once for each use.
 */
const tagsAfterRenaming = sql`(
    select o.others[:width_bucket(${newName}::text collate "C", o.others)] || ${newName}::text
      || o.others[width_bucket(${newName}::text collate "C", o.others) + 1:]
    from (select array_remove(array_remove(${tagsBefore}, ${name}::text), ${newName}::text) as others offset 0) as o
  )`;

/** An update of a link checks one foreign key; its deletion and another's insertion would check both. */
const renameTagTemplate: CteTemplate = {
  name: 'rename tag',
  sql: sql`${changeTasksWithTag(hasTag('tt', newName), tagsAfterRenaming)}, ${stampTags(sql`case when one = ${newName} then (
        select count(*) from changed_tasks as c
        where c.deleted_at is null and (c.id in (select task_id from found where not has_other)) is true
      ) else 0 end`)}, renamed_links as (
      update duly.task_tags as tt set name = ${newName}
      where tt.user_id = ${userParam} and tt.name = ${name} and not ${hasTag('tt', newName)}
    ), removed_links as (
      delete from duly.task_tags as tt
      where tt.user_id = ${userParam} and tt.name = ${name} and ${hasTag('tt', newName)}
    )`,
};

const removeTagTemplate: CteTemplate = {
  name: 'remove tag',
  sql: sql`${changeTasksWithTag(sql`false`, sql`array_remove(${tagsBefore}, ${name}::text)`)}, ${stampTags(sql`0`)},
    removed_links as (
      delete from duly.task_tags where user_id = ${userParam} and name = ${name}
    )`,
};
