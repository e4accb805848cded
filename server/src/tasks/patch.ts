import { noOccurrences, type OccurrenceScope } from '../occurrences/queries.ts';
import type { WriteStamp } from '../writes/plan.ts';
import { applyFields, isSameFields, type PatchFields, patchedFields } from './changes.ts';
import type { StoredTask } from './model.ts';
import {
  finishOccurrence,
  isAboutCurrent,
  lastOccurrence,
  type Occurrences,
  type TaskEffect,
} from './repeats.ts';

/** What a write knows besides the task. */
export interface PatchContext {
  stamp: WriteStamp;
  occurrences: Occurrences;
}

/** Fields that are about one occurrence, or about those after it. */
const datedFields = [
  ...(['due_date', 'due_time', 'time_zone', 'start_date'] as const),
  ...(['recurrence', 'recurrence_from', 'excluded_dates'] as const),
] as const;

/**
 * Merge patch (RFC 7396). With `completed` it completes the task, or the occurrence of a repeating one.
 * @throws AppError VALIDATION_ERROR, VERSION_CONFLICT
 */
export function applyPatch(
  task: StoredTask,
  { occurrence, completed = task.completed, ...patch }: PatchFields,
  { stamp, occurrences }: PatchContext,
): TaskEffect {
  if (completed === task.completed) return { task: changed(task, patchedFields(task, patch, stamp), stamp) };
  if (completed) {
    if (isAboutCurrent(task, occurrence, occurrences))
      return finishOccurrence(task, 'done', stamp, patchedFields(task, patch, stamp));
    // Done before, and the task has moved on: other fields change, but not those of the occurrence that is current now.
    const rest = { ...patch };
    for (const name of datedFields) delete rest[name];
    return { task: changed(task, patchedFields(task, rest, stamp), stamp) };
  }
  const undone = lastOccurrence(task, occurrences);
  const fields = { ...patchedFields(task, patch, stamp), completed, completed_at: null };
  return { task: applyFields(task, fields, stamp), ...(undone && { undone }) };
}

const changed = (task: StoredTask, fields: Partial<StoredTask>, stamp: WriteStamp): StoredTask =>
  isSameFields(task, fields) ? task : applyFields(task, fields, stamp);

export interface SentCompletion {
  completed?: boolean | undefined;
  /** The occurrence that is completed, if the task repeats. */
  occurrence?: string | null | undefined;
}

/** Without `completed` it flips, but an occurrence that is named is completed. */
export const applyCompletion = (
  task: StoredTask,
  { completed, occurrence }: SentCompletion,
  context: PatchContext,
): TaskEffect =>
  applyPatch(
    task,
    {
      completed: completed ?? (typeof occurrence === 'string' || !task.completed),
      ...(occurrence !== undefined && { occurrence }),
    },
    context,
  );

/** What a completion has to know: whether an occurrence is recorded, or which one is to be undone. */
export function scopeOfCompletion(
  taskId: string,
  { completed, occurrence }: SentCompletion,
): OccurrenceScope {
  if (completed === false) return { dates: [], newest: [taskId] };
  if (occurrence !== undefined && occurrence !== null)
    return { dates: [{ taskId, date: occurrence }], newest: [] };
  return completed === undefined ? { dates: [], newest: [taskId] } : noOccurrences;
}
