import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Origin } from '../audit/model.ts';
import type { Db } from '../db/schema.ts';
import { unchanged } from '../db/transaction.ts';
import { notFound, preconditionFailed, versionConflict } from '../errors.ts';
import { type Act, writeFor } from '../owners/service.ts';
import type { NewTask, Task, TaskPatch } from './model.ts';
import { findTask, insertTask, softDeleteTask, type TaskFields, updateTask } from './queries.ts';

/** What a write is conditional on; with neither it applies to the newest row. */
export interface Condition {
  /** From the body: another version is answered with 409. */
  version?: number | undefined;
  /** From `If-Match`: versions any of which will do, or `*`; none of them is answered with 412. */
  ifMatch?: readonly number[] | '*' | undefined;
}

export function createTask(db: Db, userId: string, origin: Origin, input: NewTask): Promise<Task> {
  const id = randomUUID();
  const fields: TaskFields = {
    title: input.title,
    description: input.description ?? null,
    completed: input.completed ?? false,
    priority: input.priority ?? 'Medium',
    due_date: input.due_date ?? null,
    tags: tagSet(input.tags ?? []),
  };
  const act = { origin, action: 'task.create', subject: id };
  return writeFor(db, userId, act, (tx, revision) => insertTask(tx, userId, revision, id, fields));
}

/**
 * Merge patch (RFC 7396). A patch that changes nothing leaves version and times as they are.
 * @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function patchTask(
  db: Db,
  userId: string,
  origin: Origin,
  taskId: string,
  patch: TaskPatch,
  ifMatch?: Condition['ifMatch'],
): Promise<Task> {
  const { version, ...changes } = patch;
  const act = { origin, action: 'task.update', subject: taskId };
  return changeTask(db, userId, act, taskId, { version, ifMatch }, () => changes);
}

/**
 * Sets `completed`, or flips it when it is undefined.
 * @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function completeTask(
  db: Db,
  userId: string,
  origin: Origin,
  taskId: string,
  completed: boolean | undefined,
  condition: Condition,
): Promise<Task> {
  const act = { origin, action: 'task.complete', subject: taskId };
  return changeTask(db, userId, act, taskId, condition, (task) => ({
    completed: completed ?? !task.completed,
  }));
}

/** @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED */
export function deleteTask(
  db: Db,
  userId: string,
  origin: Origin,
  taskId: string,
  condition: Condition,
): Promise<void> {
  const act = { origin, action: 'task.delete', subject: taskId };
  return writeFor(db, userId, act, async (tx, revision) => {
    const task = await findTask(tx, userId, taskId);
    checkCondition(task, condition);
    await softDeleteTask(tx, userId, revision, taskId);
  });
}

function changeTask(
  db: Db,
  userId: string,
  act: Act,
  taskId: string,
  condition: Condition,
  change: (task: Task) => Partial<TaskFields>,
): Promise<Task> {
  return writeFor(db, userId, act, async (tx, revision) => {
    const before = await findTask(tx, userId, taskId);
    checkCondition(before, condition);
    const after = merge(before, change(before));
    if (after === null) throw unchanged(before);
    return updateTask(tx, userId, revision, before, after);
  });
}

function checkCondition(task: Task | null, { version, ifMatch }: Condition): asserts task is Task {
  if (task === null) throw notFound('Task');
  if (ifMatch !== undefined && ifMatch !== '*' && !ifMatch.includes(task.version))
    throw preconditionFailed(task);
  if (version !== undefined && version !== task.version) throw versionConflict(task);
}

/** The fields after the change, or null when nothing differs. */
function merge(task: Task, changes: Partial<TaskFields>): TaskFields | null {
  const { title, description, completed, priority, due_date, tags } = { ...task, ...changes };
  const after: TaskFields = { title, description, completed, priority, due_date, tags: tagSet(tags) };
  const same = Object.entries(after).every(([name, value]) =>
    isDeepStrictEqual(value, Reflect.get(task, name)),
  );
  return same ? null : after;
}

/** Sorted by code point, as the database sorts them. */
function tagSet(names: readonly string[]): string[] {
  return [...new Set(names)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
