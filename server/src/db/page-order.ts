import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { KeysetPosition } from './cursors.ts';
import { param } from './statements.ts';

/** Rows of a user. The table has `user_id` and `id uuid`; in every expression `t` is a row of it. */
export interface RowSource {
  table: string;
  /** All of these hold, besides that the row is the user's. */
  where: readonly Expression<SqlBool>[];
}

/** Ties break by the tie-breaker, if there is one, and by id, in the same direction. */
export interface SortOrder {
  key: Expression<unknown>;
  /** What distinguishes the order from others of the table. */
  name: string;
  /** The key as text, for a position. */
  keyText: Expression<string | null>;
  /** That text as the key again. */
  keyFromText(text: Expression<string>): Expression<unknown>;
  /** A column of `t`, and that of the item at a position, made of the text of its key. */
  tieBreaker?: { key: Expression<unknown>; toKey(text: Expression<string>): Expression<unknown> };
  direction: 'asc' | 'desc';
  /** Rows may have no key: they come last in both directions; read backward, first. */
  nullable: boolean;
  nearly?: NearColumn;
  /** The condition of an index that has the order; see `indexed-order.ts`. */
  flag?: RawBuilder<SqlBool>;
}

/**
 * A `date` that an index has, for an order by instants which no index has: of two rows whose dates are more than
 * `marginDays` apart, the one with the later date comes later. Null where the key is.
 */
export interface NearColumn {
  column: Expression<unknown>;
  marginDays: number;
}

export const matchingRows = ({ table, where }: RowSource, more: readonly Expression<SqlBool>[] = []) =>
  sql`from ${sql.table(table)} as t where ${sql.join(
    [sql`t.user_id = ${param('user_id')}`, ...where, ...more],
    sql` and `,
  )}`;

export const keysOf = ({ key, tieBreaker }: SortOrder) =>
  tieBreaker === undefined ? sql`${key} as key` : sql`${key} as key, ${tieBreaker.key} as tie`;

/** The order of what `keysOf` selects. */
export const orderBySelectedKeys = ({ tieBreaker, ...order }: SortOrder): SortOrder => ({
  ...order,
  key: sql.ref('t.key'),
  ...(tieBreaker && { tieBreaker: { ...tieBreaker, key: sql.ref('t.tie') } }),
});

/** A page and one more, after the offset. */
export const rowCount = sql`${param('limit')}::int + ${param('offset')}::int + 1`;

export const orderAndLimit = (order: SortOrder, position: KeysetPosition | null) =>
  sql`order by ${orderBySql(order, position)} limit ${param('limit')}::int + 1 offset ${param('offset')}`;

export function orderBySql(order: SortOrder, position: KeysetPosition | null): Expression<unknown> {
  const { key, tieBreaker, direction, nullable } = order;
  const backward = position?.backward ?? false;
  const way = (direction === 'asc') === backward ? sql`desc` : sql`asc`;
  if (tieBreaker !== undefined) return sql`${key} ${way}, ${tieBreaker.key} ${way}, t.id ${way}`;
  if (!nullable) return sql`${key} ${way}, t.id ${way}`;
  const nulls = backward ? sql`nulls first` : sql`nulls last`;
  return sql`${key} ${way} ${nulls}, t.id ${way}`;
}

/** The rows beyond a position, in the order of `orderBySql`. */
export function afterPosition(order: SortOrder, { backward, key }: KeysetPosition): Expression<SqlBool> {
  const operator = (order.direction === 'asc') === backward ? sql`<` : sql`>`;
  const id = sql`${param('id')}::uuid`;
  const later = sql<SqlBool>`t.id ${operator} ${id}`;
  if (key === null) {
    return backward
      ? sql<SqlBool>`(${order.key} is not null or ${later})`
      : sql<SqlBool>`(${order.key} is null and ${later})`;
  }
  const text = param<string>('key');
  const tie = order.tieBreaker;
  const row =
    tie === undefined
      ? sql<SqlBool>`(${order.key}, t.id) ${operator} (${order.keyFromText(text)}, ${id})`
      : sql<SqlBool>`(${order.key}, ${tie.key}, t.id) ${operator} (${order.keyFromText(text)}, ${tie.toKey(text)}, ${id})`;
  return backward || !order.nullable ? row : sql<SqlBool>`(${order.key} is null or ${row})`;
}
