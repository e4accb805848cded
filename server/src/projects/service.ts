import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import type { ItemFilter } from '../items/list.ts';
import { deleteItem, type ItemTarget } from '../items/service.ts';
import { listTasks } from '../tasks/list.ts';
import { listDefaults } from '../tasks/list-model.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import type { WriteContext } from '../writes/plan.ts';
import { deletionEffect } from './deletion.ts';
import type { Project, ProjectListQuery, TasksOfDeletedProject } from './model.ts';

/**
 * Moves a project to the trash, with its sections, and with its live tasks or without them.
 * @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export const deleteProject = (
  db: Db,
  userId: string,
  context: WriteContext,
  target: ItemTarget<Project>,
  tasks: TasksOfDeletedProject,
): Promise<WriteResult<null>> => deleteItem(db, userId, context, target, deletionEffect(tasks));

const conditions: Record<ProjectListQuery['archived'], RawBuilder<SqlBool>> = {
  hide: sql`t.archived_at is null`,
  show: sql`true`,
  only: sql`t.archived_at is not null`,
};

export const archivedFilter = (archived: ProjectListQuery['archived']): ItemFilter => ({
  name: archived,
  where: conditions[archived],
});

/**
 * The live tasks of no project that are not completed, subtasks too: the total of a list, which is remembered if there
 * are many.
 */
export async function countInbox(db: Db, userId: string): Promise<number> {
  const page = { limit: 1, offset: 0, position: null };
  const open = { ...listDefaults, status: 'pending', project_id: 'none' } as const;
  return (await listTasks(db, userId, { ...open, ...page })).total;
}
