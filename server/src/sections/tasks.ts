import { sql } from 'kysely';
import { type CteTemplate, param } from '../db/statements.ts';
import type { Effect } from '../items/kind.ts';
import { userParam } from '../projects/sql.ts';
import { taskStampColumns } from '../writes/stamp-columns.ts';
import type { Section } from './model.ts';

/** What happens to the tasks of a section when it is deleted or restored. */

const sectionParam = sql`${param('id')}::uuid`;

/** Subtasks are in the section of their parent, so all of a tree lose it. */
const releaseTemplate: CteTemplate = {
  name: 'release tasks of section',
  sql: sql`released_tasks as (
      update duly.tasks as t set section_id = null, former_section_id = ${sectionParam}, ${taskStampColumns}
      where t.user_id = ${userParam} and t.section_id = ${sectionParam} and t.deleted_at is null
    )`,
};

export const releaseTasks: Effect<Section> = {
  name: 'live tasks',
  count: sql<number>`(select count(*)::int from duly.tasks as o
    where o.user_id = ${userParam} and o.section_id = t.id and o.deleted_at is null)`,
  ctes: ({ id, user_id }, { versionFloor }) => [
    { template: releaseTemplate, params: { user_id, id, version_floor: versionFloor } },
  ],
};

/** Top-level tasks that lost the section and did not get another place since, with all that is below them now. */
const returnTemplate: CteTemplate = {
  name: 'return tasks to section',
  sql: sql`returning_tasks as materialized (
      with recursive tree as (
        select t.id from duly.tasks as t
        where t.user_id = ${userParam} and t.former_section_id = ${sectionParam} and t.section_id is null
          and t.project_id = ${param('project_id')}::uuid and t.parent_id is null and t.deleted_at is null
        union all
        select t.id from tree
          join duly.tasks as t on t.user_id = ${userParam} and t.parent_id = tree.id and t.deleted_at is null
      ) select * from tree
    ), returned_tasks as (
      update duly.tasks as t set section_id = ${sectionParam}, former_section_id = null, ${taskStampColumns}
      from returning_tasks as r where t.user_id = ${userParam} and t.id = r.id
    )`,
};

export const returnTasks: Effect<Section> = {
  name: 'tasks to return',
  count: sql<number>`(select count(*)::int from duly.tasks as o
    where o.user_id = ${userParam} and o.former_section_id = t.id and o.section_id is null
      and o.project_id = t.project_id and o.deleted_at is null)`,
  ctes: ({ id, user_id, project_id }, { versionFloor }) => [
    { template: returnTemplate, params: { user_id, id, project_id, version_floor: versionFloor } },
  ],
};

/** Tasks in the trash lose the section. The foreign key would see to it, but Citus takes none that does. */
const forgetTemplate: CteTemplate = {
  name: 'forget section of trash',
  sql: sql`forgetting_tasks as (
      update duly.tasks as t set section_id = null
      where t.user_id = ${userParam} and t.section_id = ${sectionParam} and t.deleted_at is not null
    )`,
};

export const forgetSection: Effect<Section> = {
  name: 'tasks that forget the section',
  count: sql<number>`0`,
  ctes: ({ id, user_id }) => [{ template: forgetTemplate, params: { user_id, id } }],
};
