import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { KeysetPosition } from './cursors.ts';
import {
  afterPosition,
  keysOf,
  matchingRows,
  type NearColumn,
  orderAndLimit,
  orderBySelectedKeys,
  type RowSource,
  rowCount,
  type SortOrder,
} from './page-order.ts';
import { param } from './statements.ts';

type NearOrder = SortOrder & { nearly: NearColumn };

/**
 * The rows of a page in an order that no index has. Reads along an index of dates, up to the date of the page's last
 * row and a margin, and sorts what it has read. Rows without a key come last, by id, along the primary key.
 */
export function nearlyInOrder(
  source: RowSource,
  order: NearOrder,
  position: KeysetPosition | null,
): RawBuilder<unknown> {
  const isAmongUndated = position !== null && position.key === null;
  const isBackward = position?.backward ?? false;
  const dated = isAmongUndated && !isBackward ? null : datedRows(source, order, position);
  const isUndatedLeftOut = !order.nullable || (position !== null && !isAmongUndated && isBackward);
  const undated = isUndatedLeftOut ? null : undatedRows(source, order, position);
  const inOrder = orderAndLimit(orderBySelectedKeys(order), position);
  if (undated === null) return sql`select t.* from (${dated}) as t ${inOrder}`;
  if (dated === null) return sql`select t.* from (${undated(sql`true`)}) as t ${inOrder}`;
  // Backward, rows without a key come first. Forward, they are read only if there are too few rows with a key.
  const isNeeded = isBackward ? sql`true` : sql`(select count(*) from dated) < ${rowCount}`;
  return sql`with dated as materialized (${dated})
    select t.* from (select t.* from dated as t union all ${undated(isNeeded)}) as t ${inOrder}`;
}

const isAscendingFrom = ({ direction }: SortOrder, position: KeysetPosition | null) =>
  (direction === 'asc') !== (position?.backward ?? false);

/** The first row beyond the page by date: as many rows as the page needs have its date or one before. */
function datedRows(source: RowSource, order: NearOrder, position: KeysetPosition | null) {
  const { column, marginDays } = order.nearly;
  const margin = sql.lit(marginDays);
  const isAscending = isAscendingFrom(order, position);
  const after =
    position === null || position.key === null
      ? []
      : [
          afterPosition({ ...order, nullable: false }, position),
          isAscending
            ? sql<SqlBool>`${column} >= ${dateOfPosition} - ${margin}`
            : sql<SqlBool>`${column} <= ${dateOfPosition} + ${margin}`,
        ];
  const rows = [sql<SqlBool>`${column} is not null`, ...after];
  const lastDate = sql`(
      select ${column} ${matchingRows(source, rows)}
      order by ${column} ${isAscending ? sql`asc` : sql`desc`} offset ${rowCount} - 1 limit 1
    )`;
  const near = isAscending
    ? sql<SqlBool>`${column} <= coalesce(${lastDate} + ${margin}, 'infinity'::date)`
    : sql<SqlBool>`${column} >= coalesce(${lastDate} - ${margin}, '-infinity'::date)`;
  return sql`select t.*, ${keysOf(order)} ${matchingRows(source, [...rows, near])}`;
}

/** The date in UTC of the instant at a position. */
const dateOfPosition = sql`(${param('key')}::timestamptz at time zone 'UTC')::date`;

/** @returns the rows on a condition that is evaluated once */
function undatedRows(source: RowSource, order: NearOrder, position: KeysetPosition | null) {
  const { column } = order.nearly;
  const after =
    position === null || position.key !== null
      ? []
      : [sql<SqlBool>`t.id ${isAscendingFrom(order, position) ? sql`>` : sql`<`} ${param('id')}::uuid`];
  return (isNeeded: RawBuilder<unknown>) => sql`(select t.*, ${order.keyFromText(sql`null`)} as key
      ${matchingRows(source, [sql<SqlBool>`${column} is null`, ...after, sql<SqlBool>`${isNeeded}`])}
      order by t.id ${isAscendingFrom(order, position) ? sql`asc` : sql`desc`} limit ${rowCount})`;
}
