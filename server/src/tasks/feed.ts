import { sql } from 'kysely';
import { feedOfTable, type Noun } from '../db/noun.ts';
import { storedTags } from '../tags/stored-tags.ts';
import { BulkResult, bulkRequest } from './bulk-model.ts';
import { positionOf, taskColumns } from './columns.ts';
import {
  Completion,
  Deletion,
  NewTask,
  OptionalCompletion,
  Precondition,
  Task,
  TaskMove,
  TaskPatch,
  TrashedTask,
} from './model.ts';
import { QuickAdd, QuickAddResult } from './quick-add-model.ts';
import { Following, OccurrenceChoice } from './repeat-model.ts';

const { deleted_at: _, ...shownColumns } = taskColumns;

export const taskNoun: Noun<'task', Task> = {
  type: 'task',
  schema: 'Task',
  schemas: ({ bulkMaxOperations }) => [
    Task,
    NewTask,
    TaskPatch,
    TrashedTask,
    bulkRequest(bulkMaxOperations),
    BulkResult,
    Completion,
    OptionalCompletion,
    Deletion,
    TaskMove,
    Precondition,
    Following,
    OccurrenceChoice,
    QuickAdd,
    QuickAddResult,
  ],
  tables: ['duly.tasks', 'duly.task_tags'],
  derived: {
    columns: [
      'search_text',
      'search_version',
      'tags_version',
      'subtasks_total',
      'subtasks_done',
      'reminder_count',
      'in_orders',
    ],
    tables: ['duly.task_tags'],
  },
  exportedAs: (userId) => ({ tags: storedTags.select({ alias: 't', userId }), position: positionOf('t') }),
  isVersioned: true,
  feed: feedOfTable('task', {
    name: 'duly.tasks',
    alias: 't',
    columns: shownColumns,
    isLive: sql`t.deleted_at is null`,
    idDescription: "The task's id.",
  }),
};
