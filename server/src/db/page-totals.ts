import { type Expression, type SqlBool, sql } from 'kysely';
import { matchingRows, type RowSource } from './page-order.ts';
import { param } from './statements.ts';

/**
 * The total of a list. Of a long list it is counted in chunks of the time of creation, which never changes. What a
 * chunk had at an earlier revision of the user, it still has, unless one of its rows was changed since: that one has a
 * higher revision. So only chunks with changed rows are counted again, in the snapshot of the page.
 */

const plainCount = (source: RowSource, more: readonly Expression<SqlBool>[] = []) =>
  sql`select count(*)::int ${matchingRows(source, more)}`;

export const plainTotal = (source: RowSource) => sql`select count(*)::int as total ${matchingRows(source)}`;

/** Rows that the clock brings into a list are in no chunk, and are counted each time: those of `others`. */
export interface TotalSource extends RowSource {
  inChunks?: Expression<SqlBool>;
  others?: Expression<SqlBool>;
}

/** After more changes than this, all chunks are counted again. */
const maxChanges = 300;

const userParam = param('user_id');
const countedRevision = sql`${param('counted_revision')}::bigint`;

/**
 * The CTEs that `chunkedTotal` reads. All chunks are counted again after a purge, because its rows are gone; after a
 * change of a project, because archiving hides tasks without changing them; in another epoch; and on a replica that is
 * older than the counts.
 */
export const chunksSeen = sql`seen as materialized (
      select e.id as epoch, o.revision, e.id = ${param('counted_epoch')}::text and o.revision >= ${countedRevision}
        and o.feed_from <= ${countedRevision} and not exists (
          select from duly.tombstones as d where d.user_id = ${userParam} and d.revision > ${countedRevision}
            and d.type in ('task', 'project')
        ) and not exists (
          select from duly.projects as p where p.user_id = ${userParam} and p.revision > ${countedRevision}
        ) as is_known
      from duly.epoch as e, duly.owners as o where o.user_id = ${userParam}
    ), changed as materialized (
      select o.created_at from duly.tasks as o
      where o.user_id = ${userParam} and o.revision > ${countedRevision} and (select is_known from seen)
      limit ${sql.lit(maxChanges + 1)}
    ), changes as materialized (
      select (select is_known from seen) and count(*) <= ${sql.lit(maxChanges)} as are_known from changed
    )`;

const chunk = [sql<SqlBool>`t.created_at >= k.starts_at`, sql<SqlBool>`t.created_at < k.ends_at`];

/**
 * The chunks are the parameters `chunk_starts` and, if they were counted before, `chunk_counts`: arrays as texts.
 * Without `offset 0` each chunk would be counted twice, for both aggregates.
 */
export const chunkedTotal = ({ inChunks, others, ...source }: TotalSource) =>
  sql`select coalesce(sum(c.row_count), 0)::int${others === undefined ? sql`` : sql` + (${plainCount(source, [others])})`} as total, string_agg(c.row_count::text, ',' order by c.ordinal) as counts,
      (select epoch from seen) as counted_epoch, (select revision::text from seen) as counted_revision
    from (
      select k.ordinal, case
        when (select are_known from changes) and k.row_count is not null and not exists (
          select from changed as x where x.created_at >= k.starts_at and x.created_at < k.ends_at
        ) then k.row_count
        else (${plainCount(source, [...chunk, ...(inChunks === undefined ? [] : [inChunks])])})
      end as row_count
      from (
        select u.starts_at, u.row_count, u.ordinal, lead(u.starts_at, 1, 'infinity') over (order by u.ordinal) as ends_at
        from unnest(${param('chunk_starts')}::text::timestamptz[], ${param('chunk_counts')}::text::bigint[])
          with ordinality as u (starts_at, row_count, ordinal)
      ) as k
      offset 0
    ) as c`;
