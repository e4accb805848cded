import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { createItem } from '../items/service.ts';
import { AppError } from '../platform/errors.ts';
import { projectKind } from '../projects/kind.ts';
import { sectionKind } from '../sections/kind.ts';
import type { TaskPlacement } from '../tasks/placement.ts';
import type { WriteContext } from '../writes/plan.ts';
import type { FoundTask, ImportNote } from './model.ts';

/** The projects and sections of a user, which tasks of a file name. */
export interface KnownProjects {
  placementOf(task: FoundTask): Pick<TaskPlacement, 'project_id' | 'section_id'>;
  /** All ids; of sections with the id of their project. */
  projects: ReadonlySet<string>;
  sections: ReadonlyMap<string, string>;
  created: { projects: number; sections: number };
  notes: readonly ImportNote[];
}

/** Creates a project, or a section of the project with the id. @returns the id of what was created */
export type CreateProject = (name: string, projectId: string | null) => Promise<string>;

export const projectCreator =
  (db: Db, userId: string, context: WriteContext): CreateProject =>
  async (name, projectId) => {
    const { value } = await (projectId === null
      ? createItem(db, userId, context, projectKind, { name })
      : createItem(db, userId, context, sectionKind, { name }, projectId));
    return value.id;
  };

/** Creates nothing, for a dry run. */
export const pretendToCreate: CreateProject = async () => randomUUID();

interface NamedRow {
  id: string;
  name: string;
  project_id: string | null;
}

const maxNameLength = 100;
const shortened = (name: string) => [...name.trim()].slice(0, maxNameLength).join('').trim();
const keyOf = (projectId: string | null, name: string) => `${projectId ?? ''}\n${name}`;

/** The live projects and sections, the last in the manual order first. */
async function readProjects(db: Db, userId: string): Promise<NamedRow[]> {
  const { rows } = await sql<NamedRow>`
    select id, name, null::uuid as project_id, position from duly.projects
    where user_id = ${userId} and deleted_at is null
    union all
    select id, name, project_id, position from duly.sections where user_id = ${userId} and deleted_at is null
    order by position desc, id desc`.execute(db);
  return rows;
}

/**
 * Finds the projects and sections of tasks by name, and creates those that the user does not have. If several have a
 * name, the first in the manual order counts. If a limit allows no further one, its tasks get none, and a note says so.
 */
export async function resolveProjects(
  db: Db,
  userId: string,
  tasks: readonly FoundTask[],
  create: CreateProject,
): Promise<KnownProjects> {
  const rows = await readProjects(db, userId);
  const ids = new Map<string, string | null>(
    rows.map(({ id, name, project_id }) => [keyOf(project_id, name), id]),
  );
  const projects = new Set(rows.filter(({ project_id }) => project_id === null).map(({ id }) => id));
  const sections = new Map(
    rows.flatMap(({ id, project_id }) => (project_id === null ? [] : [[id, project_id]])),
  );
  const created = { projects: 0, sections: 0 };
  const notes: ImportNote[] = [];

  async function findOrCreate(name: string, projectId: string | null, { place }: FoundTask) {
    const key = keyOf(projectId, name);
    const known = ids.get(key);
    if (known !== undefined) return known;
    try {
      const id = await create(name, projectId);
      ids.set(key, id);
      if (projectId === null) projects.add(id);
      else sections.set(id, projectId);
      created[projectId === null ? 'projects' : 'sections'] += 1;
      return id;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'LIMIT_EXCEEDED') throw error;
      ids.set(key, null);
      const kind = projectId === null ? 'project' : 'section';
      notes.push({ place, kind: 'changed', reason: `the ${kind} ${name.slice(0, 60)} is one too many` });
      return null;
    }
  }

  for (const task of tasks) {
    const project = shortened(task.project ?? '');
    if (project === '') continue;
    const projectId = await findOrCreate(project, null, task);
    const section = shortened(task.section ?? '');
    if (projectId !== null && section !== '') await findOrCreate(section, projectId, task);
  }
  return {
    ...{ projects, sections, created, notes },
    placementOf({ project, section }) {
      const project_id = ids.get(keyOf(null, shortened(project ?? ''))) ?? null;
      const isBelow = project_id !== null && section !== null;
      return {
        project_id,
        section_id: isBelow ? (ids.get(keyOf(project_id, shortened(section))) ?? null) : null,
      };
    },
  };
}
