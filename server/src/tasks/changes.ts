import { isDeepStrictEqual } from 'node:util';
import { notFound } from '../platform/errors.ts';
import { positionOfTime } from '../platform/positions.ts';
import { checkCondition, type WriteCondition } from '../writes/conditions.ts';
import type { WriteStamp } from '../writes/plan.ts';
import { checkReadOnlyFields } from '../writes/read-only-fields.ts';
import { taskFields } from './columns.ts';
import { noDue, resolveDue } from './due.ts';
import type { NewTask, StoredTask, Task, TaskPatch } from './model.ts';
import { noSeries, resolveSeries, type SeriesPosition, sortDates } from './series.ts';

/**
 * A patch, which may be the whole task as it was read, as the fields to change and what the change is conditional on.
 */
export function splitPatch(patch: TaskPatch) {
  const { version, id, user_id, created_at, updated_at: updatedAt, ...rest } = patch;
  const { completed_at: _at, position: _position, progress: _progress, due_at: _due, ...others } = rest;
  const { reminder_count: _count, ...fields } = others;
  return {
    fields,
    condition: { version, readOnlyFields: { id, user_id, created_at }, updatedAt } satisfies WriteCondition,
  };
}

/** A task before a write, undefined when it is new, and after. */
export interface TaskChange {
  before: StoredTask | undefined;
  after: StoredTask;
}

/** The task as its owner sees it. */
export function toTask(stored: StoredTask): Task {
  const { deleted_at: _, deleted_with: _with, ...kept } = stored;
  const {
    series_start: _start,
    series_time: _time,
    series_zone: _zone,
    occurrence_number: _number,
    ...rest
  } = kept;
  const {
    former_project_id: _project,
    former_section_id: _section,
    former_parent_id: _parent,
    ...task
  } = rest;
  return task;
}

/**
 * Returns the task if it exists at the location and meets the condition.
 * @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function requireTask(
  task: StoredTask | undefined,
  location: 'live' | 'trash',
  condition: WriteCondition,
): StoredTask {
  if (task === undefined || (task.deleted_at === null) !== (location === 'live')) throw notFound('Task');
  checkCondition('task', toTask(task), condition);
  return task;
}

/** The fields of a task that no deletion has moved. */
const nowhereElse = {
  deleted_with: null,
  former_project_id: null,
  former_section_id: null,
  former_parent_id: null,
};

type StampedField = 'completed_at' | 'due_at' | 'created_at' | 'updated_at' | keyof SeriesPosition;
/** A new task without the times of its write, and what depends on the user's zone or on a rule. */
export type UnstampedTask = Omit<StoredTask, StampedField>;

/**
 * @param ordinal among the tasks that are created at once: their order
 * @throws AppError VALIDATION_ERROR when the input names another user.
 */
export function buildTask(userId: string, id: string, input: NewTask, ordinal = 0): UnstampedTask {
  checkReadOnlyFields({ user_id: userId }, { user_id: input.user_id });
  const fields = taskFields.pick({ ...taskFields.defaults, ...input });
  return {
    id,
    user_id: userId,
    ...fields,
    tags: sortTags(fields.tags),
    excluded_dates: sortDates(fields.excluded_dates),
    position: `+${positionOfTime(0, ordinal).slice(positionOfTime(0).length)}`,
    progress: null,
    reminder_count: 0,
    version: 1,
    deleted_at: null,
    ...nowhereElse,
  };
}

/** Completes the position of a new task, which follows from the time of creation (`insertedPosition`). */
export const withPosition = <T extends Pick<Task, 'position' | 'created_at'>>(task: T): T =>
  task.position.startsWith('+')
    ? { ...task, position: positionOfTime(Date.parse(task.created_at)) + task.position.slice(1) }
    : task;

/**
 * @param now ISO 8601
 * @throws AppError VALIDATION_ERROR
 */
export const stampNewTask = (task: UnstampedTask, now: string, userZone: string): StoredTask => ({
  ...task,
  ...resolveDue(noDue, task, userZone),
  ...resolveSeries(noSeries, task),
  completed_at: task.completed ? now : null,
  created_at: now,
  updated_at: now,
});

export type PatchFields = ReturnType<typeof splitPatch>['fields'];

/** The fields after a merge patch (RFC 7396), but for `completed_at`. */
export function patchedFields(task: StoredTask, patch: PatchFields, stamp: WriteStamp) {
  const fields = taskFields.pick({ ...task, ...patch });
  const due = resolveDue(task, patch, stamp.timeZone);
  return {
    ...fields,
    ...due,
    ...resolveSeries(task, { ...fields, ...due }),
    tags: sortTags(fields.tags),
    excluded_dates: sortDates(fields.excluded_dates),
  };
}

export const isSameFields = (task: StoredTask, fields: Partial<StoredTask>): boolean =>
  Object.entries(fields).every(([name, value]) => isDeepStrictEqual(value, Reflect.get(task, name)));

/** The task after a change of these fields. */
export const applyFields = (
  task: StoredTask,
  fields: Partial<StoredTask>,
  { now, versionFloor }: WriteStamp,
): StoredTask => ({
  ...task,
  ...fields,
  version: Math.max(task.version + 1, versionFloor),
  updated_at: now,
});

/** Sorted by code point, as the database sorts them. */
function sortTags(names: readonly string[]): string[] {
  return [...new Set(names)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
