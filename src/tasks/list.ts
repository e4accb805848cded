import { type Expression, type SqlBool, sql } from 'kysely';
import type { Position } from '../db/paging.ts';
import type { Db } from '../db/schema.ts';
import { containing } from '../db/search.ts';
import type { SortKey, Task, TaskListQuery } from './model.ts';
import { storedColumns, type TaskRow, tagsOfTask, toTask } from './row.ts';

/** What to list; `position` (keyset) and `offset` exclude each other. */
export interface TaskListFilter extends Omit<TaskListQuery, 'cursor' | 'offset'> {
  offset: number;
  position: Position | null;
}

export interface TaskPage {
  tasks: Task[];
  /** How many tasks match the filter on all pages. */
  total: number;
  next: Position | null;
  prev: Position | null;
}

/** The sort keys in SQL. Titles sort without regard to case, by code point, the same in every database. */
const sorts: Record<SortKey, { key: Expression<unknown>; type: Expression<unknown> }> = {
  created_at: { key: sql`t.created_at`, type: sql`timestamptz` },
  updated_at: { key: sql`t.updated_at`, type: sql`timestamptz` },
  title: { key: sql`lower(t.title) collate "C"`, type: sql`text collate "C"` },
  due_date: { key: sql`t.due_date`, type: sql`date` },
  priority: { key: sql`t.priority`, type: sql`task_priority` },
};

/** One statement, so that the page and the total are of the same moment; tags are read for the rows of the page only. */
export async function listTasks(db: Db, userId: string, filter: TaskListFilter): Promise<TaskPage> {
  const matching = () => matchingTasks(db, userId, filter);
  const { key } = sorts[filter.sort_by];
  let page = matching()
    .select(storedColumns)
    .select(sql<Date | string | null>`${key}`.as('sort_key'))
    .orderBy(orderOf(filter, key, sql`t.id`))
    .limit(filter.limit + 1)
    .offset(filter.offset);
  if (filter.position !== null) page = page.where(beyond(filter, filter.position));
  const rows = await db
    .with('page', () => page)
    .selectFrom(matching().select(sql<number>`count(*)::int`.as('total')).as('counted'))
    .leftJoin('page as t', (join) => join.onTrue())
    .selectAll()
    .select(tagsOfTask.as('tags'))
    .orderBy(orderOf(filter, sql`t.sort_key`, sql`t.id`))
    .execute();
  return toPage(rows, filter);
}

type ListRow = { total: number; sort_key: Date | string | null } & {
  [Column in keyof TaskRow]: TaskRow[Column] | null;
};

function toPage(rows: readonly ListRow[], filter: TaskListFilter): TaskPage {
  const found = rows.filter((row): row is ListRow & TaskRow => row.id !== null);
  const more = found.length > filter.limit;
  const shown = found.slice(0, filter.limit);
  const backward = filter.position?.backward ?? false;
  if (backward) shown.reverse();
  const before = backward ? more : filter.position !== null;
  const after = backward || more;
  return {
    tasks: shown.map(toTask),
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

function matchingTasks(db: Db, userId: string, filter: TaskListFilter) {
  let query = db.selectFrom('tasks as t').where('t.user_id', '=', userId).where('t.deleted_at', 'is', null);
  for (const completed of [filter.completed, completedOf[filter.status]]) {
    if (completed !== undefined) query = query.where('t.completed_at', completed ? 'is not' : 'is', null);
  }
  if (filter.priority !== 'all') query = query.where('t.priority', '=', filter.priority);
  if (filter.due_after !== undefined) query = query.where('t.due_date', '>=', filter.due_after);
  if (filter.due_before !== undefined) query = query.where('t.due_date', '<=', filter.due_before);
  if (filter.search) query = query.where(contains(filter.search));
  if (filter.tags?.length) query = query.where(tagged(userId, new Set(filter.tags), filter.tags_match));
  return query;
}

const completedOf = { all: undefined, pending: false, completed: true };

function contains(search: string): Expression<SqlBool> {
  const pattern = containing(search);
  return sql<SqlBool>`(t.title ilike ${pattern} or t.description ilike ${pattern})`;
}

function tagged(userId: string, names: ReadonlySet<string>, match: 'any' | 'all'): Expression<SqlBool> {
  const wanted = match === 'all' ? names.size : 1;
  return sql<SqlBool>`t.id in (
    select task_id from task_tags where user_id = ${userId} and name = any(${[...names]})
    group by task_id having count(*) >= ${wanted}
  )`;
}

/** Rows without a due date come last in both directions; read backward, first. */
function orderOf(
  filter: TaskListFilter,
  key: Expression<unknown>,
  id: Expression<unknown>,
): Expression<unknown> {
  const backward = filter.position?.backward ?? false;
  const direction = (filter.sort_direction === 'asc') === backward ? sql`desc` : sql`asc`;
  if (filter.sort_by !== 'due_date') return sql`${key} ${direction}, ${id} ${direction}`;
  const nulls = backward ? sql`nulls first` : sql`nulls last`;
  return sql`${key} ${direction} ${nulls}, ${id} ${direction}`;
}

/** The rows beyond a position, in the order of `orderOf`. */
function beyond(filter: TaskListFilter, { backward, key, id }: Position): Expression<SqlBool> {
  const operator = (filter.sort_direction === 'asc') === backward ? sql`<` : sql`>`;
  const sort = sorts[filter.sort_by];
  const row = sql<SqlBool>`(${sort.key}, t.id) ${operator} (${key}::${sort.type}, ${id}::uuid)`;
  if (filter.sort_by !== 'due_date') return row;
  const later = sql<SqlBool>`t.id ${operator} ${id}::uuid`;
  if (key === null) {
    return backward
      ? sql<SqlBool>`(t.due_date is not null or ${later})`
      : sql<SqlBool>`(t.due_date is null and ${later})`;
  }
  return backward ? row : sql<SqlBool>`(t.due_date is null or ${row})`;
}
