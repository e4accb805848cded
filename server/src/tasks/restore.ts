import { dataLimits } from '../platform/data-limits.ts';
import type { WriteStamp } from '../writes/plan.ts';
import { applyFields } from './changes.ts';
import { type Family, lineOf, liveTask } from './family.ts';
import type { StoredTask } from './model.ts';
import { fitsBelow } from './placement.ts';

/**
 * Takes a task out of the trash, with what was deleted with it and with the subtasks that its deletion moved up.
 * @returns the changed tasks, the task itself first
 */
export function restoreInFamily(family: Family, task: StoredTask, stamp: WriteStamp): StoredTask[] {
  const companions = companionsOf(family, task.id);
  const levels = 1 + Math.max(0, ...companions.map(({ level }) => level));
  const restored = applyFields(task, { ...live, ...homeOf(family, task, levels) }, stamp);
  const after: Family = { ...family, tasks: new Map(family.tasks).set(task.id, restored) };
  for (const { companion } of companions) {
    const parent = liveTask(after, companion.parent_id ?? '');
    const fits = parent !== undefined && lineOf(after, parent.id).length < dataLimits.levels.max;
    const { project_id, section_id } = fits ? parent : restored;
    const placement = { project_id, section_id, parent_id: fits ? parent.id : null };
    after.tasks.set(companion.id, applyFields(companion, { ...live, ...placement }, stamp));
  }
  for (const child of movedUp(after, restored))
    after.tasks.set(child.id, applyFields(child, { parent_id: task.id, former_parent_id: null }, stamp));
  return [
    restored,
    ...[...after.tasks.values()].filter((each) => each !== restored && family.tasks.get(each.id) !== each),
  ];
}

const live = { deleted_at: null, deleted_with: null };

/** What was deleted with a task, parents first, and on which level below it. */
function companionsOf({ tasks }: Family, id: string): { companion: StoredTask; level: number }[] {
  const trashed = [...tasks.values()].filter((task) => task.deleted_with === id && task.deleted_at !== null);
  const byId = new Map(trashed.map((task) => [task.id, task]));
  const levelOf = (task: StoredTask): number => {
    const parent = byId.get(task.parent_id ?? '');
    return parent === undefined ? 1 : 1 + levelOf(parent);
  };
  return trashed
    .map((companion) => ({ companion, level: levelOf(companion) }))
    .toSorted((a, b) => a.level - b.level);
}

/** Where it comes back: to its parent, project and section, as far as they are live and have room. */
function homeOf(family: Family, task: StoredTask, levels: number): Partial<StoredTask> {
  const parent = task.parent_id === null ? undefined : family.tasks.get(task.parent_id);
  const isFull = (parent?.progress?.total ?? 0) >= dataLimits.subtasks.max;
  if (
    parent?.deleted_at === null &&
    !isFull &&
    lineOf(family, parent.id).length + levels <= dataLimits.levels.max
  )
    return { project_id: parent.project_id, section_id: parent.section_id };
  const { project_id: projectId, section_id: sectionId } = task;
  const top = {
    parent_id: null,
    // Its restore takes the task back.
    ...(parent !== undefined && parent.deleted_at !== null ? { former_parent_id: parent.id } : {}),
  };
  if (projectId !== null && !family.projects.has(projectId))
    return {
      ...top,
      ...{ project_id: null, section_id: null },
      ...{ former_project_id: projectId, former_section_id: sectionId },
    };
  if (sectionId !== null && family.sections.get(sectionId) !== projectId)
    return { ...top, section_id: null, former_section_id: sectionId };
  return top;
}

/** Subtasks that the deletion moved up, if nobody moved them meanwhile and they still fit. */
function movedUp(family: Family, restored: StoredTask): StoredTask[] {
  return [...family.tasks.values()].filter(
    (task) =>
      task.former_parent_id === restored.id &&
      task.deleted_at === null &&
      task.project_id === restored.project_id &&
      task.section_id === restored.section_id &&
      !lineOf(family, restored.id).includes(task) &&
      fitsBelow(family, task.id, restored),
  );
}
