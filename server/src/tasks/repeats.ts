import { dateIn } from '../dates/zones.ts';
import type { FieldsBefore, OccurrenceStatus, RecordedOccurrence } from '../occurrences/model.ts';
import { AppError, validationError } from '../platform/errors.ts';
import type { UnstampedReminder } from '../reminders/service.ts';
import type { WriteStamp } from '../writes/plan.ts';
import { applyFields, isSameFields, toTask } from './changes.ts';
import { dueAtOf } from './due.ts';
import type { StoredTask } from './model.ts';
import type { Following } from './repeat-model.ts';
import { followingFields, isRepeating, nextFields, type RepeatingTask } from './series.ts';

/** What an operation makes of a task; the very same one when nothing changes. */
export interface TaskEffect {
  task: StoredTask;
  recorded?: RecordedOccurrence;
  /** One of those that the write has read or recorded. */
  undone?: RecordedOccurrence;
  /** Reminders that are created with the task; absent: the profile's default, if it gets a due time and has none. */
  reminders?: readonly UnstampedReminder[];
}

export type Occurrences = readonly RecordedOccurrence[];

const seriesFields = ['recurrence', 'recurrence_from', 'series_start', 'series_time', 'series_zone'] as const;

const conflict = (task: StoredTask, message: string) =>
  new AppError('VERSION_CONFLICT', message, { current: toTask(task) });

/**
 * Whether a request is about the current occurrence; false when it is about one that is done or skipped already.
 * @throws AppError VERSION_CONFLICT when it is about any other one
 */
export function isAboutCurrent(
  task: StoredTask,
  sent: string | null | undefined,
  occurrences: Occurrences,
): boolean {
  if (sent === undefined || sent === null || sent === (task.occurrence ?? task.due_date)) return true;
  if (occurrences.some(({ task_id, date }) => task_id === task.id && date === sent)) return false;
  throw conflict(task, `The task is not at its occurrence of ${sent}`);
}

/**
 * Completes a task, or skips an occurrence: a repeating task moves on, its last occurrence completes it.
 * @param fields of the task that change with it
 */
export function finishOccurrence(
  before: StoredTask,
  status: OccurrenceStatus,
  stamp: WriteStamp,
  fields: Partial<StoredTask> = {},
): TaskEffect {
  const task = { ...before, ...fields };
  const completed = { completed: true, completed_at: stamp.now };
  if (!isRepeating(task)) return { task: applyFields(before, { ...fields, ...completed }, stamp) };
  const today = dateIn(stamp.timeZone, new Date());
  const after = applyFields(before, { ...fields, ...(nextFields(task, today, stamp) ?? completed) }, stamp);
  return { task: after, recorded: recordOf(task, status, after.version) };
}

const recordOf = (task: RepeatingTask, status: OccurrenceStatus, version: number): RecordedOccurrence => ({
  id: null,
  task_id: task.id,
  date: task.occurrence,
  number: task.occurrence_number,
  status,
  before: fieldsOf(task),
  task_version: version,
});

const fieldsOf = (task: StoredTask): FieldsBefore => ({
  due_date: task.due_date,
  due_time: task.due_time,
  time_zone: task.time_zone,
  start_date: task.start_date,
  recurrence: task.recurrence,
  recurrence_from: task.recurrence_from,
  occurrence: task.occurrence,
  occurrence_number: task.occurrence_number,
  series_start: task.series_start,
  series_time: task.series_time,
  series_zone: task.series_zone,
});

/** @throws AppError VALIDATION_ERROR, VERSION_CONFLICT */
export function skipOccurrence(
  task: StoredTask,
  sent: string | undefined,
  stamp: WriteStamp,
  occurrences: Occurrences,
): TaskEffect {
  if (!isRepeating(task) && sent === undefined) throw notRepeating();
  if (!isAboutCurrent(task, sent, occurrences) || task.completed) return { task };
  if (!isRepeating(task)) throw notRepeating();
  return finishOccurrence(task, 'skipped', stamp);
}

const notRepeating = () =>
  validationError([{ loc: ['body'], msg: 'the task does not repeat', type: 'recurrence' }]);

/**
 * Takes the newest recorded occurrence back: the task is at it again, as it was.
 * @throws AppError VERSION_CONFLICT
 */
export function undoOccurrence(
  task: StoredTask,
  sent: string | undefined,
  stamp: WriteStamp,
  occurrences: Occurrences,
): TaskEffect {
  const newest = newestOf(task, occurrences);
  const isNewest = newest !== undefined && (sent === undefined || newest.date === sent);
  if (!isNewest || !isOfSeries(task, newest.before)) {
    if (sent !== undefined && sent === task.occurrence && !task.completed) return { task };
    throw conflict(
      task,
      isNewest ? 'The rule was changed since' : 'It is not the newest occurrence that is done or skipped',
    );
  }
  const { before } = newest;
  const pending = { completed: false, completed_at: null };
  // The completion that ended the series left the task's fields as they were: they may have been changed since.
  const isEnd = newest.number === task.occurrence_number;
  const { due_date, due_time, time_zone } = before;
  const due_at = dueAtOf({ due_date, due_time, time_zone }, stamp.timeZone);
  const fields = isEnd ? pending : { ...pending, ...before, due_at };
  return { task: applyFields(task, fields, stamp), undone: newest };
}

/** The occurrence whose completion completed the task, if the rule is still the same. */
export function lastOccurrence(task: StoredTask, occurrences: Occurrences): RecordedOccurrence | undefined {
  const newest = newestOf(task, occurrences);
  const isLast = newest?.number === task.occurrence_number && isOfSeries(task, newest?.before);
  return isLast ? newest : undefined;
}

const newestOf = (task: StoredTask, occurrences: Occurrences) =>
  occurrences
    .filter(({ task_id }) => task_id === task.id)
    .reduce<RecordedOccurrence | undefined>(
      (newest, each) => (newest === undefined || each.task_version > newest.task_version ? each : newest),
      undefined,
    );

const isOfSeries = (task: StoredTask, before: FieldsBefore | undefined): boolean =>
  before !== undefined && seriesFields.every((name) => task[name] === before[name]);

/** @throws AppError VALIDATION_ERROR */
export function changeFollowing(
  task: StoredTask,
  sent: Omit<Following, 'version'>,
  stamp: WriteStamp,
): StoredTask {
  if (!isRepeating(task)) throw notRepeating();
  const fields = followingFields(task, sent, stamp);
  return isSameFields(task, fields) ? task : applyFields(task, fields, stamp);
}
