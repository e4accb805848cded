import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import { type Cte, type CteTemplate, compileOnce, param } from '../db/statements.ts';
import { fold, foldVersion, searchTextOf } from '../platform/folding.ts';
import { omitDeletedAt } from './changes.ts';
import { readStoredTask, taskSelection, upsertTasksCtes } from './columns.ts';
import type { StoredTask, Task } from './model.ts';

/** @returns the live task, or null when this user has none of that id. */
export async function findTask(db: Db, userId: string, taskId: string): Promise<Task | null> {
  const [row] = await findLiveStatement(db, { user_id: userId, id: taskId });
  return row === undefined ? null : omitDeletedAt(readStoredTask(row));
}

type TaskRow = Record<keyof StoredTask, unknown>;

const findLiveStatement = compileOnce((db) =>
  sql<TaskRow>`select ${taskSelection} from duly.tasks as t
    where t.user_id = ${param('user_id')} and t.id = ${param('id')} and t.deleted_at is null`.compile(db),
);

/** Those of the tasks that this user has, by id, whether live or in the trash. */
export async function findStoredTasks(
  tx: Tx,
  userId: string,
  taskIds: readonly string[],
): Promise<Map<string, StoredTask>> {
  const rows = await findStoredStatement(tx, { user_id: userId, ids: taskIds });
  return new Map(rows.map(readStoredTask).map((task) => [task.id, task]));
}

const findStoredStatement = compileOnce((db) =>
  sql<TaskRow>`select ${taskSelection} from duly.tasks as t
    where t.user_id = ${param('user_id')} and t.id = any(${param('ids')}::uuid[])`.compile(db),
);

/** A task before a write, undefined when it is new, and after. */
export interface TaskChange {
  before: StoredTask | undefined;
  after: StoredTask;
}

/**
 * Writes tasks as they are after a change, any number at a time, in a statement that has a `moment`. Tags whose use
 * changes are stamped with its revision too, and made where the user has not had them before. The times of a new task
 * are the moment's.
 */
export function storeTasksCte(userId: string, changes: readonly TaskChange[]): Cte {
  const rows = changes.map(({ before, after }) => ({
    ...after,
    ...(before === undefined && timesFromStamp),
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
    return { template: storeTasksTemplate, params: params };
  const isRetagged = changes.some(({ before }, index) => before?.tags.length && rows[index]?.tags !== null);
  return { template: isRetagged ? storeTasksAndRetagTemplate : storeTasksAndTagsTemplate, params: params };
}

/** Filled in where the task is stored. */
const timesFromStamp = { created_at: null, updated_at: null, completed_at: null };

const [userId, version, revision] = [
  param<string>('user_id'),
  sql.lit(foldVersion),
  sql`(select revision from moment)`,
];

const storeTasksTemplate: CteTemplate = {
  name: 'tasks',
  sql: upsertTasksCtes,
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

/** Some had tags before that they have no more, perhaps. */
const storeTasksAndRetagTemplate: CteTemplate = {
  name: 'tasks and other tags',
  sql: sql`${storeTasksAndTagsTemplate.sql}, untagged as (
      delete from duly.task_tags as t using given as g
      where t.user_id = ${userId} and t.task_id = g.id and t.name <> all (g.tags)
    )`,
};

/**
 * By how many live tasks more each tag is used; only of the tags whose use changes, and with 0 of those that a task
 * gets on its way into the trash.
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
