import { type Generated, sql } from 'kysely';
import {
  boolean,
  type Column,
  clientFieldsOf,
  column,
  createReader,
  date,
  derived,
  enumeration,
  integer,
  jsonObject,
  nullable,
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

/** `completed` is whether there is a `completed_at`. */
const completed = {
  select: ({ alias }: RowRef) => sql`${sql.ref(`${alias}.completed_at`)} is not null`,
  json: ({ alias }: RowRef) =>
    sql`case when ${sql.ref(`${alias}.completed_at`)} is null then 'false' else 'true' end`,
};

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
  tags: { ...column(textArray, { setBy: 'client', default: [] }), ...storedTags },
  version: column(integer, { setBy: 'server' }),
  created_at: column(timestamp, { setBy: 'creation' }),
  updated_at: column(timestamp, { setBy: 'server' }),
  deleted_at: column(nullable(timestamp), { setBy: 'server' }),
} satisfies { [Name in keyof StoredTask]: Column<StoredTask[Name]> };

export const taskFields = clientFieldsOf(taskColumns);

/** Columns that no response has. */
const hiddenColumns = {
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
    'duly.tasks': Omit<TableOf<typeof taskColumns>, 'tags'> & {
      tags: string[] | null;
      /** The version of the task that `tags` is of. */
      tags_version: number | null;
      revision: bigint;
      search_text: Generated<string>;
      /** The version of the folding in `search_text`; null: none, it is what the database's lower() gave. */
      search_version: number | null;
    };
    'duly.task_tags': { user_id: string; task_id: string; name: string };
  }
}

const storedColumns = { ...taskColumns, ...hiddenColumns };
const upsert = upsertCte('duly.tasks', ['user_id', 'id'], storedColumns);

/** Inserts or updates tasks with their tags: those of the parameter `rows`. */
export const upsertTasksCtes = sql`${recordsCte(storedColumns)}, ${upsert}`;

/** The same for one task, by `rowParams`. */
export const upsertTaskCtes = sql`${recordCte(storedColumns)}, ${upsert}`;

/** Updates the task, by `rowParams`. */
export const updateTaskCtes = sql`${recordCte(storedColumns)}, ${updateCte(
  'duly.tasks',
  storedColumns,
  sql`t.user_id = ${param('user_id')} and t.id = ${param('row_id')}::uuid`,
)}`;

/** A row of `tasks as t`, in a statement with the parameter `user_id`. */
const taskRow: RowRef = { alias: 't', userId: param('user_id') };

/** What JSON makes of a task, for a row of `tasks as t`; the order of the members is the schema's. */
export const taskJson = jsonObject(taskColumns, Object.keys(Task.properties), taskRow);
export const trashedTaskJson = jsonObject(taskColumns, Object.keys(TrashedTask.properties), taskRow);

/** The fields of a task of `tasks as t`, to be read by `readStoredTask`. */
export const taskSelection = selectColumns(taskColumns, taskRow);
export const readStoredTask = createReader(taskColumns);
