import { generateKeyBetween } from 'fractional-indexing';
import { clockTime, isCalendarDate } from '../dates/days.ts';
import { isTimeZone } from '../dates/zones.ts';
import type { FieldsBefore } from '../occurrences/model.ts';
import type { ImportedOccurrence } from '../occurrences/queries.ts';
import { AppError } from '../platform/errors.ts';
import { maxPositionLength } from '../platform/positions.ts';
import { leadMinutes, type Reminder } from '../reminders/model.ts';
import { newRule, nextAtOf, referencesOf, toChannels } from '../reminders/rules.ts';
import { channelTypes } from '../senders/model.ts';
import { isTaskId, priorities, type StoredTask } from '../tasks/model.ts';
import { sortDates } from '../tasks/series.ts';
import type { WriteStamp } from '../writes/plan.ts';
import { pastInstant } from './candidate.ts';
import { type FoundTask, nothingElse } from './model.ts';

/** A row of an export document: nothing is known of its values. */
export type Row = Readonly<Record<string, unknown>>;

export const rowText = (row: Row, name: string): string | null => {
  const value = row[name];
  return typeof value === 'string' ? value : null;
};
const listIn = (row: Row, name: string): string[] => {
  const value = row[name];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
};
const integerIn = (row: Row, name: string, min: number, max: number): number | null => {
  const value = row[name];
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : null;
};
export const idIn = (row: Row, name: string): string | null => {
  const id = rowText(row, name)?.toLowerCase() ?? '';
  return isTaskId(id) ? id : null;
};
const dateIn = (row: Row, name: string): string | null => {
  const date = rowText(row, name);
  return date !== null && isCalendarDate(date) ? date : null;
};
/** An instant that is stored as it is; null for any other value. */
export const instantIn = (row: Row, name: string): string | null => {
  const time = Date.parse(rowText(row, name) ?? '');
  return time >= 0 && time < Date.UTC(2101, 0) ? new Date(time).toISOString() : null;
};
export const pastIn = (row: Row, name: string) => pastInstant(rowText(row, name));

/** Larger ones would leave no room for changes. */
const maxVersion = 1_000_000_000;
export const versionIn = (row: Row, name = 'version'): number => integerIn(row, name, 1, maxVersion) ?? 1;

/** A position of the manual order, which others can be placed before and after. */
export function positionIn(row: Row): string | null {
  const position = rowText(row, 'position') ?? '';
  if (position.length > maxPositionLength) return null;
  try {
    generateKeyBetween(position, null);
    return position;
  } catch {
    return null;
  }
}

/** What a client could have sent. */
export const foundTaskOf = (row: Row, place: string): FoundTask => ({
  ...nothingElse,
  key: idIn(row, 'id') ?? rowText(row, 'id') ?? place,
  place,
  title: rowText(row, 'title') ?? '',
  description: rowText(row, 'description'),
  priority: priorities.find((priority) => priority === row.priority) ?? null,
  tags: listIn(row, 'tags'),
  parentKey: idIn(row, 'parent_id'),
  dueDate: rowText(row, 'due_date'),
  dueTime: rowText(row, 'due_time'),
  timeZone: rowText(row, 'time_zone'),
  startDate: rowText(row, 'start_date'),
  recurrence: rowText(row, 'recurrence'),
  recurrenceFrom: row.recurrence_from === 'completion' ? 'completion' : 'due',
  completed: rowText(row, 'completed_at') !== null,
  completedAt: rowText(row, 'completed_at'),
  createdAt: rowText(row, 'created_at'),
});

/** Where a repeating task is in its series; null when the row does not say so. */
function seriesIn(row: Row) {
  const [occurrence, series_start] = [dateIn(row, 'occurrence'), dateIn(row, 'series_start')];
  const occurrence_number = integerIn(row, 'occurrence_number', 1, 1_000_000);
  const [series_time, series_zone] = [rowText(row, 'series_time'), rowText(row, 'series_zone')];
  const isWhole = occurrence !== null && series_start !== null && occurrence_number !== null;
  const isClock =
    (series_time === null || clockTime.test(series_time)) &&
    (series_zone === null || isTimeZone(series_zone));
  return isWhole && isClock
    ? { occurrence, occurrence_number, series_start, series_time, series_zone }
    : null;
}

