import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import { validationError } from '../platform/errors.ts';
import { decodeCursor, encodeCursor, type KeysetPosition, type PageScope } from './cursors.ts';
import type { Db } from './schema.ts';
import { compileOncePerShape, type ParamValues, param } from './statements.ts';

/** The requested part of a list; `position` (keyset) and `offset` exclude each other. */
export interface PageRequest {
  limit: number;
  offset: number;
  position: KeysetPosition | null;
}

/** The same as a client sends it. */
interface PageQuery {
  limit: number;
  offset?: number;
  cursor?: string;
}

export interface Page {
  /** The JSON text of each. */
  items: string[];
  /** How many match on all pages. */
  total: number;
  next: KeysetPosition | null;
  prev: KeysetPosition | null;
  /** Whether the page may change although no write of its user happens. */
  isUncacheable: boolean;
}

/** A page with cursors. */
export interface EncodedPage {
  /** JSON: an array. */
  items: string;
  pagination: { total: number; limit: number; offset: number | null; next_cursor: string | null };
  /** The parameters of the pages around this one, where there are such. */
  links: { next?: { cursor?: string; offset?: string }; prev?: { cursor?: string; offset?: string } };
  isUncacheable: boolean;
}

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
  /** JSON text of one line. */
  json: RawBuilder<string>;
  /** Values of the parameters in the expressions. */
  params: ParamValues & { user_id: string };
  /** Whether to evaluate `where` once for the page and the total: when that is more than reading along an index. */
  materialize: boolean;
  /** Whether the user has rows whose folded text is outdated; null where folded text decides nothing. */
  hasUnfoldedRows: Expression<boolean> | null;
}

/** Ties break by the tie-breaker, if there is one, and by id, in the same direction. */
export interface SortOrder<T> {
  key: Expression<unknown>;
  /** What distinguishes the order from others of the table. */
  name: string;
  /** The key of an item, as text for a position. */
  keyOf(item: T): string | null;
  /** That text as the key again. */
  keyFromText(text: Expression<string>): Expression<unknown>;
  /** A column of `t`, and that of the item at a position, made of the text of its key. */
  tieBreaker?: { key: Expression<unknown>; toKey(text: Expression<string>): Expression<unknown> };
  direction: 'asc' | 'desc';
  /** Rows may have no key: they come last in both directions; read backward, first. */
  nullable: boolean;
}

/** @throws AppError VALIDATION_ERROR, CURSOR_EXPIRED */
export async function readPage(
  scope: PageScope,
  { limit, offset, cursor }: PageQuery,
  find: (request: PageRequest) => Promise<Page>,
): Promise<EncodedPage> {
  if (cursor !== undefined && offset !== undefined) {
    throw validationError([{ loc: ['query', 'cursor'], msg: 'cannot be used with offset', type: 'cursor' }]);
  }
  const position = cursor === undefined ? null : decodeCursor(cursor, scope);
  const { items, total, next, prev, isUncacheable } = await find({ limit, offset: offset ?? 0, position });
  const nextCursor = next && encodeCursor(next, scope);
  const links: EncodedPage['links'] = {};
  if (offset === undefined) {
    if (nextCursor !== null) links.next = { cursor: nextCursor };
    if (prev !== null) links.prev = { cursor: encodeCursor(prev, scope) };
  } else {
    if (nextCursor !== null) links.next = { offset: String(offset + limit) };
    if (offset > 0) links.prev = { offset: String(Math.max(0, offset - limit)) };
  }
  const shownOffset = cursor === undefined ? (offset ?? 0) : null;
  const pagination = { total, limit, offset: shownOffset, next_cursor: nextCursor };
  return { items: `[${items.join()}]`, pagination, links, isUncacheable };
}

const pageStatements = compileOncePerShape<PageRow>();

/**
 * One statement, so that page and total are of one snapshot. The database builds the JSON, which costs it about as much
 * as sending the values, and this process does not parse them.
 */
export async function findPage<T extends { id: string }>(
  db: Db,
  source: PageSource,
  order: SortOrder<T>,
  request: PageRequest,
): Promise<Page> {
  const { limit, offset, position } = request;
  const positionShape = position === null ? 'start' : [position.backward, position.key === null];
  const shape = [source.table, source.shape, order.name, order.direction, positionShape].join();
  const read = pageStatements(shape, (on) =>
    (source.materialize ? pageFromMaterialized : pageFromIndex)(source, order, position).compile(on),
  );
  const { key, id } = position ?? {};
  // One more than the page holds, to know whether there is more.
  const [row] = await read(db, { ...source.params, limit: limit + 1, offset, key, id });
  const page = toPage(row?.items?.split('\n') ?? [], order, request);
  return { ...page, total: row?.total ?? 0, isUncacheable: row?.has_unfolded_rows ?? false };
}

