import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { param } from '../db/statements.ts';
import type { ListParameters } from './list-model.ts';

/** The filters of a list by project, section and parent. */
type PlacementFilter = Pick<ListParameters, 'project_id' | 'section_id' | 'parent_id' | 'archived'>;

const fields = ['project_id', 'section_id', 'parent_id'] as const;

const namesOne = (id: string | undefined) => id !== undefined && id !== 'none';

/** The list of a project, section or task shows what is in it, archived or not. */
const archivedOf = (filter: PlacementFilter) =>
  filter.archived ?? (fields.some((field) => namesOne(filter[field])) ? 'show' : 'hide');

/** All that `placementConditions` depends on. */
export const placementShape = (filter: PlacementFilter) =>
  [...fields.map((field) => (namesOne(filter[field]) ? 'one' : filter[field])), archivedOf(filter)].join();

export const placementParams = ({ project_id, section_id, parent_id }: PlacementFilter) => ({
  project_id,
  section_id,
  parent_id,
});

export function placementConditions(filter: PlacementFilter): RawBuilder<SqlBool>[] {
  const conditions = fields.flatMap((field) => {
    if (filter[field] === undefined) return [];
    return filter[field] === 'none' ? [sql<SqlBool>`${sql.ref(`t.${field}`)} is null`] : [isIn[field]];
  });
  const archived = archivedOf(filter);
  if (archived === 'hide') conditions.push(isNotArchived);
  if (archived === 'only') conditions.push(isArchived);
  return conditions;
}

/** The condition of a list of a project. */
export const isInProject = sql<SqlBool>`t.project_id = ${param('project_id')}::uuid`;

const isIn = {
  project_id: isInProject,
  section_id: sql<SqlBool>`t.section_id = ${param('section_id')}::uuid`,
  parent_id: sql<SqlBool>`t.parent_id = ${param('parent_id')}::uuid`,
};

/** Evaluated once for a statement, however many rows are compared with it. */
const archivedProjects = sql`array(
    select p.id from duly.projects as p where p.user_id = ${param('user_id')} and p.archived_at is not null
  )`;
const isNotArchived = sql<SqlBool>`(t.project_id is null or t.project_id <> all (${archivedProjects}))`;
const isArchived = sql<SqlBool>`t.project_id = any (${archivedProjects})`;
