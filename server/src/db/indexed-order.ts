import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { KeysetPosition } from './cursors.ts';
import {
  afterPosition,
  keysOf,
  matchingRows,
  orderAndLimit,
  orderBySelectedKeys,
  orderBySql,
  type RowSource,
  rowCount,
  type SortOrder,
} from './page-order.ts';
import { param } from './statements.ts';

/**
 * Pages along an index that has only the rows with a flag. `duly.owners.orders_from` is the revision up to which all of
 * the user's rows have it. A row that was inserted later has a higher revision, whichever instance wrote it. So the
 * rows of a page are those of the index, and the few with a higher revision that the index lacks.
 */

/** With more rows beyond `orders_from`, or without one, the page sorts all rows of the list. */
export const maxBeyond = 300;

const userParam = param('user_id');

/** The CTEs that `rowsAlongIndex` reads. `gap` is how many rows are beyond, `maxBeyond + 1` for more. */
export const orderSeen = (table: string) => sql`beyond as materialized (
      select o.id, o.revision from ${sql.table(table)} as o
      where o.user_id = ${userParam} and o.revision > (
        select w.orders_from from duly.owners as w where w.user_id = ${userParam}
      )
      order by o.revision limit ${sql.lit(maxBeyond + 1)}
    ), order_seen as materialized (
      select case when w.orders_from is null then ${sql.lit(maxBeyond + 1)}
        else (select count(*)::int from beyond) end as gap
      from duly.owners as w where w.user_id = ${userParam}
    )`;

export const orderGap = sql`(select gap from order_seen) as order_gap`;

const isUsable = sql<SqlBool>`coalesce((select gap <= ${sql.lit(maxBeyond)} from order_seen), false)`;

/** @param flag a column of the row `t`, which is the condition of the index */
export function rowsAlongIndex(
  source: RowSource,
  { flag, ...order }: SortOrder & { flag: RawBuilder<SqlBool> },
  position: KeysetPosition | null,
): RawBuilder<unknown> {
  const after = position === null ? [] : [afterPosition(order, position)];
  const rows = (more: readonly RawBuilder<SqlBool>[]) =>
    sql`select t.*, ${keysOf(order)} ${matchingRows(source, [...after, ...more])}`;
  const first = sql`order by ${orderBySql(order, position)} limit ${rowCount}`;
  const lacks = sql<SqlBool>`${flag} is not true`;
  const isBeyond = sql<SqlBool>`t.id = any(array(select beyond.id from beyond))`;
  return sql`select t.* from (
      (${rows([flag, isUsable])} ${first})
      union all (${rows([lacks, isBeyond, isUsable])})
      union all (${rows([sql<SqlBool>`not ${isUsable}`])} ${first})
    ) as t ${orderAndLimit(orderBySelectedKeys(order), position)}`;
}
