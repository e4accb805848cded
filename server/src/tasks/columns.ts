import { type Generated, sql } from 'kysely';
import {
  boolean,
  type Column,
  type ColumnType,
  clientFieldsOf,
  column,
  createReader,
  date,
  derived,
  enumeration,
  integer,
  jsonObject,
  nullable,
  quoted,
  type RowRef,
  selectColumns,
  type TableOf,
  text,
  textArray,
  timestamp,
  userIdColumn,
  uuid,
} from '../db/columns.ts';
import { param } from '../db/statements.ts';
import { recordCte, recordsCte, updateCte, upsertCte } from '../db/store-rows.ts';
import { foldVersion } from '../platform/folding.ts';
import { storedTags } from '../tags/stored-tags.ts';
import { type Priority, type StoredTask, Task, TrashedTask } from './model.ts';
import type { Progress } from './placement-model.ts';
import type { RecurrenceOrigin } from './repeat-model.ts';

/** `completed` is whether there is a `completed_at`. */
const completed = {
  select: ({ alias }: RowRef) => sql`${sql.ref(`${alias}.completed_at`)} is not null`,
  json: ({ alias }: RowRef) =>
    sql`case when ${sql.ref(`${alias}.completed_at`)} is null then 'false' else 'true' end`,
};

const position = {
  select: ({ alias }: RowRef) => positionOf(alias),
  json: ({ alias }: RowRef) => sql`'"' || ${positionOf(alias)} || '"'`,
};

/** Tasks that nobody moved, written by an older Duly, have none. */
export const positionOf = (alias: string) =>
  sql<string>`coalesce(${sql.ref(`${alias}.position`)}, duly.first_position(${sql.ref(`${alias}.created_at`)}))`;

/** Numbers of the live children, or null without any. */
const progress = {
  select: ({ alias }: RowRef) =>
    sql`case when ${sql.ref(`${alias}.subtasks_total`)} > 0 then (${progressText(alias)})::json end`,
  json: ({ alias }: RowRef) =>
    sql`case when ${sql.ref(`${alias}.subtasks_total`)} > 0 then ${progressText(alias)} else 'null' end`,
};

const progressText = (alias: string) =>
  sql`'{"done":' || ${sql.ref(`${alias}.subtasks_done`)} || ',"total":' || ${sql.ref(`${alias}.subtasks_total`)} || '}'`;

const progressType: ColumnType<Progress> = {
  name: 'json',
  select: (column) => column,
  read: (selected) => selected,
  json: (column) => sql`${column}::text`,
};

const optionalUuid = nullable(uuid);

/** A new task has `+` and what follows the position of its time, which only the statement knows. */
const insertedPosition = sql`case when left(records.position, 1) = '+'
    then duly.first_position(records.created_at) || substr(records.position, 2) else records.position end`;

/** Every field of a task, in any order: its type, who sets it, and what it is when a client leaves it out. */
export const taskColumns = {
  id: column(uuid, { setBy: 'creation' }),
  user_id: userIdColumn,
  title: column(text, { setBy: 'client' }),
  description: column(nullable(text), { setBy: 'client', default: null }),
  completed: derived(boolean, completed, { setBy: 'client', default: false }),
  completed_at: column(nullable(timestamp), { setBy: 'server' }),
  priority: column(enumeration<Priority>('duly.task_priority'), { setBy: 'client', default: 'Medium' }),
  due_date: column(nullable(date), { setBy: 'client', default: null }),
  due_time: column(nullable(quoted<string>('text')), { setBy: 'client', default: null }),
  time_zone: column(nullable(quoted<string>('text')), { setBy: 'client', default: null }),
  due_at: column(nullable(timestamp), { setBy: 'server' }),
  start_date: column(nullable(date), { setBy: 'client', default: null }),
  recurrence: column(nullable(text), { setBy: 'client', default: null }),
  recurrence_from: column(quoted<RecurrenceOrigin>('text'), { setBy: 'client', default: 'due' }),
  excluded_dates: column(textArray, { setBy: 'client', default: [] }),
  occurrence: column(nullable(date), { setBy: 'server' }),
  tags: { ...column(textArray, { setBy: 'client', default: [] }), ...storedTags },
  project_id: column(optionalUuid, { setBy: 'client', default: null }),
  section_id: column(optionalUuid, { setBy: 'client', default: null }),
  parent_id: column(optionalUuid, { setBy: 'client', default: null }),
  position: { ...column(text, { setBy: 'server', insert: insertedPosition }), ...position },
  progress: { ...derived(progressType, progress, { setBy: 'server' }), recordType: null },
  reminder_count: column(integer, { setBy: 'server' }),
  version: column(integer, { setBy: 'server' }),
  created_at: column(timestamp, { setBy: 'creation' }),
  updated_at: column(timestamp, { setBy: 'server' }),
  deleted_at: column(nullable(timestamp), { setBy: 'server' }),
} satisfies { [Name in keyof Task | 'deleted_at']: Column<StoredTask[Name]> };

