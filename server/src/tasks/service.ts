import { randomUUID } from 'node:crypto';
import type { Db } from '../db/schema.ts';
import {
  ifRepeating,
  noOccurrences,
  type OccurrenceScope,
  occurrenceCtes,
  withOccurrences,
} from '../occurrences/queries.ts';
import type { UnstampedReminder } from '../reminders/service.ts';
import type { WriteCondition } from '../writes/conditions.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import { unchanged, type WriteContext } from '../writes/plan.ts';
import { write } from '../writes/write.ts';
import { changeFamily, changesOf, scopeOf, type TaskTarget } from './change-family.ts';
import {
  buildTask,
  requireTask,
  splitPatch,
  stampNewTask,
  toTask,
  type UnstampedTask,
  withPosition,
} from './changes.ts';
import { applyChanges } from './family.ts';
import { childrenQuery, familyQuery } from './family-query.ts';
import type { NewTask, StoredTask, Task, TaskPatch } from './model.ts';
import { completeInFamily, deleteInFamily, patchInFamily } from './operations.ts';
import {
  applyCompletion,
  applyPatch,
  type PatchContext,
  type SentCompletion,
  scopeOfCompletion,
} from './patch.ts';
import { hasPlacement, isPlaced, resolvePlacement, scopeOfPlacement } from './placement.ts';
import type { ChildrenOnCompletion, ChildrenOnDeletion } from './placement-model.ts';
import { storedTaskQuery, storeTasksCte } from './queries.ts';
import { buildReminders, storeRemindedTasksCtes, withReminders } from './reminders.ts';
import type { TaskEffect } from './repeats.ts';

/** @throws AppError VALIDATION_ERROR, LIMIT_EXCEEDED */
export async function createTask(
  db: Db,
  userId: string,
  context: WriteContext,
  input: NewTask,
): Promise<WriteResult<Task>> {
  const { value, isReplayed } = await createTaskAs(db, userId, context, input, (task) => task);
  return { value: withPosition(value), isReplayed };
}

/**
 * The same, for a write that returns more than the task.
 * @param toValue what the write returns; the position of its task still needs `withPosition`
 */
export function createTaskAs<T>(
  db: Db,
  userId: string,
  context: WriteContext,
  input: NewTask,
  toValue: (task: Task) => T,
): Promise<WriteResult<T>> {
  const task = buildTask(userId, randomUUID(), input);
  const reminders = input.reminders && buildReminders(task.id, input.reminders);
  const isAlone = !isPlaced(task) && task.due_time === null && !reminders?.length;
  if (isAlone) return createAlone(db, context, task, toValue);
  return createByRules(db, context, { task, ...(reminders && { reminders }) }, toValue);
}

/** It reads nothing, so it is one statement. Nothing in the user's profile matters. */
const createAlone = <T>(db: Db, context: WriteContext, task: UnstampedTask, toValue: (task: Task) => T) =>
  write(db, task.user_id, context, {
    create({ now }) {
      const after = stampNewTask(task, now, 'UTC');
      return {
        value: toValue(toTask(after)),
        changes: [storeTasksCte(task.user_id, [{ before: undefined, after }])],
        auditActions: [{ action: 'task.create', subject: task.id }],
      };
    },
  });

function createByRules<T>(
  db: Db,
  context: WriteContext,
  { task, reminders }: { task: UnstampedTask; reminders?: readonly UnstampedReminder[] },
  toValue: (task: Task) => T,
): Promise<WriteResult<T>> {
  const { id, user_id: userId } = task;
  return write(db, userId, context, {
    read: familyQuery(userId, scopeOfPlacement(task)),
    decide(family, stamp) {
      const before = new Map(family.tasks);
      const placement = resolvePlacement(family, { id, current: null }, task);
      const after = { ...stampNewTask(task, stamp.now, stamp.timeZone), ...placement };
      applyChanges(family, [{ task: after, ...(reminders && { reminders }) }], stamp);
      const changes = changesOf(before, family);
      return {
        value: toValue(toTask(family.tasks.get(id) ?? after)),
        changes: storeRemindedTasksCtes(userId, changes, family.reminders, stamp),
        auditActions: [{ action: 'task.create', subject: id }],
      };
    },
  });
}

