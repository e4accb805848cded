import { checkLimit } from '../platform/data-limits.ts';
import type { WriteStamp } from '../writes/plan.ts';
import { applyCompletion, applyFields, applyPatch, type PatchFields } from './changes.ts';
import { childrenOf, descendantsOf, type Family } from './family.ts';
import type { StoredTask } from './model.ts';
import { isSamePlacement, resolvePlacement, type TaskPlacement } from './placement.ts';
import type { ChildrenOnCompletion, ChildrenOnDeletion } from './placement-model.ts';

/**
 * The following give the tasks that an operation changes: the task itself first, then its subtasks. None is what
 * changes nothing. All of them throw AppErrors: VALIDATION_ERROR, LIMIT_EXCEEDED.
 */

/** Merge patch (RFC 7396). Subtasks follow to another project or section. */
export function patchInFamily(
  family: Family,
  task: StoredTask,
  patch: PatchFields,
  stamp: WriteStamp,
): StoredTask[] {
  const placement = resolvePlacement(family, { id: task.id, current: task }, patch);
  const patched = applyPatch(task, { ...patch, ...placement }, stamp);
  if (patched === task) return [];
  if (isSamePlacement(task, patched)) return [patched];
  return [{ ...patched, ...noFormerPlacement }, ...followers(family, task.id, placement, stamp)];
}

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

/** Without `completed` it flips. */
export function completeInFamily(
  family: Family,
  task: StoredTask,
  completed: boolean | undefined,
  children: ChildrenOnCompletion,
  stamp: WriteStamp,
): StoredTask[] {
  const after = applyCompletion(task, completed, stamp);
  const own = after === task ? [] : [after];
  return children === 'keep' || !after.completed ? own : [...own, ...completedBelow(family, task.id, stamp)];
}

function completedBelow(family: Family, id: string, stamp: WriteStamp): StoredTask[] {
  const pending = descendantsOf(family, id).filter(({ completed }) => !completed);
  checkLimit('descendants', pending.length);
  return pending.map((task) => applyPatch(task, { completed: true }, stamp));
}

/** Subtasks that are kept become subtasks of the deleted task's parent. */
export function deleteInFamily(
  family: Family,
  task: StoredTask,
  children: ChildrenOnDeletion,
  stamp: WriteStamp,
): StoredTask[] {
  const deleted = applyFields(task, { deleted_at: stamp.now }, stamp);
  if (children === 'delete') {
    const below = descendantsOf(family, task.id);
    checkLimit('descendants', below.length);
    const fields = { deleted_at: stamp.now, deleted_with: task.id };
    return [deleted, ...below.map((each) => applyFields(each, fields, stamp))];
  }
  const completed = children === 'complete' ? completedBelow(family, task.id, stamp) : [];
  const changed = new Map(completed.map((each) => [each.id, each]));
  for (const child of childrenOf(family, task.id)) {
    const fields = { parent_id: task.parent_id, former_parent_id: task.id };
    changed.set(child.id, { ...(changed.get(child.id) ?? applyFields(child, {}, stamp)), ...fields });
  }
  return [deleted, ...changed.values()];
}
