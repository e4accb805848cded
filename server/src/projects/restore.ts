import { sql } from 'kysely';
import type { CteTemplate } from '../db/statements.ts';
import type { Effect } from '../items/kind.ts';
import { localParams, restoredRemindersCte, wholeDaysOf } from '../reminders/restamp.ts';
import { stampColumns, taskStampColumns } from '../writes/stamp-columns.ts';
import type { Project } from './model.ts';
import { countTagsCte, projectParam, userParam } from './sql.ts';

/** Tasks that were deleted with the project, and are still in the trash. */
const trashedTasks = sql`t.user_id = ${userParam} and t.project_id = ${projectParam} and t.deleted_with = ${projectParam}
  and t.deleted_at is not null`;

/** Top-level tasks that its deletion moved to the inbox, and nobody moved since. */
const inboxTasks = sql`t.user_id = ${userParam} and t.former_project_id = ${projectParam} and t.project_id is null
  and t.parent_id is null and t.deleted_at is null`;

/** Sections that are live afterwards. */
const liveSections = sql`select s.id from duly.sections as s where s.user_id = ${userParam}
  and s.project_id = ${projectParam} and (s.deleted_at is null or s.deleted_with = ${projectParam})`;

/**
 * What restored tasks have below them, and what becomes a parent again: by the id, because joins and lookups for each
 * row compare all with all where the database has no statistics yet.
 */
const found = sql`trashed_tasks as materialized (
    select t.id, t.parent_id, t.completed_at from duly.tasks as t where ${trashedTasks}
  ), restored_children as materialized (
    select coalesce(jsonb_object_agg(parent_id, counts), '{}') as map from (
      select parent_id, jsonb_build_array(count(*), count(completed_at)) as counts
      from trashed_tasks where parent_id is not null group by parent_id
    ) as counted
  ), restored_parents as materialized (
    select id from trashed_tasks union all select t.id from duly.tasks as t where ${inboxTasks}
  )`;

const restoredChildren = (index: 0 | 1) =>
  sql`coalesce(((select map from restored_children) -> t.id::text ->> ${sql.lit(index)})::int, 0)`;

/**
 * One whose parent does not come back becomes a top-level task. Of tasks in the inbox only those on top get subtasks,
 * so no tree gets deeper than it was.
 */
const restored = sql`restored_tasks as (
    update duly.tasks as t set deleted_at = null, deleted_with = null,
      parent_id = case when t.parent_id in (select id from restored_parents) then t.parent_id end,
      subtasks_total = ${restoredChildren(0)}, subtasks_done = ${restoredChildren(1)}, ${taskStampColumns}
    where ${trashedTasks}
  )`;

const sectionBefore = sql`((select map from sections_of_tasks) ->> t.id::text)::uuid`;
const isOnTop = sql`t.parent_id is null and t.former_project_id = ${projectParam}`;

/** The tasks that come back from the inbox, with all that is below them now, in the section of the topmost. */
const returned = sql`returning_tasks as materialized (
    with recursive tree as (
      select t.id, section.id as section_id from duly.tasks as t
        left join (${liveSections}) as section on section.id = t.former_section_id
      where ${inboxTasks}
      union all
      select below.id, tree.section_id from tree cross join lateral (
        select t.id from duly.tasks as t where t.user_id = ${userParam} and t.parent_id = tree.id and t.deleted_at is null
        offset 0
      ) as below
    ) select * from tree
  ), sections_of_tasks as materialized (
    select coalesce(jsonb_object_agg(id, section_id), '{}') as map from returning_tasks
  ), returned_tasks as (
    update duly.tasks as t set project_id = ${projectParam}, former_project_id = null, section_id = ${sectionBefore},
      former_section_id = case when ${sectionBefore} is null then t.former_section_id end,
      subtasks_total = t.subtasks_total + case when ${isOnTop} then ${restoredChildren(0)} else 0 end,
      subtasks_done = t.subtasks_done + case when ${isOnTop} then ${restoredChildren(1)} else 0 end, ${taskStampColumns}
    where t.user_id = ${userParam} and t.id = any (array(select id from returning_tasks))
  )`;

const restoreTemplate: CteTemplate = {
  name: 'restore tasks of project',
  sql: sql`restored_sections as (
      update duly.sections as t set deleted_at = null, deleted_with = null, ${stampColumns}
      where t.user_id = ${userParam} and t.project_id = ${projectParam} and t.deleted_with = ${projectParam}
    ), ${found}, ${restored}, ${returned}, ${countTagsCte(sql`select t.id from duly.tasks as t where ${trashedTasks}`, 'add')},
    ${restoredRemindersCte(trashedTasks)}`,
};

/** Brings back the tasks and sections that the deletion of the project took away. */
export const restoreTasksAndSections: Effect<Project> = {
  name: 'tasks to restore',
  count: sql<number>`(select count(*)::int from duly.tasks as o
    where o.user_id = ${userParam} and (o.project_id = t.id and o.deleted_with = t.id and o.deleted_at is not null
      or o.former_project_id = t.id and o.project_id is null and o.deleted_at is null))`,
  localTimes: wholeDaysOf(trashedTasks),
  ctes: ({ id, user_id }, { versionFloor, timeZone }, localTimes) => [
    {
      template: restoreTemplate,
      params: { user_id, id, version_floor: versionFloor, ...localParams(localTimes, timeZone) },
    },
  ],
};
