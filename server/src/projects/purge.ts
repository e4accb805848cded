import { sql } from 'kysely';
import type { Cte, CteTemplate } from '../db/statements.ts';
import type { Effect } from '../items/kind.ts';
import { purgeSql } from '../items/queries.ts';
import { purgedOccurrencesCte } from '../occurrences/queries.ts';
import { purgedRemindersCte } from '../reminders/restamp.ts';
import { orphanedTrashCte, purgeBatchSize } from '../tasks/trash.ts';
import type { Project } from './model.ts';
import { projectParam, userParam } from './sql.ts';

const deletedTasks = sql`select o.id from duly.tasks as o where o.user_id = ${userParam} and o.project_id = ${projectParam}
  and o.deleted_with = ${projectParam} and o.deleted_at is not null limit ${sql.lit(purgeBatchSize)}`;

const purgeTasks = purgeSql('task', 'duly.tasks', 'purged_tasks', sql`t.id in (${deletedTasks})`);

const purgeTasksWithAll = sql`${purgeTasks}, ${purgedOccurrencesCte('purged_tasks')},
  ${purgedRemindersCte('purged_tasks')}`;

const batchTemplate: CteTemplate = {
  name: 'purge tasks of project',
  sql: sql`${purgeTasksWithAll}, ${orphanedTrashCte('purged_tasks')}`,
};

/** Other tasks in the trash lose project and section. Foreign keys would see to it, but Citus takes none that do. */
const lastTemplate: CteTemplate = {
  name: 'purge last tasks and sections of project',
  sql: sql`${purgeTasksWithAll}, left_tasks as (
      update duly.tasks as c set project_id = nullif(c.project_id, ${projectParam}),
        section_id = case when c.project_id = ${projectParam} then null else c.section_id end,
        parent_id = case when c.parent_id in (select id from purged_tasks) then null else c.parent_id end
      where c.user_id = ${userParam} and c.id not in (select id from purged_tasks)
        and (c.project_id = ${projectParam} or c.parent_id in (select id from purged_tasks))
    ), ${purgeSql('section', 'duly.sections', 'purged_sections', sql`t.project_id = ${projectParam}`)}`,
};

/** Purges the tasks that were deleted with the project, and all of its sections. */
export const purgeTasksAndSections: Effect<Project> = {
  name: 'tasks to purge',
  count: sql<number>`(select count(*)::int from duly.tasks as o
    where o.user_id = ${userParam} and o.project_id = t.id and o.deleted_with = t.id and o.deleted_at is not null)`,
  ctes: ({ id, user_id }) => [{ template: lastTemplate, params: { user_id, id } }],
  earlier: ({ id, user_id }, count) =>
    Array<Cte>(Math.max(Math.ceil(count / purgeBatchSize) - 1, 0)).fill({
      template: batchTemplate,
      params: { user_id, id },
    }),
};
