import { isDeepStrictEqual } from 'node:util';
import { type RawBuilder, sql } from 'kysely';
import { asBytes } from '../db/byte-rows.ts';
import type { Db } from '../db/schema.ts';
import { type Cte, compileOnce, param, type Query, query } from '../db/statements.ts';
import { rowParams } from '../db/store-rows.ts';
import { fold, foldVersion, searchTextOf } from '../platform/folding.ts';
import { userZone } from '../writes/stamps.ts';
import type { TaskChange } from './changes.ts';
import {
  readStoredTask,
  taskJson,
  taskSelection,
  updateTaskCtes,
  upsertTaskCtes,
  upsertTasksCtes,
} from './columns.ts';
import type { StoredTask } from './model.ts';
import type { Progress } from './placement-model.ts';
import { foldProgress, progressCtes } from './progress.ts';

/** A live task as a response shows it. */
export interface ShownTask {
  version: number;
  progress: Progress;
  reminder_count: number;
  /** Its JSON. */
  json: Buffer;
}

/** @returns null when this user has no live task of that id. */
export async function findTask(db: Db, userId: string, taskId: string): Promise<ShownTask | null> {
  const [task] = await findLiveStatement(db, { user_id: userId, id: taskId });
  if (task === undefined) return null;
  const { version, done, total, reminder_count, json } = task;
  return { version, progress: total === 0 ? null : { done, total }, reminder_count, json };
}

interface ShownRow {
  version: number;
  done: number;
  total: number;
  reminder_count: number;
  json: Buffer;
}

const findLiveStatement = compileOnce((db) =>
  sql<ShownRow>`${sql.raw(asBytes)} select t.version, t.subtasks_done as done, t.subtasks_total as total,
      t.reminder_count, ${taskJson} as json from duly.tasks as t
    where t.user_id = ${param('user_id')} and t.id = ${param('id')} and t.deleted_at is null`.compile(db),
);

type TaskRow = Record<keyof StoredTask, unknown>;

/** Reads the task, live or in the trash; undefined when this user has none of that id. */
export const storedTaskQuery = (userId: string, taskId: string): Query<StoredTask | undefined> =>
  query('stored task', storedTaskSql, { user_id: userId, id: taskId }, ([row]) => row && readStoredTask(row));

const storedTaskSql = sql<TaskRow>`select ${taskSelection} from duly.tasks as t
  where t.user_id = ${param('user_id')} and t.id = ${param('id')}::uuid`;

/** `storedTaskQuery`, together with the zone of the user's profile. */
export const taskAndZoneQuery = (userId: string, taskId: string) =>
  query('task and zone', taskAndZoneSql, { user_id: userId, id: taskId }, ([row]) => {
    return row && { task: readStoredTask(row), timeZone: row.timeZone };
  });

const taskAndZoneSql = sql<TaskRow & { timeZone: string }>`
  select ${userZone} as "timeZone", found.* from (${storedTaskSql}) as found`;

/**
 * Reads those of the tasks that the user has, live or in the trash, by id. PostgreSQL plans it each time, for as many
 * ids as there are.
 */
export const storedTasksQuery = (userId: string, taskIds: readonly string[]) =>
  query('stored tasks', storedTasksSql, { user_id: userId, ids: taskIds }, (rows) => {
    return new Map(rows.map(readStoredTask).map((task) => [task.id, task]));
  });

const storedTasksSql = sql<TaskRow>`select ${taskSelection} from duly.tasks as t
  where t.user_id = ${param('user_id')} and t.id = any(${param('ids')}::uuid[])`;

/** The CTEs that store tasks as they are after their changes, and the progress of their parents. */
export function storeTasksCtes(userId: string, changes: readonly TaskChange[]): Cte[] {
  const { changes: folded, others } = foldProgress(changes);
  return [storeTasksCte(userId, folded), ...progressCtes(userId, others)];
}

/**
 * Stores any number of tasks as they are after their changes, with their tags on the row and in `task_tags`. Tags whose
 * usage changes are stamped too, and inserted where the user does not have them yet.
 */
export function storeTasksCte(userId: string, changes: readonly TaskChange[]): Cte {
  const rows = changes.map(({ before, after }) => ({
    ...after,
    subtasks_total: after.progress?.total ?? 0,
    subtasks_done: after.progress?.done ?? 0,
    is_retagged: !isDeepStrictEqual(before?.tags ?? [], after.tags),
    search_text: searchTextOf(after.title, after.description),
  }));
  const [row, ...others] = rows;
  const isOne = row !== undefined && others.length === 0;
  const uses = tagUsageChanges(changes);
  const params = {
    ...(isOne ? rowParams(row) : { rows: JSON.stringify(rows) }),
    user_id: userId,
    names: [...uses.keys()],
    texts: [...uses.keys()].map(fold),
    uses: [...uses.values()],
  };
  const store = !isOne ? 'tasks' : changes[0]?.before === undefined ? 'new task' : 'task';
  const isRetagged = (index: number) => rows[index]?.is_retagged === true;
  const hasRemovals = changes.some(({ before }, index) => before?.tags.length && isRetagged(index));
  const isAnyRetagged = rows.some(({ is_retagged }) => is_retagged);
  const tags = hasRemovals ? 'retag' : isAnyRetagged ? 'tag' : uses.size > 0 ? 'count' : 'keep';
  return { template: templates[store][tags], params };
}

const [userParam, foldVersionSql, revision] = [
  param<string>('user_id'),
  sql.lit(foldVersion),
  sql`(select revision from stamp)`,
];

const usedTags = sql`, used_tags as (
      insert into duly.tags as t (user_id, name, revision, search_text, search_version, usage_count)
      select ${userParam}, name, ${revision}, folded, ${foldVersionSql}, uses
      from unnest(${param<string[]>('names')}::text[], ${param<string[]>('texts')}::text[],
        ${param<number[]>('uses')}::integer[]) as used (name, folded, uses)
      on conflict (user_id, name) do update set revision = excluded.revision, search_text = excluded.search_text,
        search_version = excluded.search_version, usage_count = t.usage_count + excluded.usage_count
    )`;

const addedLinks = sql`, added_links as (
      insert into duly.task_tags (user_id, task_id, name)
      select ${userParam}, r.id, name from records as r cross join unnest(r.tags) as name
      where r.is_retagged
      on conflict do nothing
    )`;

const removedLinks = sql`, removed_links as (
      delete from duly.task_tags as t using records as r
      where t.user_id = ${userParam} and t.task_id = r.id and r.is_retagged and t.name <> all (r.tags)
    )`;

/** What a write does with tags, besides those on the row. */
const templatesOf = (name: string, store: RawBuilder<unknown>) => ({
  keep: { name, sql: store },
  count: { name: `${name}, counted tags`, sql: sql`${store}${usedTags}` },
  tag: { name: `${name}, more tags`, sql: sql`${store}${usedTags}${addedLinks}` },
  retag: { name: `${name}, other tags`, sql: sql`${store}${usedTags}${addedLinks}${removedLinks}` },
});

const templates = {
  tasks: templatesOf('tasks', upsertTasksCtes),
  'new task': templatesOf('new task', upsertTaskCtes),
  task: templatesOf('task', updateTaskCtes),
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

const liveTags = (task: StoredTask | undefined): string[] =>
  task === undefined || task.deleted_at !== null ? [] : task.tags;