/** What no response has, but rules need. */
const hiddenColumns = {
  series_start: column(nullable(date), { setBy: 'server' }),
  series_time: column(nullable(text), { setBy: 'server' }),
  series_zone: column(nullable(text), { setBy: 'server' }),
  occurrence_number: column(nullable(integer), { setBy: 'server' }),
  deleted_with: column(optionalUuid, { setBy: 'server' }),
  former_project_id: column(optionalUuid, { setBy: 'server' }),
  former_section_id: column(optionalUuid, { setBy: 'server' }),
  former_parent_id: column(optionalUuid, { setBy: 'server' }),
};

const storedColumns = { ...taskColumns, ...hiddenColumns } satisfies {
  [Name in keyof StoredTask]: Column<StoredTask[Name]>;
};

export const taskFields = clientFieldsOf(taskColumns);

/** Columns that are not read back. */
const writtenColumns = {
  subtasks_total: { recordType: 'integer', setBy: 'server' },
  subtasks_done: { recordType: 'integer', setBy: 'server' },
  revision: { recordType: null, setBy: 'server', insert: sql`(select revision from stamp)` },
  /** What `searchTextOf` gives. */
  search_text: { recordType: 'text', setBy: 'server' },
  search_version: { recordType: null, setBy: 'server', insert: sql.lit(foldVersion) },
  tags_version: { recordType: null, setBy: 'server', insert: sql`records.version` },
  /** Whether the rows of `task_tags` change too: no column of the table. */
  is_retagged: { recordType: 'boolean', setBy: 'server', insert: null },
} as const;

declare module '../db/schema.ts' {
  interface Database {
    'duly.tasks': Omit<TableOf<typeof storedColumns>, 'tags' | 'position'> & {
      tags: string[] | null;
      /** Null: `duly.first_position(created_at)`. */
      position: string | null;
      subtasks_total: Generated<number>;
      subtasks_done: Generated<number>;
      /** The version of the task that `tags` is of. */
      tags_version: number | null;
      revision: bigint;
      search_text: Generated<string>;
      /** The version of the folding in `search_text`; null: none, it is what the database's lower() gave. */
      search_version: number | null;
      /** Whether the indexes of orders have the row: `order-indexes.ts`. */
      in_orders: Generated<boolean | null>;
    };
    'duly.task_tags': { user_id: string; task_id: string; name: string };
  }
}

const allColumns = { ...storedColumns, ...writtenColumns };
const upsert = upsertCte('duly.tasks', ['user_id', 'id'], allColumns);

/** Inserts or updates tasks with their tags: those of the parameter `rows`. */
export const upsertTasksCtes = sql`${recordsCte(allColumns)}, ${upsert}`;

/** Inserts or updates one task with its tags, by `rowParams`. */
export const upsertTaskCtes = sql`${recordCte(allColumns)}, ${upsert}`;

/** Updates the task, by `rowParams`. */
export const updateTaskCtes = sql`${recordCte(allColumns)}, ${updateCte(
  'duly.tasks',
  allColumns,
  sql`t.user_id = ${param('user_id')} and t.id = ${param('row_id')}::uuid`,
)}`;

/** A row of `tasks as t`, in a statement with the parameter `user_id`. */
const taskRow: RowRef = { alias: 't', userId: param('user_id') };

/** What JSON makes of a task, for a row of `tasks as t`; the order of the members is the schema's. */
export const taskJson = jsonObject(taskColumns, Object.keys(Task.properties), taskRow);
export const trashedTaskJson = jsonObject(taskColumns, Object.keys(TrashedTask.properties), taskRow);

/** The fields of a task of `tasks as t`, to be read by `readStoredTask`. */
export const taskSelection = selectColumns(storedColumns, taskRow);
export const readStoredTask = createReader(storedColumns);
