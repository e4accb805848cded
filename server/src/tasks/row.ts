import { type Expression, type RawBuilder, sql } from 'kysely';
import type { Priority } from '../db/schema.ts';
import { param } from '../db/statements.ts';
import type { StoredTask } from './changes.ts';
import type { Task } from './model.ts';

/** A task as it is read; times as `YYYY-MM-DD HH:MM:SS.mmm` in UTC, less what is zero at the end. */
export interface TaskRow {
  id: string;
  user_id: string;
  title: string;
  description: string | null;
  completed_at: string | null;
  priority: Priority;
  due_date: string | null;
  version: number;
  created_at: string;
  updated_at: string;
  deleted_at: string | null;
  tags: string[];
}

const column = <Name extends keyof TaskRow>(name: Name) => sql.ref<TaskRow[Name]>(`t.${name}`).as(name);

/** As text: a `Date` made of each would be half of what the reading of a list costs this process. */
const time = <Name extends keyof TaskRow>(name: Name) =>
  sql<TaskRow[Name]>`(${sql.ref(`t.${name}`)} at time zone 'UTC')::text`.as(name);

/** By code point. */
const tags = (userId: Expression<string>) =>
  sql<string[]>`array(
  select tt.name from duly.task_tags tt where tt.user_id = ${userId} and tt.task_id = t.id order by tt.name
)`.as('tags');

/** The columns of a `TaskRow`, read from `tasks as t` of that user. */
export const taskColumns = (userId: Expression<string>) => [
  column('id'),
  column('user_id'),
  column('title'),
  column('description'),
  time('completed_at'),
  column('priority'),
  column('due_date'),
  column('version'),
  time('created_at'),
  time('updated_at'),
  time('deleted_at'),
  tags(userId),
];

const jsonOf = (name: keyof TaskRow) => sql`to_json(${sql.ref(`t.${name}`)})::text`;

/** RFC 3339 with milliseconds. A microsecond more keeps the zeros at the end, and is cut off. */
const timeJson = (name: keyof TaskRow) =>
  sql`left(to_json((${sql.ref(`t.${name}`)} at time zone 'UTC') + interval '1 microsecond')::text, 24) || 'Z"'`;

const orNull = (value: RawBuilder<unknown>) => sql`coalesce(${value}, 'null')`;

const jsonMembers: { [Name in keyof Task]: RawBuilder<unknown> } = {
  id: jsonOf('id'),
  user_id: jsonOf('user_id'),
  title: jsonOf('title'),
  description: orNull(jsonOf('description')),
  completed: sql`case when t.completed_at is null then 'false' else 'true' end`,
  completed_at: orNull(timeJson('completed_at')),
  priority: jsonOf('priority'),
  due_date: orNull(jsonOf('due_date')),
  tags: sql`'[' || coalesce((
    select string_agg(to_json(tt.name)::text, ',' order by tt.name) from duly.task_tags tt
    where tt.user_id = ${param('user_id')} and tt.task_id = t.id
  ), '') || ']'`,
  version: sql`t.version`,
  created_at: timeJson('created_at'),
  updated_at: timeJson('updated_at'),
};

/**
 * Put together as text: with `json_build_object` a list takes half as long again. None of the values is null, or all
 * would be.
 */
const jsonObject = (values: Readonly<Record<string, RawBuilder<unknown>>>) =>
  sql<string>`${sql.join(
    Object.entries(values).map(
      ([name, value], index) => sql`${sql.lit(`${index === 0 ? '{' : ','}"${name}":`)} || ${value}`,
    ),
    sql` || `,
  )} || '}'`;

/** What JSON makes of `toTask`, for a row of `tasks as t`; the statement has the user as parameter `user_id`. */
export const taskJson = jsonObject(jsonMembers);

/** What it makes of `toStored`. */
export const storedTaskJson = jsonObject({ ...jsonMembers, deleted_at: orNull(timeJson('deleted_at')) });

export function toTask(row: TaskRow): Task {
  return {
    id: row.id,
    user_id: row.user_id,
    title: row.title,
    description: row.description,
    completed: row.completed_at !== null,
    completed_at: row.completed_at === null ? null : isoTime(row.completed_at),
    priority: row.priority,
    due_date: row.due_date,
    tags: row.tags,
    version: row.version,
    created_at: isoTime(row.created_at),
    updated_at: isoTime(row.updated_at),
  };
}

export const toStoredTask = (row: TaskRow): StoredTask => ({
  ...toTask(row),
  deleted_at: row.deleted_at === null ? null : isoTime(row.deleted_at),
});

/** RFC 3339 with milliseconds, as `Date.prototype.toISOString` has it. */
const isoTime = (text: string): string =>
  `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20).padEnd(3, '0')}Z`;
