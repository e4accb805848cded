import { sql } from 'kysely';
import type { CteTemplate } from '../db/statements.ts';
import type { Effect } from '../items/kind.ts';
import type { Project } from './model.ts';
import { countTagsCte, projectParam, stampColumns, taskStampColumns, userParam } from './sql.ts';

/** Tasks that were deleted with the project, and are still in the trash. */
const trashedTasks = sql`t.user_id = ${userParam} and t.project_id = ${projectParam} and t.deleted_with = ${projectParam}
  and t.deleted_at is not null`;

/** Top-level tasks that its deletion moved to the inbox, and nobody moved since. */
const inboxTasks = sql`t.user_id = ${userParam} and t.former_project_id = ${projectParam} and t.project_id is null
  and t.parent_id is null and t.deleted_at is null`;

/** Sections that are live afterwards. */
const liveSections = sql`select s.id from duly.sections as s where s.user_id = ${userParam}
  and s.project_id = ${projectParam} and (s.deleted_at is null or s.deleted_with = ${projectParam})`;

/** The tasks that come back from the inbox, with all that is below them now, in the section of the topmost. */
const returning = sql`returning_tasks as materialized (
    with recursive tree as (
      select t.id, section.id as section_id, 1 as level from duly.tasks as t
        left join (${liveSections}) as section on section.id = t.former_section_id
      where ${inboxTasks}
      union all
      select t.id, tree.section_id, tree.level + 1 from tree
        join duly.tasks as t on t.user_id = ${userParam} and t.parent_id = tree.id and t.deleted_at is null
    ) select * from tree
  ), returned_tasks as (
    update duly.tasks as t set project_id = ${projectParam}, section_id = r.section_id, former_project_id = null,
      former_section_id = case when r.section_id is null then t.former_section_id end,
      subtasks_total = t.subtasks_total + coalesce(c.total, 0), subtasks_done = t.subtasks_done + coalesce(c.done, 0),
      ${taskStampColumns}
    from returning_tasks as r left join child_counts as c on c.parent_id = r.id
    where t.user_id = ${userParam} and t.id = r.id
  )`;

/**
 * The tasks that come back from the trash. One whose parent does not come back becomes a top-level task. Of tasks in the
 * inbox only those on top get them as subtasks: so no tree gets deeper than it was.
 */
const restoring = sql`restoring_tasks as materialized (
    select t.id, t.completed_at is not null as is_done, parent.id as parent_id from duly.tasks as t left join (
      select t.id from duly.tasks as t where ${trashedTasks} union all select t.id from duly.tasks as t where ${inboxTasks}
    ) as parent on parent.id = t.parent_id
    where ${trashedTasks}
  ), child_counts as materialized (
    select parent_id, count(*)::int as total, (count(*) filter (where is_done))::int as done from restoring_tasks
    where parent_id is not null group by parent_id
  ), restored_tasks as (
    update duly.tasks as t set deleted_at = null, deleted_with = null, parent_id = r.parent_id,
      former_parent_id = case when r.parent_id is null then t.parent_id else t.former_parent_id end,
      subtasks_total = coalesce(c.total, 0), subtasks_done = coalesce(c.done, 0), ${taskStampColumns}
    from restoring_tasks as r left join child_counts as c on c.parent_id = r.id
    where t.user_id = ${userParam} and t.id = r.id
  )`;

const restoreTemplate: CteTemplate = {
  name: 'restore tasks of project',
  sql: sql`restored_sections as (
      update duly.sections as t set deleted_at = null, deleted_with = null, ${stampColumns}
      where t.user_id = ${userParam} and t.project_id = ${projectParam} and t.deleted_with = ${projectParam}
    ), ${restoring}, ${returning}, ${countTagsCte(sql`select id from restoring_tasks`, 'add')}`,
};

/** Brings back the tasks and sections that the deletion of the project took away. */
export const restoreTasksAndSections: Effect<Project> = {
  name: 'tasks to restore',
  count: sql<number>`(select count(*)::int from duly.tasks as o
    where o.user_id = ${userParam} and (o.project_id = t.id and o.deleted_with = t.id and o.deleted_at is not null
      or o.former_project_id = t.id and o.project_id is null and o.deleted_at is null))`,
  ctes: ({ id, user_id }, versionFloor) => [
    { template: restoreTemplate, params: { user_id, id, version_floor: versionFloor } },
  ],
};
