import { sql } from 'kysely';
import type { Priority } from '../db/schema.ts';
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
  tags: string[];
}

const tagsOfTask = sql<string[]>`array(
  select tt.name from task_tags tt where tt.user_id = t.user_id and tt.task_id = t.id order by tt.name
)`;

/** The columns of a task read from `tasks as t`, its tags with it. */
export const taskColumns = [
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
  tagsOfTask.as('tags'),
] as const;

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
