import { randomUUID } from 'node:crypto';
import type { Db } from '../db/schema.ts';
import type { WriteCondition } from '../writes/conditions.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import { unchanged, type WriteContext, type WriteStamp } from '../writes/plan.ts';
import { write } from '../writes/write.ts';
import {
  applyCompletion,
  applyPatch,
  buildTask,
  markDeleted,
  requireTask,
  splitPatch,
  stampNewTask,
  toTask,
  withPosition,
} from './changes.ts';
import type { NewTask, StoredTask, Task, TaskPatch } from './model.ts';
import { storedTaskQuery, storeTasksCte } from './queries.ts';

export async function createTask(
  db: Db,
  userId: string,
  context: WriteContext,
  input: NewTask,
): Promise<WriteResult<Task>> {
  const task = buildTask(userId, randomUUID(), input);
  const { value, isReplayed } = await write(db, userId, context, {
    create({ now }) {
      const after = stampNewTask(task, now);
      return {
        value: toTask(after),
        changes: [storeTasksCte(userId, [{ before: undefined, after }])],
        auditActions: [{ action: 'task.create', subject: task.id }],
      };
    },
  });
  return { value: withPosition(value), isReplayed };
}

/** The task that a write changes. */
interface TaskTarget {
  userId: string;
  taskId: string;
  /** Elsewhere it is not found. */
  location: 'live' | 'trash';
  condition: WriteCondition;
}

/**
 * Merge patch (RFC 7396). A patch that changes nothing leaves version and times as they are.
 * @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED
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
  return changeTask(db, context, 'task.update', target, (task, stamp) => applyPatch(task, fields, stamp));
}

/**
 * Sets `completed`, or flips it when it is undefined.
 * @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function completeTask(
  db: Db,
  userId: string,
  context: WriteContext,
  taskId: string,
  completed: boolean | undefined,
  condition: WriteCondition,
): Promise<WriteResult<Task>> {
  const target = { userId, taskId, location: 'live', condition } as const;
  return changeTask(db, context, 'task.complete', target, (task, stamp) =>
    applyCompletion(task, completed, stamp),
  );
}

/** @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED */
export function deleteTask(
  db: Db,
  userId: string,
  context: WriteContext,
  taskId: string,
  condition: WriteCondition,
): Promise<WriteResult<Task>> {
  const target = { userId, taskId, location: 'live', condition } as const;
  return changeTask(db, context, 'task.delete', target, markDeleted);
}

/** Changes one task. A `change` that returns the very same object writes nothing. */
export function changeTask(
  db: Db,
  context: WriteContext,
  action: string,
  { userId, taskId, location, condition }: TaskTarget,
  change: (task: StoredTask, stamp: WriteStamp) => StoredTask,
): Promise<WriteResult<Task>> {
  return write(db, userId, context, {
    read: storedTaskQuery(userId, taskId),
    decide(found, stamp) {
      const before = requireTask(found, location, condition);
      const after = change(before, stamp);
      const value = toTask(after);
      if (after === before) return unchanged(value);
      const changes = [storeTasksCte(userId, [{ before, after }])];
      return { value, changes, auditActions: [{ action, subject: taskId }] };
    },
  });
}
