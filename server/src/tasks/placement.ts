import { checkLimit, dataLimits } from '../platform/data-limits.ts';
import { type ValidationIssue, validationError } from '../platform/errors.ts';
import { type Family, heightOf, lineOf, liveTask } from './family.ts';
import type { FamilyScope } from './family-query.ts';
import type { StoredTask } from './model.ts';
import type { PlacementFields } from './placement-model.ts';

/** Where a task stands; tasks of the same placement are siblings. */
export type TaskPlacement = Pick<StoredTask, 'project_id' | 'section_id' | 'parent_id'>;

const fields = ['project_id', 'section_id', 'parent_id'] as const;

/** Whether a patch has fields of a placement. */
export const hasPlacement = (sent: PlacementFields): boolean =>
  fields.some((name) => sent[name] !== undefined);
/** Whether a new task is placed: the fields of one that is not are null. */
export const isPlaced = (task: TaskPlacement): boolean => fields.some((name) => task[name] !== null);

export const isSamePlacement = (a: TaskPlacement, b: TaskPlacement): boolean =>
  fields.every((name) => a[name] === b[name]);

/** A task that is placed: a new one has no placement yet. */
interface Placed {
  id: string;
  current: TaskPlacement | null;
}

/**
 * The placement of a task after a client sent some of its fields. Only the outcome counts: a field that is the same as
 * before is as one that is absent. Then the section follows the project, and both follow the parent.
 * @throws AppError VALIDATION_ERROR, LIMIT_EXCEEDED
 */
export function resolvePlacement(
  family: Family,
  { id, current }: Placed,
  sent: PlacementFields,
): TaskPlacement {
  const { project_id = null, section_id = null, parent_id = null } = current ?? {};
  const before = { project_id, section_id, parent_id };
  const wanted = { ...before };
  for (const name of fields) if (sent[name] !== undefined) wanted[name] = sent[name];
  if (current !== null && isSamePlacement(before, wanted)) return before;
  const isChanged = (name: keyof TaskPlacement) => wanted[name] !== before[name];
  const issues = fields.flatMap((name) =>
    isChanged(name) && wanted[name] !== null && !exists(family, name, wanted[name])
      ? [unknownIssue(name)]
      : [],
  );
  if (issues.length > 0) throw validationError(issues);
  const parent = wanted.parent_id === null ? undefined : family.tasks.get(wanted.parent_id);
  if (parent === undefined) return inProject(family, wanted, current, isChanged);
  for (const name of ['project_id', 'section_id'] as const)
    if (isChanged(name) && wanted[name] !== parent[name])
      issues.push(issueOf(name, 'is not that of the parent'));
  if (isChanged('parent_id')) {
    if (lineOf(family, parent.id).some((above) => above.id === id))
      issues.push(issueOf('parent_id', 'would be below itself'));
    if (issues.length === 0) checkRoom(family, id, parent);
  }
  if (issues.length > 0) throw validationError(issues);
  return { project_id: parent.project_id, section_id: parent.section_id, parent_id: parent.id };
}

function inProject(
  family: Family,
  wanted: TaskPlacement,
  current: TaskPlacement | null,
  isChanged: (name: keyof TaskPlacement) => boolean,
): TaskPlacement {
  const { section_id: sectionId } = wanted;
  if (sectionId === null) return wanted;
  const project = family.sections.get(sectionId) ?? null;
  if (project === wanted.project_id) return wanted;
  if (current === null && wanted.project_id === null) return { ...wanted, project_id: project };
  if (isChanged('section_id'))
    throw validationError([issueOf('section_id', 'is not a section of the project')]);
  return { ...wanted, section_id: null };
}

/** @throws AppError VALIDATION_ERROR, LIMIT_EXCEEDED */
function checkRoom(family: Family, id: string, parent: StoredTask): void {
  if (!fitsBelow(family, id, parent))
    throw validationError([issueOf('parent_id', `would be deeper than ${dataLimits.levels.max} levels`)]);
  checkLimit('subtasks', (parent.progress?.total ?? 0) + 1);
}

/** Whether a task fits below the parent with its descendants. */
export const fitsBelow = (family: Family, id: string, parent: StoredTask): boolean =>
  lineOf(family, parent.id).length + heightOf(family, id) <= dataLimits.levels.max;

function exists(family: Family, name: keyof TaskPlacement, id: string): boolean {
  if (name === 'project_id') return family.projects.has(id);
  return name === 'section_id' ? family.sections.has(id) : liveTask(family, id) !== undefined;
}

const things = { project_id: 'project', section_id: 'section', parent_id: 'task' } as const;

/** The same text for an id that does not exist, is in the trash, or is another user's: none is revealed. */
const unknownIssue = (name: keyof TaskPlacement) =>
  issueOf(name, `must be a ${things[name]} of this user, not in the trash`);

const issueOf = (name: keyof TaskPlacement, msg: string): ValidationIssue => ({
  loc: ['body', name],
  msg,
  type: 'placement',
});

/** What the rules read for those fields. */
export const scopeOfPlacement = ({ project_id, section_id, parent_id }: PlacementFields): FamilyScope => ({
  tasks: idsOf(parent_id),
  projects: idsOf(project_id),
  sections: idsOf(section_id),
});

const idsOf = (id: string | null | undefined): string[] => (id === null || id === undefined ? [] : [id]);