interface PageRow {
  total: number;
  items: string | null;
  has_unfolded_rows?: boolean;
}

/**
 * Reads the page along an index in its order, if there is one. The total is an index-only scan if the index has all
 * filtered columns.
 */
const pageFromIndex = <T>(source: PageSource, order: SortOrder<T>, position: KeysetPosition | null) =>
  sql<PageRow>`with page as (
      select t.*, ${keysOf(order)} ${matchingRows(source, position && afterPosition(order, position))}
      ${orderAndLimit(order, position)}
    )
    select total, (${jsonLines(source, orderBySelectedKeys(order), position)} from page as t) as items${uncacheableFlag(source)}
    from (select count(*)::int as total ${matchingRows(source)}) as counted`;

/** Materializes keys only: those of a hundred thousand rows fit into the memory of a statement. */
function pageFromMaterialized<T>(source: PageSource, order: SortOrder<T>, position: KeysetPosition | null) {
  const bySelectedKeys = orderBySelectedKeys(order);
  const after = position === null ? sql`` : sql`where ${afterPosition(bySelectedKeys, position)}`;
  return sql<PageRow>`with matched as materialized (
      select t.id, ${keysOf(order)} ${matchingRows(source)}
    ), page as (
      select t.id from matched as t ${after} ${orderAndLimit(bySelectedKeys, position)}
    )
    select total, (${jsonLines(source, order, position)} from page
      inner join ${sql.table(source.table)} as t on t.user_id = ${param('user_id')} and t.id = page.id
    ) as items${uncacheableFlag(source)}
    from (select count(*)::int as total from matched) as counted`;
}

const matchingRows = ({ table, where }: PageSource, after: Expression<SqlBool> | null = null) =>
  sql`from ${sql.table(table)} as t where ${sql.join(
    [sql`t.user_id = ${param('user_id')}`, ...where, ...(after === null ? [] : [after])],
    sql` and `,
  )}`;

/** One item per line: JSON escapes line breaks within texts. */
const jsonLines = <T>({ json }: PageSource, order: SortOrder<T>, position: KeysetPosition | null) =>
  sql`select string_agg(${json}, chr(10) order by ${orderBySql(order, position)}) as items`;

const uncacheableFlag = ({ hasUnfoldedRows }: PageSource) =>
  hasUnfoldedRows === null ? sql`` : sql`, ${hasUnfoldedRows} as has_unfolded_rows`;

const keysOf = <T>({ key, tieBreaker }: SortOrder<T>) =>
  tieBreaker === undefined ? sql`${key} as key` : sql`${key} as key, ${tieBreaker.key} as tie`;

/** The order of what `keysOf` selects. */
const orderBySelectedKeys = <T>({ tieBreaker, ...order }: SortOrder<T>): SortOrder<T> => ({
  ...order,
  key: sql.ref('t.key'),
  ...(tieBreaker && { tieBreaker: { ...tieBreaker, key: sql.ref('t.tie') } }),
});

const orderAndLimit = <T>(order: SortOrder<T>, position: KeysetPosition | null) =>
  sql`order by ${orderBySql(order, position)} limit ${param('limit')} offset ${param('offset')}`;

function orderBySql<T>(order: SortOrder<T>, position: KeysetPosition | null): Expression<unknown> {
  const { key, tieBreaker, direction, nullable } = order;
  const backward = position?.backward ?? false;
  const way = (direction === 'asc') === backward ? sql`desc` : sql`asc`;
  if (tieBreaker !== undefined) return sql`${key} ${way}, ${tieBreaker.key} ${way}, t.id ${way}`;
  if (!nullable) return sql`${key} ${way}, t.id ${way}`;
  const nulls = backward ? sql`nulls first` : sql`nulls last`;
  return sql`${key} ${way} ${nulls}, t.id ${way}`;
}

/** The rows beyond a position, in the order of `orderBySql`. */
function afterPosition<T>(order: SortOrder<T>, { backward, key }: KeysetPosition): Expression<SqlBool> {
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

/** @param found one more than the page holds, where there is more. */
function toPage<T extends { id: string }>(
  found: readonly string[],
  order: SortOrder<T>,
  { limit, position }: PageRequest,
): Pick<Page, 'items' | 'next' | 'prev'> {
  const backward = position?.backward ?? false;
  const more = found.length > limit;
  const items = found.slice(0, limit);
  if (backward) items.reverse();
  const [first, last] = [items[0], items.at(-1)];
  const before = backward ? more : position !== null;
  const after = backward || more;
  const positionOf = (text: string, isBefore: boolean) => {
    const item: T = JSON.parse(text);
    return { backward: isBefore, key: order.keyOf(item), id: item.id };
  };
  return {
    items,
    next: after && last !== undefined ? positionOf(last, false) : null,
    prev: before && first !== undefined ? positionOf(first, true) : null,
  };
}
