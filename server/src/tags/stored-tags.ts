import { type RawBuilder, sql } from 'kysely';
import type { RowRef } from '../db/columns.ts';

/**
 * The tags of a task, sorted by code point: its column `tags`, if that is of the task's version. Otherwise the rows of
 * `task_tags`: an older Duly changed the task, or nobody stored its tags yet.
 */
export const storedTags = {
  select: (row: RowRef) =>
    sql`case when ${isStored(row)} then ${ref(row, 'tags')} else ${linkedTags(row)} end`,
  json: (row: RowRef) =>
    sql`array_to_json(case when ${isStored(row)} then ${ref(row, 'tags')} else ${linkedTags(row)} end)::text`,
};

const ref = ({ alias }: RowRef, name: string) => sql.ref(`${alias}.${name}`);

const isStored = (row: RowRef) => sql`${ref(row, 'tags_version')} = ${ref(row, 'version')}`;

/** What `task_tags` says. The statement has the user's id as a parameter. */
export const linkedTags = (row: RowRef): RawBuilder<string[]> => sql`array(
    select tt.name from duly.task_tags tt where tt.user_id = ${row.userId} and tt.task_id = ${ref(row, 'id')}
    order by tt.name
  )`;
