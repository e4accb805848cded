import { sql } from 'kysely';
import type { Priority } from '../db/schema.ts';
import type { StoredTask } from './changes.ts';
import type { Task } from './model.ts';

export interface TaskRow {
  id: string;
  user_id: string;
  title: string;
  description: string | null;
  completed_at: Date | null;
  priority: Priority;
  due_date: string | null;
  version: number;
  created_at: Date;
  updated_at: Date;
  deleted_at: Date | null;
  tags: string[];
}

/** The tags of a task `t`, by code point. */
export const tagsOfTask = sql<string[]>`array(
  select tt.name from task_tags tt where tt.user_id = t.user_id and tt.task_id = t.id order by tt.name
)`;

/** The columns of a task that stand in `tasks`. */
export const storedColumns = [
  'id',
  'user_id',
  'title',
  'description',
  'completed_at',
  'priority',
  'due_date',
  'version',
  'created_at',
  'updated_at',
  'deleted_at',
] as const satisfies readonly (keyof TaskRow)[];

/** The columns of a task read from `tasks as t`, its tags with it. */
export const taskColumns = [...storedColumns, tagsOfTask.as('tags')] as const;

export function toTask(row: TaskRow): Task {
  return {
    id: row.id,
    user_id: row.user_id,
    title: row.title,
    description: row.description,
    completed: row.completed_at !== null,
    completed_at: row.completed_at?.toISOString() ?? null,
    priority: row.priority,
    due_date: row.due_date,
    tags: row.tags,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

export const toStored = (row: TaskRow): StoredTask => ({
  ...toTask(row),
  deleted_at: row.deleted_at?.toISOString() ?? null,
});
