import { sql } from 'kysely';
import type { CteTemplate } from '../db/statements.ts';
import type { Effect } from '../items/kind.ts';
import { trashedRemindersCte } from '../reminders/restamp.ts';
import { stampColumns, taskStampColumns } from '../writes/stamp-columns.ts';
import type { Project, TasksOfDeletedProject } from './model.ts';
import { countTagsCte, now, projectParam, userParam } from './sql.ts';

/** The live tasks of a project: with the subtasks, which are in their parent's project. */
const liveTasks = sql`t.user_id = ${userParam} and t.project_id = ${projectParam} and t.deleted_at is null`;

const trashedSections = sql`trashed_sections as (
    update duly.sections as t set deleted_at = ${now}, deleted_with = ${projectParam}, ${stampColumns}
    where t.user_id = ${userParam} and t.project_id = ${projectParam} and t.deleted_at is null
  )`;

/** No task that stays has a subtask that goes, so no other counts change. */
const trashTemplate: CteTemplate = {
  name: 'trash tasks of project',
  sql: sql`${trashedSections}, trashed_tasks as (
      update duly.tasks as t set deleted_at = ${now}, deleted_with = ${projectParam}, subtasks_total = 0,
        subtasks_done = 0, ${taskStampColumns}
      where ${liveTasks}
    ), ${countTagsCte(sql`select t.id from duly.tasks as t where ${liveTasks}`, 'remove')}, ${trashedRemindersCte(liveTasks)}`,
};

/** A section that was deleted before stays the former one. */
const inboxTemplate: CteTemplate = {
  name: 'move tasks of project to inbox',
  sql: sql`${trashedSections}, moved_tasks as (
      update duly.tasks as t set project_id = null, section_id = null, former_project_id = ${projectParam},
        former_section_id = coalesce(t.section_id, t.former_section_id), ${taskStampColumns}
      where ${liveTasks}
    )`,
};

/** What the deletion of a project does to its tasks and sections. */
export const deletionEffect = (tasks: TasksOfDeletedProject): Effect<Project> => ({
  name: 'live tasks',
  count: sql<number>`(select count(*)::int from duly.tasks as o
    where o.user_id = ${userParam} and o.project_id = t.id and o.deleted_at is null)`,
  ctes: ({ id, user_id }, { versionFloor }) => [
    {
      template: tasks === 'trash' ? trashTemplate : inboxTemplate,
      params: { user_id, id, version_floor: versionFloor },
    },
  ],
});