/**
 * Merge patch (RFC 7396). A patch that changes nothing leaves version and times as they are.
 * @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED, LIMIT_EXCEEDED
 */
export function patchTask(
  db: Db,
  userId: string,
  context: WriteContext,
  taskId: string,
  patch: TaskPatch,
  ifMatch?: WriteCondition['ifMatch'],
): Promise<WriteResult<Task>> {
  const { fields, condition } = splitPatch(patch);
  const target = { userId, taskId, location: 'live', condition: { ...condition, ifMatch } } as const;
  const { completed, occurrence } = fields;
  const known =
    completed === undefined ? noOccurrences : scopeOfCompletion(taskId, { completed, occurrence });
  if (!hasPlacement(fields))
    return changeTask(db, context, 'task.update', target, known, (task, patchContext) =>
      applyPatch(task, fields, patchContext),
    );
  const read = scopeOf(userId, taskId, { ...scopeOfPlacement(fields), below: [taskId] }, known);
  return changeFamily(db, context, 'task.update', target, read, (family, task, stamp) => ({
    effects: patchInFamily(family, task, fields, stamp),
  }));
}

/**
 * Sets `completed`, or flips it when it is undefined. A repeating task moves on instead.
 * @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED, LIMIT_EXCEEDED
 */
export function completeTask(
  db: Db,
  userId: string,
  context: WriteContext,
  taskId: string,
  { children = 'keep', ...completion }: SentCompletion & { children?: ChildrenOnCompletion | undefined },
  condition: WriteCondition,
): Promise<WriteResult<Task>> {
  const target = { userId, taskId, location: 'live', condition } as const;
  const known = scopeOfCompletion(taskId, completion);
  if (children === 'keep')
    return changeTask(db, context, 'task.complete', target, known, (task, patchContext) =>
      applyCompletion(task, completion, patchContext),
    );
  const read = scopeOf(userId, taskId, { below: [taskId] }, known);
  return changeFamily(db, context, 'task.complete', target, read, (family, task, stamp) => ({
    effects: completeInFamily(family, task, completion, children, stamp),
  }));
}

/**
 * Moves a task to the trash.
 * @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED, LIMIT_EXCEEDED
 */
export function deleteTask(
  db: Db,
  userId: string,
  context: WriteContext,
  taskId: string,
  condition: WriteCondition,
  children: ChildrenOnDeletion = 'keep',
): Promise<WriteResult<Task>> {
  const target = { userId, taskId, location: 'live', condition } as const;
  const read =
    children === 'keep' ? childrenQuery(userId, taskId) : scopeOf(userId, taskId, { below: [taskId] });
  return changeFamily(db, context, 'task.delete', target, read, (family, task, stamp) => ({
    effects: deleteInFamily(family, task, children, stamp),
  }));
}

/** Changes one task alone. A `change` that returns the very same task writes nothing. */
export function changeTask(
  db: Db,
  context: WriteContext,
  action: string,
  { userId, taskId, location, condition }: TaskTarget,
  known: OccurrenceScope,
  change: (task: StoredTask, context: PatchContext) => TaskEffect,
): Promise<WriteResult<Task>> {
  const toFound = (task: StoredTask | undefined, occurrences: PatchContext['occurrences']) => ({
    task,
    occurrences,
  });
  return write(db, userId, context, {
    read: withOccurrences(storedTaskQuery(userId, taskId), known, toFound, ifRepeating),
    decide(found, stamp) {
      const { occurrences } = found;
      const before = requireTask(found.task, location, condition);
      const effect = withReminders(before, change(before, { stamp, occurrences }), stamp);
      const { task: after, recorded, undone, reminders = [] } = effect;
      const value = toTask(after);
      if (after === before) return unchanged(value);
      const left = occurrences.filter((each) => each !== undone);
      const changes = [
        ...storeRemindedTasksCtes(userId, [{ before, after }], reminders, stamp),
        ...occurrenceCtes(userId, occurrences, recorded === undefined ? left : [...left, recorded]),
      ];
      return { value, changes, auditActions: [{ action, subject: taskId }] };
    },
  });
}
