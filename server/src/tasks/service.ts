import { randomUUID } from 'node:crypto';
import type { Db } from '../db/schema.ts';
import { unchanged } from '../db/transaction.ts';
import { type Writer, withLast, writeAtOnce, writeFor } from '../writes/write.ts';
import {
  type ChangeStamp,
  type Condition,
  completedAs,
  created,
  deleted,
  patched,
  required,
  type StoredTask,
  splitPatch,
  stampOf,
  toLive,
} from './changes.ts';
import type { NewTask, Task, TaskPatch } from './model.ts';
import { findStoredTasks, tasksToStore } from './queries.ts';

export function createTask(db: Db, userId: string, writer: Writer, input: NewTask): Promise<Task> {
  const id = randomUUID();
  const act = { action: 'task.create', subject: id };
  const at = (now: string) => created(userId, id, input, now);
  // Its times are the moment's.
  const change = tasksToStore(userId, [{ before: undefined, after: at('') }]);
  return writeAtOnce(db, userId, writer, act, change, ({ now }) => toLive(at(now.toISOString())));
}

/** What a write is asked to do to one task of a user. */
interface Target {
  userId: string;
  taskId: string;
  /** Where the task has to be. */
  place: 'live' | 'trash';
  condition: Condition;
}

/**
 * Merge patch (RFC 7396). A patch that changes nothing leaves version and times as they are.
 * @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function patchTask(
  db: Db,
  userId: string,
  writer: Writer,
  taskId: string,
  patch: TaskPatch,
  ifMatch?: Condition['ifMatch'],
): Promise<Task> {
  const { fields, condition } = splitPatch(patch);
  const target = { userId, taskId, place: 'live', condition: { ...condition, ifMatch } } as const;
  return changeTask(db, writer, 'task.update', target, (task, stamp) => patched(task, fields, stamp));
}

/**
 * Sets `completed`, or flips it when it is undefined.
 * @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function completeTask(
  db: Db,
  userId: string,
  writer: Writer,
  taskId: string,
  completed: boolean | undefined,
  condition: Condition,
): Promise<Task> {
  const target = { userId, taskId, place: 'live', condition } as const;
  return changeTask(db, writer, 'task.complete', target, (task, stamp) =>
    completedAs(task, completed, stamp),
  );
}

/** @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED */
export async function deleteTask(
  db: Db,
  userId: string,
  writer: Writer,
  taskId: string,
  condition: Condition,
): Promise<void> {
  const target = { userId, taskId, place: 'live', condition } as const;
  await changeTask(db, writer, 'task.delete', target, deleted);
}

/** Finds the task where it has to be, changes it and stores it; a change that is none is no write. */
export function changeTask(
  db: Db,
  writer: Writer,
  action: string,
  { userId, taskId, place, condition }: Target,
  change: (task: StoredTask, stamp: ChangeStamp) => StoredTask,
): Promise<Task> {
  return writeFor(db, userId, writer, { action, subject: taskId }, async (tx, moment) => {
    const found = await findStoredTasks(tx, userId, [taskId]);
    const before = required(found.get(taskId), place, condition);
    const after = change(before, stampOf(moment));
    if (after === before) throw unchanged(toLive(before));
    return withLast(toLive(after), tasksToStore(userId, [{ before, after }]));
  });
}
