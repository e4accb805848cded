import { type Expression, type SqlBool, sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { containing } from '../db/search.ts';
import type { SortKey, Task, TaskListQuery } from './model.ts';
import { type Order, readTasks, type Slice, type TaskPage, tasksOf } from './page.ts';
import { toTask } from './row.ts';

/** What to list, and which part of it. */
export type TaskListFilter = Omit<TaskListQuery, keyof Slice | 'cursor'> & Slice;

type Sort = Pick<Order<Task>, 'key' | 'column' | 'keyOf' | 'toKey'>;

const byTime = (name: 'created_at' | 'updated_at'): Sort => ({
  key: sql.ref(`t.${name}`),
  column: name,
  keyOf: (task) => task[name],
  toKey: (text) => sql`${text}::timestamptz`,
});

/** Titles sort without regard to case, by code point, the same in every database. */
const sorts: Record<SortKey, Sort> = {
  created_at: byTime('created_at'),
  updated_at: byTime('updated_at'),
  title: {
    key: sql`lower(t.title) collate "C"`,
    column: 'title',
    keyOf: (task) => task.title,
    toKey: (text) => sql`lower(${text}) collate "C"`,
  },
  due_date: {
    key: sql`t.due_date`,
    column: 'due_date',
    keyOf: (task) => task.due_date,
    toKey: (text) => sql`${text}::date`,
  },
  priority: {
    key: sql`t.priority`,
    column: 'priority',
    keyOf: (task) => task.priority,
    toKey: (text) => sql`${text}::task_priority`,
  },
};

/** A page of live tasks. */
export function listTasks(db: Db, userId: string, filter: TaskListFilter): Promise<TaskPage<Task>> {
  const { sort_by, sort_direction: direction } = filter;
  const order = { ...sorts[sort_by], direction, nullable: sort_by === 'due_date' };
  const { search, tags, due_after, due_before } = filter;
  // The others leave so much that a page is soon full.
  const isDear = Boolean(search || tags?.length || due_after || due_before);
  return readTasks(db, { userId, tasks: matchingTasks(db, userId, filter), isDear }, order, filter, toTask);
}

function matchingTasks(db: Db, userId: string, filter: TaskListFilter) {
  let query = tasksOf(db, userId).where('t.deleted_at', 'is', null);
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
  const found = sql<SqlBool>`t.search_text like lower(${pattern})`;
  if (!search.includes('\n')) return found;
  // It could begin in the title and end in the description.
  return sql<SqlBool>`(${found} and (t.title ilike ${pattern} or t.description ilike ${pattern}))`;
}

function tagged(userId: string, names: ReadonlySet<string>, match: 'any' | 'all'): Expression<SqlBool> {
  const wanted = match === 'all' ? names.size : 1;
  return sql<SqlBool>`t.id in (
    select task_id from task_tags where user_id = ${userId} and name = any(${[...names]})
    group by task_id having count(*) >= ${wanted}
  )`;
}
