import { type Generated, type SqlBool, sql } from 'kysely';
import { foldedLikePattern, likePattern } from '../db/like-patterns.ts';
import type { Db, Tx } from '../db/schema.ts';
import { fold, foldVersion } from '../platform/folding.ts';
import type { WriteStamp } from '../writes/revisions.ts';
import type { Tag, TagListQuery } from './model.ts';

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
      sql<{ passing: boolean }>`(select ${search ? hasUnfoldedTags(userId) : sql`false`} as passing)`.as('f'),
    )
    .leftJoin('found', (join) => join.onTrue())
    .select(['f.passing', 'found.name', 'found.usage_count', 'found.total'])
    .orderBy('found.name')
    .execute();
  const tags = rows.flatMap(({ name, usage_count }) =>
    name === null || usage_count === null ? [] : [{ name, usage_count }],
  );
  return { tags, total: rows[0]?.total ?? 0, isUncacheable: rows[0]?.passing ?? false };
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

/** @returns the tag, or null when no task has it, live or in the trash. */
export async function findTag(db: Db, userId: string, name: string): Promise<Tag | null> {
  const { rows } = await sql<Tag>`
    select g.name, g.usage_count from duly.tags g
    where g.user_id = ${userId} and g.name = ${name}
      and exists (select from duly.task_tags tt where tt.user_id = g.user_id and tt.name = g.name)`.execute(
    db,
  );
  return rows[0] ?? null;
}

/**
 * Puts other tags, or none, in the place of one on every task that has it, in the trash too: one statement, however
 * many there are. The tasks get their next version, the tags the revision, and the others a count for each live task
 * that did not have them.
 */
export async function replaceTag(
  tx: Tx,
  userId: string,
  { revision, now, versionFloor }: WriteStamp,
  name: string,
  others: readonly string[],
): Promise<void> {
  await sql`
    with tagged as materialized (
      select task_id from duly.task_tags where user_id = ${userId} and name = ${name}
    ), changed as (
      update duly.tasks as t set version = greatest(t.version + 1, ${versionFloor}::int), revision = ${revision}::bigint, updated_at = ${now}
      from tagged where t.user_id = ${userId} and t.id = tagged.task_id
      returning t.id, t.deleted_at is null as is_live
    ), untagged as (
      delete from duly.task_tags where user_id = ${userId} and name = ${name}
    ), added as (
      insert into duly.task_tags (user_id, task_id, name)
      select ${userId}, tagged.task_id, other from tagged cross join unnest(${others}::text[]) as other
      on conflict do nothing
      returning task_id, name
    )
    insert into duly.tags (user_id, name, revision, search_text, search_version, usage_count)
    select ${userId}, one, ${revision}::bigint, folded, ${foldVersion},
      (select count(*) from added join changed on id = task_id where is_live and added.name = one)
    from unnest(${[name, ...others]}::text[], ${[name, ...others].map(fold)}::text[]) as used (one, folded)
    on conflict (user_id, name) do update set revision = excluded.revision, search_text = excluded.search_text,
      search_version = excluded.search_version,
      usage_count = case when tags.name = ${name} then 0 else tags.usage_count + excluded.usage_count end`.execute(
    tx,
  );
}
