import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import { asBytes } from './byte-rows.ts';
import type { KeysetPosition } from './cursors.ts';
import { type ParamValues, param } from './statements.ts';

/**
 * Which rows a list has, on all of its pages, and how each is shown. The table has `user_id` and `id uuid`; in every
 * expression `t` is a row of it.
 */
export interface PageSource {
  table: string;
  /** What distinguishes `where` and `json` from those of other lists of the table. */
  shape: string;
  /** All of these hold, besides that the row is the user's. */
  where: readonly Expression<SqlBool>[];
  /** JSON text. */
  json: RawBuilder<string>;
  /** Values of the parameters in the expressions. */
  params: ParamValues & { user_id: string };
  /** Whether to evaluate `where` once for the page and the total: when that is more than reading along an index. */
  materialize: boolean;
  /** Whether the user has rows whose folded text is outdated; null where folded text decides nothing. */
  hasUnfoldedRows: Expression<boolean> | null;
  /** Texts that the statement also reads, of the same snapshot, by name; `shape` has to distinguish them. */
  extras?: Readonly<Record<string, Expression<string | null>>>;
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
}

/** Rows are numbered as they are read: from the position, so backward from the end of the page. */
export interface PageRow {
  total: number;
  items: Buffer | null;
  /** One more than the page holds, if there is more; null for none. */
  found: number | null;
  /** Id and key of the first row; absent at the start of a list. */
  first_id?: Buffer | null;
  first_key?: Buffer | null;
  /** Those of the last row of a full page. */
  last_id: Buffer | null;
  last_key: Buffer | null;
  has_unfolded_rows?: boolean;
  [extra: `extra_${string}`]: Buffer | null;
}

/** The statement of a page, with the parameters `limit`, `offset`, and `key` and `id` of the position. */
export const pageSql = (source: PageSource, order: SortOrder, position: KeysetPosition | null) =>
  (source.materialize ? pageFromMaterialized : pageFromIndex)(source, order, position);

/**
 * Reads the page along an index in its order, if there is one. The total is an index-only scan if the index has all
 * filtered columns.
 */
const pageFromIndex = (source: PageSource, order: SortOrder, position: KeysetPosition | null) =>
  sql<PageRow>`${sql.raw(asBytes)} with page as (
      select t.*, ${rowNumber(order, position)} from (
        select t.*, ${keysOf(order)} ${matchingRows(source, position && afterPosition(order, position))}
        ${orderAndLimit(order, position)}
      ) as t
    )
    select ${pageColumns(source)} from (select count(*)::int as total ${matchingRows(source)}) as counted,
      (select ${shownColumns(source, order, position)} from page as t) as shown`;

/** Materializes keys only: those of a hundred thousand rows fit into the memory of a statement. */
function pageFromMaterialized(source: PageSource, order: SortOrder, position: KeysetPosition | null) {
  const bySelectedKeys = orderBySelectedKeys(order);
  const after = position === null ? sql`` : sql`where ${afterPosition(bySelectedKeys, position)}`;
  return sql<PageRow>`${sql.raw(asBytes)} with matched as materialized (
      select t.id, ${keysOf(order)} ${matchingRows(source)}
    ), page as (
      select t.id, ${rowNumber(order, position)} from (
        select t.* from matched as t ${after} ${orderAndLimit(bySelectedKeys, position)}
      ) as t
    )
    select ${pageColumns(source)} from (select count(*)::int as total from matched) as counted,
      (select ${shownColumns(source, order, position)} from (
        select t.*, page.row_number from page
        inner join ${sql.table(source.table)} as t on t.user_id = ${param('user_id')} and t.id = page.id
      ) as t) as shown`;
}

const rowNumber = (order: SortOrder, position: KeysetPosition | null) =>
  sql`(row_number() over (order by ${orderBySql(orderBySelectedKeys(order), position)}))::int as row_number`;

const pageColumns = ({ hasUnfoldedRows, extras = {} }: PageSource) =>
  sql.join([
    sql`counted.total, shown.*`,
    ...(hasUnfoldedRows === null ? [] : [sql`${hasUnfoldedRows} as has_unfolded_rows`]),
    ...Object.entries(extras).map(([name, extra]) => sql`${extra} as ${sql.id(`extra_${name}`)}`),
  ]);

/** `max` of one row is its value. */
function shownColumns({ json }: PageSource, { keyText }: SortOrder, position: KeysetPosition | null) {
  const limit = sql`${param('limit')}::int`;
  const way = position?.backward ? sql`desc` : sql`asc`;
  const idAndKey = (name: string, number: Expression<unknown>) =>
    sql`max(t.id::text) filter (where t.row_number = ${number}) as ${sql.id(`${name}_id`)},
      max(${keyText}) filter (where t.row_number = ${number}) as ${sql.id(`${name}_key`)}`;
  const first = position === null ? sql`` : sql`, ${idAndKey('first', sql`1`)}`;
  return sql`string_agg(${json}, ',' order by t.row_number ${way}) filter (where t.row_number <= ${limit}) as items,
    max(t.row_number) as found, ${idAndKey('last', limit)}${first}`;
}

const matchingRows = ({ table, where }: PageSource, after: Expression<SqlBool> | null = null) =>
  sql`from ${sql.table(table)} as t where ${sql.join(
    [sql`t.user_id = ${param('user_id')}`, ...where, ...(after === null ? [] : [after])],
    sql` and `,
  )}`;

const keysOf = ({ key, tieBreaker }: SortOrder) =>
  tieBreaker === undefined ? sql`${key} as key` : sql`${key} as key, ${tieBreaker.key} as tie`;

/** The order of what `keysOf` selects. */
const orderBySelectedKeys = ({ tieBreaker, ...order }: SortOrder): SortOrder => ({
  ...order,
  key: sql.ref('t.key'),
  ...(tieBreaker && { tieBreaker: { ...tieBreaker, key: sql.ref('t.tie') } }),
});

const orderAndLimit = (order: SortOrder, position: KeysetPosition | null) =>
  sql`order by ${orderBySql(order, position)} limit ${param('limit')}::int + 1 offset ${param('offset')}`;

function orderBySql(order: SortOrder, position: KeysetPosition | null): Expression<unknown> {
  const { key, tieBreaker, direction, nullable } = order;
  const backward = position?.backward ?? false;
  const way = (direction === 'asc') === backward ? sql`desc` : sql`asc`;
  if (tieBreaker !== undefined) return sql`${key} ${way}, ${tieBreaker.key} ${way}, t.id ${way}`;
  if (!nullable) return sql`${key} ${way}, t.id ${way}`;
  const nulls = backward ? sql`nulls first` : sql`nulls last`;
  return sql`${key} ${way} ${nulls}, t.id ${way}`;
}

/** The rows beyond a position, in the order of `orderBySql`. */
function afterPosition(order: SortOrder, { backward, key }: KeysetPosition): Expression<SqlBool> {
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
