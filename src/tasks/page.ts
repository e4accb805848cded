import { type Expression, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import type { Position } from '../db/paging.ts';
import type { Db } from '../db/schema.ts';
import { type TaskRow, taskColumns } from './row.ts';

/** Which part of a list is asked for; `position` (keyset) and `offset` exclude each other. */
export interface Slice {
  limit: number;
  offset: number;
  position: Position | null;
}

/** Ties break by id, in the same direction. */
export interface Order<T> {
  key: Expression<unknown>;
  /** What the key is made of. */
  column: 'created_at' | 'updated_at' | 'deleted_at' | 'title' | 'due_date' | 'priority';
  /** The key of an item, as text for a position. */
  keyOf(item: T): string | null;
  /** That text as the key again. */
  toKey(text: string): Expression<unknown>;
  direction: 'asc' | 'desc';
  /** Rows may have no key: they come last in both directions; read backward, first. */
  nullable: boolean;
}

export interface TaskPage<T> {
  tasks: T[];
  /** How many tasks match on all pages. */
  total: number;
  next: Position | null;
  prev: Position | null;
}

/** The tasks `t` of a user, live and in the trash: where each list begins. */
export const tasksOf = (db: Db, userId: string) =>
  db.selectFrom('tasks as t').where('t.user_id', '=', userId);

/** What `taskColumns` is made of. */
const pageColumns = [
  't.id',
  't.user_id',
  't.title',
  't.description',
  't.completed_at',
  't.priority',
  't.due_date',
  't.version',
  't.created_at',
  't.updated_at',
  't.deleted_at',
] as const;

/** Which tasks a list has, on all of its pages. */
export interface Selection {
  userId: string;
  tasks: ReturnType<typeof tasksOf>;
  /** Whether finding out takes more than reading them along an index: then it is done once for the page and the total. */
  isDear: boolean;
}

/** One statement, so that the page and the total are of the same moment; tags are read for the rows of the page only. */
export async function readTasks<T extends { id: string }>(
  db: Db,
  selection: Selection,
  order: Order<T>,
  slice: Slice,
  toItem: (row: TaskRow) => T,
): Promise<TaskPage<T>> {
  const inOrder = orderOf(order, slice.position?.backward ?? false);
  const statement = (selection.isDear ? fromMatched : fromTasks)(db, selection, order, slice);
  const rows: ListRow[] = await statement.select('total').select(taskColumns).orderBy(inOrder).execute();
  const found = rows.filter((row): row is ListRow & TaskRow => row.id !== null).map(toItem);
  return { ...toPage(found, order, slice), total: rows[0]?.total ?? 0 };
}

const total = sql<number>`count(*)::int`.as('total');

/** The page in the order of an index where there is one; the total without a look at the rows where an index has all it takes. */
function fromTasks<T>(db: Db, { tasks }: Selection, order: Order<T>, slice: Slice) {
  return db
    .with('page', () => sliced(tasks.select(pageColumns), order, slice))
    .selectFrom(tasks.select(total).as('counted'))
    .leftJoin('page as t', (join) => join.onTrue());
}

/** Kept of those that match is what orders them: a hundred thousand of them fit into the memory that a statement has. */
function fromMatched<T>(db: Db, { userId, tasks }: Selection, order: Order<T>, slice: Slice) {
  return db
    .with(
      (cte) => cte('matched').materialized(),
      () => tasks.select(['t.id', `t.${order.column}`]),
    )
    .with('page', (made) => sliced(made.selectFrom('matched as t').select('t.id'), order, slice))
    .selectFrom((made) => made.selectFrom('matched').select(total).as('counted'))
    .leftJoin('page', (join) => join.onTrue())
    .leftJoin('tasks as t', (join) => join.on('t.user_id', '=', userId).onRef('t.id', '=', 'page.id'));
}

/** One more than the page holds, to know whether there is more. */
function sliced<D, S extends keyof D, O, T>(
  query: SelectQueryBuilder<D, S, O>,
  order: Order<T>,
  { limit, offset, position }: Slice,
): SelectQueryBuilder<D, S, O> {
  const page = query
    .orderBy(orderOf(order, position?.backward ?? false))
    .limit(limit + 1)
    .offset(offset);
  return position === null ? page : page.where(beyond(order, position));
}

type ListRow = { total: number } & { [Column in keyof TaskRow]: TaskRow[Column] | null };

/** @param found one more than the page holds, where there is more. */
function toPage<T extends { id: string }>(
  found: readonly T[],
  order: Order<T>,
  { limit, position }: Slice,
): Omit<TaskPage<T>, 'total'> {
  const backward = position?.backward ?? false;
  const more = found.length > limit;
  const tasks = found.slice(0, limit);
  if (backward) tasks.reverse();
  const [first, last] = [tasks[0], tasks.at(-1)];
  const before = backward ? more : position !== null;
  const after = backward || more;
  const place = (task: T, isBefore: boolean) => ({
    backward: isBefore,
    key: order.keyOf(task),
    id: task.id,
  });
  return {
    tasks,
    next: after && last !== undefined ? place(last, false) : null,
    prev: before && first !== undefined ? place(first, true) : null,
  };
}

function orderOf<T>({ key, direction, nullable }: Order<T>, backward: boolean): Expression<unknown> {
  const way = (direction === 'asc') === backward ? sql`desc` : sql`asc`;
  if (!nullable) return sql`${key} ${way}, t.id ${way}`;
  const nulls = backward ? sql`nulls first` : sql`nulls last`;
  return sql`${key} ${way} ${nulls}, t.id ${way}`;
}

/** The rows beyond a position, in the order of `orderOf`. */
function beyond<T>(order: Order<T>, { backward, key, id }: Position): Expression<SqlBool> {
  const operator = (order.direction === 'asc') === backward ? sql`<` : sql`>`;
  const later = sql<SqlBool>`t.id ${operator} ${id}::uuid`;
  if (key === null) {
    return backward
      ? sql<SqlBool>`(${order.key} is not null or ${later})`
      : sql<SqlBool>`(${order.key} is null and ${later})`;
  }
  const row = sql<SqlBool>`(${order.key}, t.id) ${operator} (${order.toKey(key)}, ${id}::uuid)`;
  return backward || !order.nullable ? row : sql<SqlBool>`(${order.key} is null or ${row})`;
}
