import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import type { ItemFilter } from '../items/list.ts';
import { deleteItem, type ItemTarget } from '../items/service.ts';
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

/** The live tasks of no project that are not completed, subtasks too. */
export async function countInbox(db: Db, userId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from duly.tasks
    where user_id = ${userId} and project_id is null and deleted_at is null and completed_at is null`.execute(
    db,
  );
  return rows[0]?.count ?? 0;
}
