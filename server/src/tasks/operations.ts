import { checkLimit } from '../platform/data-limits.ts';
import type { WriteStamp } from '../writes/plan.ts';
import { applyFields, type PatchFields } from './changes.ts';
import { childrenOf, descendantsOf, type Family } from './family.ts';
import type { StoredTask } from './model.ts';
import { applyCompletion, applyPatch, type SentCompletion } from './patch.ts';
import { isSamePlacement, resolvePlacement, type TaskPlacement } from './placement.ts';
import type { ChildrenOnCompletion, ChildrenOnDeletion } from './placement-model.ts';
import type { TaskEffect } from './repeats.ts';

/**
 * The functions of this file return the tasks that an operation changes: the task itself first, then its subtasks; an
 * empty array if nothing changes. All of them throw AppError VALIDATION_ERROR, LIMIT_EXCEEDED.
 */

/** Merge patch (RFC 7396). Subtasks follow to another project or section. */
export function patchInFamily(
  family: Family,
  task: StoredTask,
  patch: PatchFields,
  stamp: WriteStamp,
): TaskEffect[] {
  const placement = resolvePlacement(family, { id: task.id, current: task }, patch);
  const { occurrences } = family;
  const effect = applyPatch(task, { ...patch, ...placement }, { stamp, occurrences });
  const { task: patched } = effect;
  if (patched === task) return [];
  if (isSamePlacement(task, patched)) return [effect];
  return [
    { ...effect, task: { ...patched, ...noFormerPlacement } },
    ...effectsOn(followers(family, task.id, placement, stamp)),
  ];
}

export const effectsOn = (tasks: readonly StoredTask[]): TaskEffect[] => tasks.map((task) => ({ task }));

/** A client placed it: no restore brings it back to where it was. */
export const noFormerPlacement = {
  former_project_id: null,
  former_section_id: null,
  former_parent_id: null,
};

/** The descendants of a task that comes to another project or section. */
export function followers(
  family: Family,
  id: string,
  { project_id, section_id }: TaskPlacement,
  stamp: WriteStamp,
): StoredTask[] {
  const moved = descendantsOf(family, id).filter(
    (task) => task.project_id !== project_id || task.section_id !== section_id,
  );
  checkLimit('descendants', moved.length);
  const fields = { project_id, section_id, former_project_id: null, former_section_id: null };
  return moved.map((task) => applyFields(task, fields, stamp));
}

export function completeInFamily(
  family: Family,
  task: StoredTask,
  completion: SentCompletion,
  children: ChildrenOnCompletion,
  stamp: WriteStamp,
): TaskEffect[] {
  const effect = applyCompletion(task, completion, { stamp, occurrences: family.occurrences });
  const own = effect.task === task ? [] : [effect];
  const isDone = effect.task.completed || effect.recorded !== undefined;
  return children === 'keep' || !isDone ? own : [...own, ...completedBelow(family, task.id, stamp)];
}

function completedBelow(family: Family, id: string, stamp: WriteStamp): TaskEffect[] {
  const pending = descendantsOf(family, id).filter(({ completed }) => !completed);
  checkLimit('descendants', pending.length);
  return pending.map((task) => applyPatch(task, { completed: true }, { stamp, occurrences: [] }));
}

/** Subtasks that are kept become subtasks of the deleted task's parent. */
export function deleteInFamily(
  family: Family,
  task: StoredTask,
  children: ChildrenOnDeletion,
  stamp: WriteStamp,
): TaskEffect[] {
  const deleted = applyFields(task, { deleted_at: stamp.now }, stamp);
  if (children === 'delete') {
    const below = descendantsOf(family, task.id);
    checkLimit('descendants', below.length);
    const fields = { deleted_at: stamp.now, deleted_with: task.id };
    return effectsOn([deleted, ...below.map((each) => applyFields(each, fields, stamp))]);
  }
  const completed = children === 'complete' ? completedBelow(family, task.id, stamp) : [];
  const changed = new Map(completed.map((effect) => [effect.task.id, effect]));
  for (const child of childrenOf(family, task.id)) {
    const fields = { parent_id: task.parent_id, former_parent_id: task.id };
    const effect = changed.get(child.id) ?? { task: applyFields(child, {}, stamp) };
    changed.set(child.id, { ...effect, task: { ...effect.task, ...fields } });
  }
  return [{ task: deleted }, ...changed.values()];
}
