import { sql } from 'kysely';
import {
  boolean,
  type Column,
  column,
  derived,
  integer,
  jsonb,
  nullable,
  type RowRef,
  type TableOf,
  text,
  timestamp,
} from '../db/columns.ts';
import { itemColumns, type Stored } from '../items/kind.ts';
import type { Project, ViewDefaults } from './model.ts';

/** `archived` is whether there is an `archived_at`. */
const archived = {
  select: ({ alias }: RowRef) => sql`${sql.ref(`${alias}.archived_at`)} is not null`,
  json: ({ alias }: RowRef) =>
    sql`case when ${sql.ref(`${alias}.archived_at`)} is null then 'false' else 'true' end`,
};

export const projectColumns = {
  ...itemColumns,
  name: column(text, { setBy: 'client' }),
  color: column(nullable(text), { setBy: 'client', default: null }),
  archived: derived(boolean, archived, { setBy: 'client', default: false }),
  archived_at: column(nullable(timestamp), { setBy: 'server' }),
  view_defaults: column(nullable(jsonb<ViewDefaults>()), { setBy: 'client', default: null }),
} satisfies { [Name in keyof Omit<Stored<Project>, 'deleted_with'>]: Column<Stored<Project>[Name]> };

/** The open tasks of a row: live and not completed, subtasks too. @param column of tasks, that refers to it */
export const openTasks = (column: 'project_id' | 'section_id') => {
  const count = ({ alias, userId }: RowRef) => sql`(
    select count(*)::int from duly.tasks as o where o.user_id = ${userId} and ${sql.ref(`o.${column}`)} = ${sql.ref(`${alias}.id`)}
      and o.deleted_at is null and o.completed_at is null)`;
  return derived(integer, { select: count, json: (row) => sql`${count(row)}::text` }, { setBy: 'server' });
};

declare module '../db/schema.ts' {
  interface Database {
    'duly.projects': TableOf<typeof projectColumns> & { revision: bigint };
  }
}
