import { type Expression, type SqlBool, sql } from 'kysely';
import type { Position } from '../db/paging.ts';
import type { Db } from '../db/schema.ts';
import { storedColumns, type TaskRow, tagsOfTask } from './row.ts';

/** Which part of a list is asked for; `position` (keyset) and `offset` exclude each other. */
export interface Slice {
  limit: number;
  offset: number;
  position: Position | null;
}

/** Ties break by id, in the same direction. */
export interface Order {
  key: Expression<unknown>;
  /** The key's type in SQL, for the one of a position, which is text. */
  type: Expression<unknown>;
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

/** One statement, so that the page and the total are of the same moment; tags are read for the rows of the page only. */
export async function readTasks<T>(
  db: Db,
  matching: ReturnType<typeof tasksOf>,
  order: Order,
  slice: Slice,
  toItem: (row: TaskRow) => T,
): Promise<TaskPage<T>> {
  const { limit, offset, position } = slice;
  const backward = position?.backward ?? false;
  let page = matching
    .select(storedColumns)
    .select(sql<Date | string | null>`${order.key}`.as('sort_key'))
    .orderBy(orderOf(order, backward, order.key, sql`t.id`))
    .limit(limit + 1)
    .offset(offset);
  if (position !== null) page = page.where(beyond(order, position));
  const rows = await db
    .with('page', () => page)
    .selectFrom(matching.select(sql<number>`count(*)::int`.as('total')).as('counted'))
    .leftJoin('page as t', (join) => join.onTrue())
    .selectAll()
    .select(tagsOfTask.as('tags'))
    .orderBy(orderOf(order, backward, sql`t.sort_key`, sql`t.id`))
    .execute();
  return toPage(rows, slice, toItem);
}

type ListRow = { total: number; sort_key: Date | string | null } & {
  [Column in keyof TaskRow]: TaskRow[Column] | null;
};

function toPage<T>(
  rows: readonly ListRow[],
  { limit, position }: Slice,
  toItem: (row: TaskRow) => T,
): TaskPage<T> {
  const found = rows.filter((row): row is ListRow & TaskRow => row.id !== null);
  const more = found.length > limit;
  const shown = found.slice(0, limit);
  const backward = position?.backward ?? false;
  if (backward) shown.reverse();
  const before = backward ? more : position !== null;
  const after = backward || more;
  return {
    tasks: shown.map(toItem),
    total: rows[0]?.total ?? 0,
    next: after ? positionOf(shown.at(-1), false) : null,
    prev: before ? positionOf(shown[0], true) : null,
  };
}

function positionOf(row: (ListRow & TaskRow) | undefined, backward: boolean): Position | null {
  if (row === undefined) return null;
  const key = row.sort_key instanceof Date ? row.sort_key.toISOString() : row.sort_key;
  return { backward, key, id: row.id };
}

function orderOf(
  order: Order,
  backward: boolean,
  key: Expression<unknown>,
  id: Expression<unknown>,
): Expression<unknown> {
  const direction = (order.direction === 'asc') === backward ? sql`desc` : sql`asc`;
  if (!order.nullable) return sql`${key} ${direction}, ${id} ${direction}`;
  const nulls = backward ? sql`nulls first` : sql`nulls last`;
  return sql`${key} ${direction} ${nulls}, ${id} ${direction}`;
}

/** The rows beyond a position, in the order of `orderOf`. */
function beyond(order: Order, { backward, key, id }: Position): Expression<SqlBool> {
  const operator = (order.direction === 'asc') === backward ? sql`<` : sql`>`;
  const row = sql<SqlBool>`(${order.key}, t.id) ${operator} (${key}::${order.type}, ${id}::uuid)`;
  if (!order.nullable) return row;
  const later = sql<SqlBool>`t.id ${operator} ${id}::uuid`;
  if (key === null) {
    return backward
      ? sql<SqlBool>`(${order.key} is not null or ${later})`
      : sql<SqlBool>`(${order.key} is null and ${later})`;
  }
  return backward ? row : sql<SqlBool>`(${order.key} is null or ${row})`;
}
