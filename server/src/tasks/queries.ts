import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { type Cte, type CteTemplate, compileOnce, param, Query } from '../db/statements.ts';
import { fold, foldVersion, searchTextOf } from '../platform/folding.ts';
import type { StoredTask, UnstampedTask } from './changes.ts';
import type { Task } from './model.ts';
import { taskColumns, toStoredTask, toTask } from './row.ts';

/** @returns the live task, or null when this user has none of that id. */
export async function findTask(db: Db, userId: string, taskId: string): Promise<Task | null> {
  const [row] = await findLiveStatement(db, { user_id: userId, id: taskId });
  return row === undefined ? null : toTask(row);
}

const findLiveStatement = compileOnce((db) =>
  db
    .selectFrom('duly.tasks as t')
    .select(taskColumns(param('user_id')))
    .where('t.user_id', '=', param<string>('user_id'))
    .where('t.id', '=', param<string>('id'))
    .where('t.deleted_at', 'is', null)
    .compile(),
);

/** Reads those of the tasks that the user has, live or in the trash, by id. */
export const storedTasksQuery = (userId: string, taskIds: readonly string[]) =>
  Query.of(
    (db) => findStoredStatement.compile(db, { user_id: userId, ids: taskIds }),
    (rows) => new Map(rows.map((row) => [row.id, toStoredTask(row)])),
  );

const findStoredStatement = compileOnce((db) =>
  db
    .selectFrom('duly.tasks as t')
    .select(taskColumns(param('user_id')))
    .where('t.user_id', '=', param<string>('user_id'))
    .where('t.id', '=', sql<string>`any(${param('ids')}::uuid[])`)
    .compile(),
);

/** A task before a write, undefined when it is new, and after. */
export interface TaskChange {
  before: StoredTask | undefined;
  after: StoredTask | UnstampedTask;
}

/**
 * Stores any number of tasks as they are after their changes. Tags whose usage changes are stamped too, and inserted
 * where the user does not have them yet. An unstamped task gets the time of the CTE `moment`.
 */
export function storeTasksCte(userId: string, changes: readonly TaskChange[]): Cte {
  const rows = changes.map(({ before, after }) => ({
    ...after,
    tags: isDeepStrictEqual(before?.tags ?? [], after.tags) ? null : after.tags,
    search_text: searchTextOf(after.title, after.description),
  }));
  const uses = tagUsageChanges(changes);
  const params = {
    user_id: userId,
    rows: JSON.stringify(rows),
    names: [...uses.keys()],
    texts: [...uses.keys()].map(fold),
    uses: [...uses.values()],
  };
  if (uses.size === 0 && rows.every(({ tags }) => tags === null))
    return { template: storeTasksTemplate, params };
  const isRetagged = changes.some(({ before }, index) => before?.tags.length && rows[index]?.tags !== null);
  return { template: isRetagged ? storeTasksAndRetagTemplate : storeTasksAndTagsTemplate, params };
}

const [userId, version, revision, now] = [
  param<string>('user_id'),
  sql.lit(foldVersion),
  sql`(select revision from moment)`,
  sql`(select now from moment)`,
];

const storeTasksTemplate: CteTemplate = {
  name: 'tasks',
  sql: sql`given as materialized (
      select * from jsonb_to_recordset(${param<string>('rows')}::jsonb) as g (id uuid, title text, description text,
        completed boolean, completed_at timestamptz, priority duly.task_priority, due_date date, version integer,
        created_at timestamptz, updated_at timestamptz, deleted_at timestamptz, tags text[], search_text text)
    ), stored as (
      insert into duly.tasks (user_id, id, title, description, completed_at, priority, due_date, version, revision,
        created_at, updated_at, deleted_at, search_text, search_version)
      select ${userId}, id, title, description, case when completed then coalesce(completed_at, ${now}) end, priority,
        due_date, version, ${revision}, coalesce(created_at, ${now}), coalesce(updated_at, ${now}), deleted_at,
        search_text, ${version}
      from given
      on conflict (user_id, id) do update set title = excluded.title, description = excluded.description,
        completed_at = excluded.completed_at, priority = excluded.priority, due_date = excluded.due_date,
        version = excluded.version, revision = excluded.revision, updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at, search_text = excluded.search_text, search_version = excluded.search_version
    )`,
};

const storeTasksAndTagsTemplate: CteTemplate = {
  name: 'tasks and tags',
  sql: sql`${storeTasksTemplate.sql}, named as (
      insert into duly.tags (user_id, name, revision, search_text, search_version, usage_count)
      select ${userId}, name, ${revision}, folded, ${version}, uses
      from unnest(${param<string[]>('names')}::text[], ${param<string[]>('texts')}::text[],
        ${param<number[]>('uses')}::integer[]) as used (name, folded, uses)
      on conflict (user_id, name) do update set revision = excluded.revision, search_text = excluded.search_text,
        search_version = excluded.search_version, usage_count = tags.usage_count + excluded.usage_count
    ), tagged as (
      insert into duly.task_tags (user_id, task_id, name)
      select ${userId}, g.id, name from given as g cross join unnest(g.tags) as name
      on conflict do nothing
    )`,
};

/** Also deletes removed tags. */
const storeTasksAndRetagTemplate: CteTemplate = {
  name: 'tasks and other tags',
  sql: sql`${storeTasksAndTagsTemplate.sql}, untagged as (
      delete from duly.task_tags as t using given as g
      where t.user_id = ${userId} and t.task_id = g.id and t.name <> all (g.tags)
    )`,
};

/**
 * Changes of `usage_count` by tag, for tags whose usage changes. A tag that a task has only in the trash has 0: it may
 * be new to the user.
 */
function tagUsageChanges(changes: readonly TaskChange[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const { before, after } of changes) {
    const [old, now] = [liveTags(before), liveTags(after)];
    for (const name of new Set([...old, ...after.tags])) {
      const change = Number(now.includes(name)) - Number(old.includes(name));
      if (change !== 0 || !before?.tags.includes(name)) uses.set(name, (uses.get(name) ?? 0) + change);
    }
  }
  return uses;
}

const liveTags = (task: TaskChange['after'] | undefined): string[] =>
  task === undefined || task.deleted_at !== null ? [] : task.tags;
