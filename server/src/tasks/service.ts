import { randomUUID } from 'node:crypto';
import type { Db } from '../db/schema.ts';
import { unchanged } from '../db/transaction.ts';
import type { WriteCondition } from '../writes/conditions.ts';
import { type WriteContext, withFinalCte, write, writeInOneStatement } from '../writes/write.ts';
import {
  applyCompletion,
  applyPatch,
  buildTask,
  markDeleted,
  omitDeletedAt,
  requireTask,
  splitPatch,
  type TaskStamp,
  taskStampOf,
} from './changes.ts';
import type { NewTask, StoredTask, Task, TaskPatch } from './model.ts';
import { findStoredTasks, storeTasksCte } from './queries.ts';

export function createTask(db: Db, userId: string, context: WriteContext, input: NewTask): Promise<Task> {
  const id = randomUUID();
  const auditAction = { action: 'task.create', subject: id };
  const taskAt = (now: string) => buildTask(userId, id, input, now);
  // Its times are the moment's.
  const change = storeTasksCte(userId, [{ before: undefined, after: taskAt('') }]);
  return writeInOneStatement(db, userId, context, auditAction, change, ({ now }) =>
    omitDeletedAt(taskAt(now.toISOString())),
  );
}

/** What a write is asked to do to one task of a user. */
interface TaskTarget {
  userId: string;
  taskId: string;
  /** Where the task has to be. */
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
): Promise<Task> {
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
): Promise<Task> {
  const target = { userId, taskId, location: 'live', condition } as const;
  return changeTask(db, context, 'task.complete', target, (task, stamp) =>
    applyCompletion(task, completed, stamp),
  );
}

/** @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED */
export async function deleteTask(
  db: Db,
  userId: string,
  context: WriteContext,
  taskId: string,
  condition: WriteCondition,
): Promise<void> {
  const target = { userId, taskId, location: 'live', condition } as const;
  await changeTask(db, context, 'task.delete', target, markDeleted);
}

/** Finds the task where it has to be, changes it and stores it; a change that is none is no write. */
export function changeTask(
  db: Db,
  context: WriteContext,
  action: string,
  { userId, taskId, location, condition }: TaskTarget,
  change: (task: StoredTask, stamp: TaskStamp) => StoredTask,
): Promise<Task> {
  return write(db, userId, context, { action, subject: taskId }, async (tx, stamp) => {
    const found = await findStoredTasks(tx, userId, [taskId]);
    const before = requireTask(found.get(taskId), location, condition);
    const after = change(before, taskStampOf(stamp));
    if (after === before) throw unchanged(omitDeletedAt(before));
    return withFinalCte(omitDeletedAt(after), storeTasksCte(userId, [{ before, after }]));
  });
}
