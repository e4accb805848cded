import { type Expression, type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import type { KeysetPosition } from './cursors.ts';
import type { Db } from './schema.ts';
import { compileOncePerShape, type ParamValues, param } from './statements.ts';

/** Which part of a list is asked for; `position` (keyset) and `offset` exclude each other. */
export interface PageRequest {
  limit: number;
  offset: number;
  position: KeysetPosition | null;
}

/** Ties break by the tie-breaker, if there is one, and by id, in the same direction. */
export interface SortOrder<T> {
  key: Expression<unknown>;
  /** Tells the order from others. */
  name: 'created_at' | 'updated_at' | 'deleted_at' | 'title' | 'due_date' | 'priority';
  /** The key of an item, as text for a position. */
  keyOf(item: T): string | null;
  /** That text as the key again. */
  keyFromText(text: Expression<string>): Expression<unknown>;
  /** A column of a task `t`, and the same of the item at a position, made of the text of its key. */
  tieBreaker?: { key: Expression<unknown>; toKey(text: Expression<string>): Expression<unknown> };
  direction: 'asc' | 'desc';
  /** Rows may have no key: they come last in both directions; read backward, first. */
  nullable: boolean;
}

export interface TaskPage {
  /** The JSON text of each. */
  tasks: string[];
  /** How many tasks match on all pages. */
  total: number;
  next: KeysetPosition | null;
  prev: KeysetPosition | null;
  /** Whether the page may become another one although nothing of its user changes. */
  isUncacheable: boolean;
}

/** The tasks `t` of the user who is given, live and in the trash: where each list begins. */
export const selectTasksOfUser = (db: Db) =>
  db.selectFrom('duly.tasks as t').where('t.user_id', '=', param<string>('user_id'));

/** Which tasks a list has, on all of its pages, and how each is shown. */
export interface TaskSelection {
  /** Tells the statement of `tasks` from any other's. */
  shape: string;
  query(db: Db): ReturnType<typeof selectTasksOfUser>;
  /** The JSON of a task `t`, of one line. */
  json: RawBuilder<string>;
  /** What is given to it: at the least the user. */
  params: ParamValues & { user_id: string };
  /**
   * Whether finding out takes more than reading them along an index: then it is done once for the page and the total.
   */
  materialize: boolean;
  /** Whether something of the user's is still to be folded; null where folded text decides nothing. */
  hasUnfoldedRows: Expression<boolean> | null;
}

const pageStatements = compileOncePerShape<{ total: number; tasks: string | null; passing?: boolean }>();

/**
 * One statement, so that the page and the total are of the same moment; tags are read for the rows of the page only.
 * The database makes the JSON: to it that costs about what sending the values does, and this process needs not look at
 * them.
 */
export async function findTaskPage<T extends { id: string }>(
  db: Db,
  selection: TaskSelection,
  order: SortOrder<T>,
  slice: PageRequest,
): Promise<TaskPage> {
  const { limit, offset, position } = slice;
  const positionShape = position === null ? 'start' : [position.backward, position.key === null];
  const read = pageStatements([selection.shape, order.name, order.direction, positionShape].join(), (on) =>
    (selection.materialize ? pageFromMaterialized : pageFromIndex)(on, selection, order, position).compile(),
  );
  const { key, id } = position ?? {};
  // One more than the page holds, to know whether there is more.
  const [row] = await read(db, { ...selection.params, limit: limit + 1, offset, key, id });
  const page = toPage(row?.tasks?.split('\n') ?? [], order, slice);
  return { ...page, total: row?.total ?? 0, isUncacheable: row?.passing ?? false };
}

const total = sql<number>`count(*)::int`.as('total');

/** Each on a line of its own: in JSON a line's end within a text is escaped. */
function jsonLines<T>({ json }: TaskSelection, order: SortOrder<T>, position: KeysetPosition | null) {
  const inOrder = orderBySql(order, position?.backward ?? false);
  return sql<string | null>`string_agg(${json}, chr(10) order by ${inOrder})`.as('tasks');
}

/**
 * The page in the order of an index where there is one; the total without a look at the rows where an index has all it
 * takes.
 */
function pageFromIndex<T>(
  db: Db,
  selection: TaskSelection,
  order: SortOrder<T>,
  position: KeysetPosition | null,
) {
  return db
    .with('page', () => applyPage(selection.query(db).selectAll('t').select(keysOf(order)), order, position))
    .selectFrom(selection.query(db).select(total).as('counted'))
    .select('total')
    .select((made) =>
      made
        .selectFrom('page as t')
        .select(jsonLines(selection, orderBySelectedKeys(order), position))
        .as('tasks'),
    )
    .select(uncacheableFlag(selection));
}

const uncacheableFlag = ({ hasUnfoldedRows: isToBeFolded }: TaskSelection) =>
  isToBeFolded === null ? [] : [sql<boolean>`${isToBeFolded}`.as('passing')];

/**
 * Kept of those that match is what orders them: a hundred thousand of them fit into the memory that a statement has.
 */
function pageFromMaterialized<T>(
  db: Db,
  selection: TaskSelection,
  order: SortOrder<T>,
  position: KeysetPosition | null,
) {
  return db
    .with(
      (cte) => cte('matched').materialized(),
      () => selection.query(db).select(['t.id', ...keysOf(order)]),
    )
    .with('page', (made) =>
      applyPage(made.selectFrom('matched as t').select('t.id'), orderBySelectedKeys(order), position),
    )
    .selectFrom((made) => made.selectFrom('matched').select(total).as('counted'))
    .select('total')
    .select((made) =>
      made
        .selectFrom('page')
        .innerJoin('duly.tasks as t', (join) =>
          join.on('t.user_id', '=', param<string>('user_id')).onRef('t.id', '=', 'page.id'),
        )
        .select(jsonLines(selection, order, position))
        .as('tasks'),
    )
    .select(uncacheableFlag(selection));
}

const keysOf = <T>({ key, tieBreaker }: SortOrder<T>) => [
  sql`${key}`.as('key'),
  ...(tieBreaker === undefined ? [] : [sql`${tieBreaker.key}`.as('tie')]),
];

/** The order of what `keysOf` selects. */
const orderBySelectedKeys = <T>({ tieBreaker, ...order }: SortOrder<T>): SortOrder<T> => ({
  ...order,
  key: sql.ref('t.key'),
  ...(tieBreaker && { tieBreaker: { ...tieBreaker, key: sql.ref('t.tie') } }),
});

function applyPage<D, S extends keyof D, O, T>(
  query: SelectQueryBuilder<D, S, O>,
  order: SortOrder<T>,
  position: KeysetPosition | null,
): SelectQueryBuilder<D, S, O> {
  const page = query
    .orderBy(orderBySql(order, position?.backward ?? false))
    .limit(param<number>('limit'))
    .offset(param<number>('offset'));
  return position === null ? page : page.where(afterPosition(order, position));
}

/** @param found one more than the page holds, where there is more. */
function toPage<T extends { id: string }>(
  found: readonly string[],
  order: SortOrder<T>,
  { limit, position }: PageRequest,
): Pick<TaskPage, 'tasks' | 'next' | 'prev'> {
  const backward = position?.backward ?? false;
  const more = found.length > limit;
  const tasks = found.slice(0, limit);
  if (backward) tasks.reverse();
  const [first, last] = [tasks[0], tasks.at(-1)];
  const before = backward ? more : position !== null;
  const after = backward || more;
  const positionOf = (text: string, isBefore: boolean) => {
    const task: T = JSON.parse(text);
    return { backward: isBefore, key: order.keyOf(task), id: task.id };
  };
  return {
    tasks,
    next: after && last !== undefined ? positionOf(last, false) : null,
    prev: before && first !== undefined ? positionOf(first, true) : null,
  };
}

function orderBySql<T>(order: SortOrder<T>, backward: boolean): Expression<unknown> {
  const { key, tieBreaker, direction, nullable } = order;
  const way = (direction === 'asc') === backward ? sql`desc` : sql`asc`;
  if (tieBreaker !== undefined) return sql`${key} ${way}, ${tieBreaker.key} ${way}, t.id ${way}`;
  if (!nullable) return sql`${key} ${way}, t.id ${way}`;
  const nulls = backward ? sql`nulls first` : sql`nulls last`;
  return sql`${key} ${way} ${nulls}, t.id ${way}`;
}

/** The rows beyond a position, in the order of `orderOf`. */
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
