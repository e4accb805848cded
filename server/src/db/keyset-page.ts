import { validationError } from '../platform/errors.ts';
import { decodeCursor, encodeCursor, type KeysetPosition, type PageScope } from './cursors.ts';
import type { ListTotal } from './known-totals.ts';
import type { SortOrder } from './page-order.ts';
import { type PageRow, type PageSource, pageSql } from './page-statement.ts';
import type { Db } from './schema.ts';
import { compileOncePerShape } from './statements.ts';

/** The requested part of a list; `position` (keyset) and `offset` exclude each other. */
export interface PageRequest {
  limit: number;
  offset: number;
  position: KeysetPosition | null;
}

/** A `PageRequest` as a client sends it. */
interface PageQuery {
  limit: number;
  offset?: number;
  cursor?: string;
}

export interface Page {
  /** The JSON of an array's items, with commas between them. */
  items: Buffer;
  /** How many match on all pages. */
  total: number;
  next: KeysetPosition | null;
  prev: KeysetPosition | null;
  /** Whether the page may change although no write of its user happens. */
  isUncacheable: boolean;
  /** How many rows the index of the order may lack: see `indexed-order.ts`; 0 in other orders. */
  orderGap: number;
  /** The values of the source's `extras`, by name. */
  extras: Readonly<Record<string, string | null>>;
}

/** A page with cursors. */
export interface EncodedPage {
  /** The JSON of an array's items, with commas between them. */
  items: Buffer;
  pagination: { total: number; limit: number; offset: number | null; next_cursor: string | null };
  /** The parameters of the pages around this one, where there are such. */
  links: { next?: { cursor?: string; offset?: string }; prev?: { cursor?: string; offset?: string } };
  isUncacheable: boolean;
  orderGap: number;
  extras: Page['extras'];
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
  const { items, total, next, prev, ...rest } = await find({ limit, offset: offset ?? 0, position });
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
  return { items, pagination, links, ...rest };
}

const pageStatements = compileOncePerShape<PageRow>();

/**
 * One statement, so that page and total are of one snapshot. The database builds the JSON, which costs it about as much
 * as sending the values, and this process neither decodes nor parses it.
 * @param known the total of the list as it was counted before, if it is a long one
 */
export async function findPage(
  db: Db,
  source: PageSource,
  order: SortOrder,
  request: PageRequest,
  known?: ListTotal,
): Promise<Page> {
  const { limit, offset, position } = request;
  const chunks = source.materialize ? null : (known?.params ?? null);
  const isChunked = chunks !== null;
  const positionShape = position === null ? 'start' : [position.backward, position.key === null];
  const orderShape = [order.name, order.direction, order.flag !== undefined];
  const shape = [source.table, source.shape, orderShape, positionShape, isChunked].join();
  const read = pageStatements(shape, (on) => pageSql({ ...source, isChunked }, order, position).compile(on));
  const { key, id } = position ?? {};
  const [row] = await read(db, { ...source.params, ...chunks, limit, offset, key, id });
  if (row === undefined) throw new Error('the statement of a page returned no row');
  known?.remember(row);
  return {
    items: row.items ?? Buffer.alloc(0),
    total: row.total,
    ...positionsAround(row, request),
    isUncacheable: row.has_unfolded_rows ?? false,
    orderGap: row.order_gap ?? 0,
    extras: Object.fromEntries(
      Object.keys(source.extras ?? {}).map((name) => [name, row[`extra_${name}`]?.toString() ?? null]),
    ),
  };
}

function positionsAround(
  { found, ...row }: PageRow,
  { limit, position }: PageRequest,
): Pick<Page, 'next' | 'prev'> {
  const isBackward = position?.backward ?? false;
  const hasMore = (found ?? 0) > limit;
  const at = (id: Buffer | null | undefined, key: Buffer | null | undefined, backward: boolean) =>
    id ? { backward, key: key?.toString() ?? null, id: id.toString() } : null;
  const first = position === null ? null : at(row.first_id, row.first_key, !isBackward);
  const last = hasMore ? at(row.last_id, row.last_key, isBackward) : null;
  return isBackward ? { next: first, prev: last } : { next: last, prev: first };
}
