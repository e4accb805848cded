import { randomUUID } from 'node:crypto';
import type { Db } from '../db/schema.ts';
import { noOccurrences } from '../occurrences/queries.ts';
import type { WriteCondition } from '../writes/conditions.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import type { WriteContext } from '../writes/plan.ts';
import { write } from '../writes/write.ts';
import { changeFamily, changesOf, scopeOf } from './change-family.ts';
import { changeTask, scopeOfCompletion } from './change-task.ts';
import { buildTask, splitPatch, stampNewTask, toTask, type UnstampedTask, withPosition } from './changes.ts';
import { isFloating } from './due.ts';
import { applyChanges } from './family.ts';
import { childrenQuery, familyQuery } from './family-query.ts';
import type { NewTask, Task, TaskPatch } from './model.ts';
import { completeInFamily, deleteInFamily, patchInFamily } from './operations.ts';
import { applyCompletion, applyPatch, type Completion } from './patch.ts';
import { hasPlacement, isPlaced, resolvePlacement, scopeOfPlacement } from './placement.ts';
import type { ChildrenOnCompletion, ChildrenOnDeletion } from './placement-model.ts';
import { storeTasksCte, storeTasksCtes } from './queries.ts';

/** @throws AppError VALIDATION_ERROR, LIMIT_EXCEEDED */
export async function createTask(
  db: Db,
  userId: string,
  context: WriteContext,
  input: NewTask,
): Promise<WriteResult<Task>> {
  const task = buildTask(userId, randomUUID(), input);
  const create = isPlaced(task) || isFloating(task) ? createByRules : createAlone;
  const { value, isReplayed } = await create(db, context, task);
  return { value: withPosition(value), isReplayed };
}

/** It reads nothing, so it is one statement. The user's zone does not matter. */
const createAlone = (db: Db, context: WriteContext, task: UnstampedTask) =>
  write(db, task.user_id, context, {
    create({ now }) {
      const after = stampNewTask(task, now, 'UTC');
      return {
        value: toTask(after),
        changes: [storeTasksCte(task.user_id, [{ before: undefined, after }])],
        auditActions: [{ action: 'task.create', subject: task.id }],
      };
    },
  });

function createByRules(db: Db, context: WriteContext, task: UnstampedTask): Promise<WriteResult<Task>> {
  const { id, user_id: userId } = task;
  return write(db, userId, context, {
    read: familyQuery(userId, scopeOfPlacement(task)),
    decide(family, { now, timeZone }) {
      const before = new Map(family.tasks);
      const placement = resolvePlacement(family, { id, current: null }, task);
      const after = { ...stampNewTask(task, now, timeZone), ...placement };
      applyChanges(family, [{ task: after }]);
      return {
        value: toTask(after),
        changes: storeTasksCtes(userId, changesOf(before, family)),
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
  { children = 'keep', ...completion }: Completion & { children?: ChildrenOnCompletion | undefined },
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
