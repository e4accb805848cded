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

/** Those of the first kind that are below `t`: they become its subtasks again. */
const restoredChildren = sql`select count(*)::int as total, (count(*) filter (where c.completed_at is not null))::int as done
  from duly.tasks as c where c.user_id = ${userParam} and c.parent_id = t.id and c.project_id = ${projectParam}
    and c.deleted_with = ${projectParam} and c.deleted_at is not null`;

/**
 * One whose parent does not come back becomes a top-level task. Of tasks in the inbox only those on top get subtasks,
 * so no tree gets deeper than it was. There is no join: without statistics the database might compare all with all.
 */
const restoredParent = sql`(select p.id from duly.tasks as p where p.user_id = ${userParam} and p.id = t.parent_id
  and (p.project_id = ${projectParam} and p.deleted_with = ${projectParam} and p.deleted_at is not null
    or p.former_project_id = ${projectParam} and p.project_id is null and p.parent_id is null and p.deleted_at is null))`;

const restored = sql`restored_tasks as (
    update duly.tasks as t set deleted_at = null, deleted_with = null, parent_id = ${restoredParent},
      (subtasks_total, subtasks_done) = (${restoredChildren}), ${taskStampColumns}
    where ${trashedTasks}
  )`;

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
    update duly.tasks as t set project_id = ${projectParam}, former_project_id = null,
      section_id = (select map ->> t.id::text from sections_of_tasks)::uuid,
      former_section_id = case when (select map ->> t.id::text from sections_of_tasks) is null
        then t.former_section_id end,
      (subtasks_total, subtasks_done) = (
        select t.subtasks_total + below.total, t.subtasks_done + below.done from (${restoredChildren} and t.parent_id is null and t.former_project_id = ${projectParam}) as below
      ), ${taskStampColumns}
    where t.user_id = ${userParam} and t.id = any (array(select id from returning_tasks))
  )`;

const restoreTemplate: CteTemplate = {
  name: 'restore tasks of project',
  sql: sql`restored_sections as (
      update duly.sections as t set deleted_at = null, deleted_with = null, ${stampColumns}
      where t.user_id = ${userParam} and t.project_id = ${projectParam} and t.deleted_with = ${projectParam}
    ), ${restored}, ${returned}, ${countTagsCte(sql`select t.id from duly.tasks as t where ${trashedTasks}`, 'add')},
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
