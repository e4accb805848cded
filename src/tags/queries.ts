import { type SqlBool, sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { containing } from '../db/search.ts';
import type { Tag, TagListQuery } from './model.ts';

/** The tags on live tasks, by name (code point order), with the number of live tasks each is on. */
export async function listTags(
  db: Db,
  userId: string,
  query: TagListQuery,
): Promise<{ tags: Tag[]; total: number }> {
  let tags = db
    .selectFrom('task_tags as tt')
    .innerJoin('tasks as t', (join) =>
      join.onRef('t.user_id', '=', 'tt.user_id').onRef('t.id', '=', 'tt.task_id'),
    )
    .where('tt.user_id', '=', userId)
    .where('t.deleted_at', 'is', null)
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
