import { type SqlBool, sql } from 'kysely';
import { given } from '../db/compiled.ts';
import type { Db, Priority } from '../db/schema.ts';
import { containing, containingFolded } from '../db/search.ts';
import { fold, foldVersion, separator } from '../platform/folding.ts';
import type { SortKey, Task, TaskListQuery } from './model.ts';
import { type Order, readTasks, type Slice, type TaskPage, tasksOf } from './page.ts';
import { taskJson } from './row.ts';

/** What to list, and which part of it. */
export type TaskListFilter = Omit<TaskListQuery, keyof Slice | 'cursor'> & Slice;

type Sort = Pick<Order<Task>, 'key' | 'name' | 'keyOf' | 'toKey' | 'tieBreaker'>;

const byTime = (name: 'created_at' | 'updated_at'): Sort => ({
  key: sql.ref(`t.${name}`),
  name,
  keyOf: (task) => task[name],
  toKey: (text) => sql`${text}::timestamptz`,
});

const version = sql.lit(foldVersion);

/** A task has its place as before until it is folded; while its title stands in a cursor, that one has it too. */
const byTitle: Sort = {
  key: sql`case when t.search_version = ${version} then split_part(t.search_text, ${sql.lit(separator)}, 1)
    else lower(t.title) end collate "C"`,
  name: 'title',
  keyOf: (task) => task.title,
  toKey: (text) => sql`case when exists (
      select from duly.tasks as o where o.user_id = ${given('user_id')} and o.id = ${given('id')}::uuid
        and o.search_version is distinct from ${version}
    ) then lower(${text}) else ${given('folded_key')}::text end collate "C"`,
  tieBreaker: { key: sql`t.title collate "C"`, toKey: (text) => sql`${text}::text collate "C"` },
};

const sorts: Record<SortKey, Sort> = {
  created_at: byTime('created_at'),
  updated_at: byTime('updated_at'),
  title: byTitle,
  due_date: {
    key: sql`t.due_date`,
    name: 'due_date',
    keyOf: (task) => task.due_date,
    toKey: (text) => sql`${text}::date`,
  },
  priority: {
    key: sql`t.priority`,
    name: 'priority',
    keyOf: (task) => task.priority,
    toKey: (text) => sql`${text}::duly.task_priority`,
  },
};

/** A page of live tasks. */
export function listTasks(db: Db, userId: string, filter: TaskListFilter): Promise<TaskPage> {
  const { sort_by, sort_direction: direction, position } = filter;
  const order = { ...sorts[sort_by], direction, nullable: sort_by === 'due_date' };
  const { search, tags, due_after, due_before } = filter;
  const names = new Set(tags);
  const selection = {
    shape: shapeOf(filter),
    tasks: (on: Db) => matchingTasks(on, filter),
    json: taskJson,
    values: {
      user_id: userId,
      priority: filter.priority,
      due_after,
      due_before,
      ...patternsOf(search),
      folded_key: position?.key && fold(position.key),
      tags: [...names],
      tags_wanted: filter.tags_match === 'all' ? names.size : 1,
    },
    // The others leave so much that a page is soon full.
    isDear: Boolean(search || tags?.length || due_after || due_before),
    isToBeFolded: search || sort_by === 'title' ? isToBeFolded : null,
  };
  return readTasks(db, selection, order, filter);
}

/** All that the statement of `matchingTasks` depends on. */
function shapeOf({
  completed,
  status,
  priority,
  due_after,
  due_before,
  search,
  tags,
}: TaskListFilter): string {
  const given = [
    priority !== 'all',
    due_after !== undefined,
    due_before !== undefined,
    Boolean(tags?.length),
  ];
  return [completed, status, ...given, Boolean(search), isOfLines(search)].join();
}

const isOfLines = (search: string | undefined): boolean => search?.includes('\n') ?? false;

function matchingTasks(db: Db, filter: TaskListFilter) {
  let query = tasksOf(db).where('t.deleted_at', 'is', null);
  for (const completed of [filter.completed, completedOf[filter.status]]) {
    if (completed !== undefined) query = query.where('t.completed_at', completed ? 'is not' : 'is', null);
  }
  if (filter.priority !== 'all') query = query.where('t.priority', '=', given<Priority>('priority'));
  if (filter.due_after !== undefined) query = query.where('t.due_date', '>=', given<string>('due_after'));
  if (filter.due_before !== undefined) query = query.where('t.due_date', '<=', given<string>('due_before'));
  if (filter.search) query = query.where(isOfLines(filter.search) ? containsLines : contains);
  if (filter.tags?.length) query = query.where(tagged);
  return query;
}

const completedOf = { all: undefined, pending: false, completed: true };

function patternsOf(search: string | undefined) {
  const pattern = search ? containingFolded(search) : null;
  return { pattern, unfolded: pattern === null || search === undefined ? null : containing(search) };
}

/** What is not folded yet, or by another version, is also searched as the database has it in lower case. */
const contains = sql<SqlBool>`(t.search_text like ${given('pattern')}
  or t.search_version is distinct from ${version} and t.search_text like lower(${given('unfolded')}))`;

/** In what is not folded it could begin in the title and end in the description. */
const containsLines = sql<SqlBool>`(t.search_version = ${version} and t.search_text like ${given('pattern')}
  or t.search_version is distinct from ${version} and t.search_text like lower(${given('unfolded')})
    and (t.title ilike ${given('unfolded')} or t.description ilike ${given('unfolded')}))`;

const isToBeFolded = sql<boolean>`exists (
    select from duly.tasks as o where o.user_id = ${given('user_id')} and o.search_version is distinct from ${version}
  )`;

const tagged = sql<SqlBool>`t.id in (
    select task_id from duly.task_tags where user_id = ${given('user_id')} and name = any(${given('tags')})
    group by task_id having count(*) >= ${given('tags_wanted')}
  )`;