/** The new task with what the document says of its history. */
export function withHistory(task: StoredTask, row: Row, { versionFloor }: WriteStamp): StoredTask {
  const deleted_at = pastIn(row, 'deleted_at');
  return {
    ...task,
    ...(task.recurrence !== null && seriesIn(row)),
    excluded_dates: sortDates(listIn(row, 'excluded_dates').filter(isCalendarDate)).slice(0, 100),
    position: positionIn(row) ?? task.position,
    version: Math.max(versionIn(row), versionFloor),
    updated_at: pastIn(row, 'updated_at') ?? task.updated_at,
    deleted_at,
    deleted_with: deleted_at === null ? null : idIn(row, 'deleted_with'),
    former_project_id: idIn(row, 'former_project_id'),
    former_section_id: idIn(row, 'former_section_id'),
    former_parent_id: idIn(row, 'former_parent_id'),
  };
}

const ruleOf = (row: Row) =>
  newRule({
    relative_to: row.relative_to === 'due' || row.relative_to === 'start' ? row.relative_to : null,
    minutes_before: integerIn(row, 'minutes_before', leadMinutes.minimum, leadMinutes.maximum),
    remind_at: instantIn(row, 'remind_at'),
  });

/** Whether the row has a rule that a client could have sent. */
export function isSoundReminder(row: Row): boolean {
  try {
    ruleOf(row);
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

/** @param row a sound one, with an id */
export function reminderOf(row: Row, task: StoredTask, { now, timeZone }: WriteStamp): Reminder {
  const rule = ruleOf(row);
  const channels = channelTypes.filter((type) => listIn(row, 'channels').includes(type));
  const references = referencesOf(task, timeZone);
  const before = instantIn(row, 'next_at');
  const isWaiting = before !== null && references.isActive;
  const snoozed_until = isWaiting ? instantIn(row, 'snoozed_until') : null;
  return {
    ...{ id: idIn(row, 'id') ?? '', task_id: task.id, ...rule },
    channels: toChannels(channels.length > 0 ? channels : null),
    snoozed_until,
    next_at: snoozed_until ?? (isWaiting ? nextAtOf(rule, references, before, Date.now()) : null),
    fired_at: pastIn(row, 'fired_at'),
    version: versionIn(row),
    created_at: pastIn(row, 'created_at') ?? now,
    updated_at: pastIn(row, 'updated_at') ?? now,
  };
}

/** Undefined for a row that no undo could use. */
export function occurrenceOf(row: Row, task: StoredTask): ImportedOccurrence | undefined {
  const [id, date, recorded_at] = [idIn(row, 'id'), dateIn(row, 'date'), pastIn(row, 'recorded_at')];
  const number = integerIn(row, 'number', 1, 1_000_000);
  const status = row.status === 'done' || row.status === 'skipped' ? row.status : null;
  const before = typeof row.before === 'object' && row.before !== null ? fieldsIn({ ...row.before }) : null;
  if (
    id === null ||
    date === null ||
    recorded_at === null ||
    number === null ||
    status === null ||
    before === null
  )
    return undefined;
  return {
    id,
    task_id: task.id,
    date,
    number,
    status,
    before,
    task_version: versionIn(row, 'task_version'),
    recorded_at,
  };
}

function fieldsIn(row: Row): FieldsBefore | null {
  const series = seriesIn(row);
  const [due_time, time_zone, recurrence] = ['due_time', 'time_zone', 'recurrence'].map((name) =>
    rowText(row, name),
  );
  const isClock = (due_time ?? null) === null || clockTime.test(due_time ?? '');
  const isZone = (time_zone ?? null) === null || isTimeZone(time_zone ?? '');
  const isRule = recurrence === null || recurrence === undefined || /^[ -~]{1,500}$/.test(recurrence);
  // A task that repeats has a date, and only a time has a zone.
  const due_date = dateIn(row, 'due_date');
  const isDue = due_date !== null && ((due_time ?? null) !== null || (time_zone ?? null) === null);
  if (series === null || !isDue || !isClock || !isZone || !isRule) return null;
  return {
    due_date,
    due_time: due_time ?? null,
    time_zone: time_zone ?? null,
    start_date: dateIn(row, 'start_date'),
    recurrence: recurrence ?? null,
    recurrence_from: row.recurrence_from === 'completion' ? 'completion' : 'due',
    ...series,
  };
}
