import { type Expression, type RawBuilder, sql } from 'kysely';
import { asBytes } from './byte-rows.ts';
import type { KeysetPosition } from './cursors.ts';
import { orderGap, orderSeen, rowsAlongIndex } from './indexed-order.ts';
import { nearlyInOrder } from './near-order.ts';
import {
  afterPosition,
  keysOf,
  matchingRows,
  orderAndLimit,
  orderBySelectedKeys,
  orderBySql,
  type SortOrder,
} from './page-order.ts';
import { chunkedTotal, chunksSeen, plainTotal, type TotalSource } from './page-totals.ts';
import { type ParamValues, param } from './statements.ts';

/** Which rows a list has, on all of its pages, and how each is shown. */
export interface PageSource extends TotalSource {
  /** What distinguishes `where` and `json` from those of other lists of the table. */
  shape: string;
  /** JSON text. */
  json: RawBuilder<string>;
  /** Values of the parameters in the expressions. */
  params: ParamValues & { user_id: string };
  /** Whether to evaluate `where` once for the page and the total: when that is more than reading along an index. */
  materialize: boolean;
  /** Whether the total is counted in the chunks of the parameters that `known-totals.ts` gives. */
  isChunked?: boolean;
  /** Whether the user has rows whose folded text is outdated; null where folded text decides nothing. */
  hasUnfoldedRows: Expression<boolean> | null;
  /** Texts that the statement also reads, of the same snapshot, by name; `shape` has to distinguish them. */
  extras?: Readonly<Record<string, Expression<string | null>>>;
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
  /** Id and key of the last row of a full page. */
  last_id: Buffer | null;
  last_key: Buffer | null;
  has_unfolded_rows?: boolean;
  /** If the total was counted in chunks: the rows of each, with commas between them, and the epoch and revision. */
  counts?: Buffer | null;
  counted_epoch?: Buffer | null;
  counted_revision?: Buffer | null;
  /** Rows that the index of the order may lack; absent in other orders. */
  order_gap?: number;
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
  sql<PageRow>`${sql.raw(asBytes)} with ${source.isChunked ? sql`${chunksSeen}, ` : sql``}${order.flag === undefined ? sql`` : sql`${orderSeen(source.table)}, `}page as (
      select t.*, ${rowNumber(order, position)} from (
        ${orderedRows(source, order, position)}
      ) as t
    )
    select ${pageColumns(source)}${order.flag === undefined ? sql`` : sql`, ${orderGap}`} from (${source.isChunked ? chunkedTotal(source) : plainTotal(source)}) as counted,
      (select ${shownColumns(source, order, position)} from page as t) as shown`;

function orderedRows(source: PageSource, order: SortOrder, position: KeysetPosition | null) {
  const { nearly, flag } = order;
  if (flag !== undefined) return rowsAlongIndex(source, { ...order, flag }, position);
  if (nearly !== undefined) return nearlyInOrder(source, { ...order, nearly }, position);
  const after = position === null ? [] : [afterPosition(order, position)];
  return sql`select t.*, ${keysOf(order)} ${matchingRows(source, after)} ${orderAndLimit(order, position)}`;
}

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
    sql`counted.*, shown.*`,
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
