import { toDate, toDay } from '../dates/days.ts';
import { checkRule, datesAfter, isPastUntil } from '../dates/recurrence-dates.ts';
import { parseRule, RuleError } from '../dates/recurrence-rule.ts';
import { adaptRule } from '../dates/rule-adaptation.ts';
import { type ValidationIssue, validationError } from '../platform/errors.ts';
import type { WriteStamp } from '../writes/plan.ts';
import { type Due, dueAtOf, resolveDue } from './due.ts';
import type { StoredTask } from './model.ts';
import type { Following } from './repeat-model.ts';

/** What the next occurrences follow from. Without a rule all are null, but for `recurrence_from`. */
export type Series = Pick<
  StoredTask,
  | 'recurrence'
  | 'recurrence_from'
  | 'occurrence'
  | 'occurrence_number'
  | 'series_start'
  | 'series_time'
  | 'series_zone'
>;
export type SeriesPosition = Omit<Series, 'recurrence' | 'recurrence_from'>;

/** A task with a rule. */
export interface RepeatingTask extends StoredTask {
  due_date: string;
  recurrence: string;
  occurrence: string;
  occurrence_number: number;
  series_start: string;
}

export const isRepeating = (task: StoredTask): task is RepeatingTask =>
  [task.due_date, task.recurrence, task.occurrence, task.occurrence_number, task.series_start].every(
    (value) => value !== null,
  );

const noPosition: SeriesPosition = {
  occurrence: null,
  occurrence_number: null,
  series_start: null,
  series_time: null,
  series_zone: null,
};

/** The series of a new task, before its fields are known. */
export const noSeries: Series = { recurrence: null, recurrence_from: 'due', ...noPosition };

const issueOf = (field: string, msg: string): ValidationIssue => ({
  loc: ['body', field],
  msg,
  type: 'recurrence',
});

type Sent = Pick<StoredTask, 'due_date' | 'due_time' | 'time_zone' | 'recurrence' | 'recurrence_from'>;

/**
 * The series after a client sent some of the fields of a task. Another rule starts a new one, from the due date. A due
 * value moves the current occurrence only.
 * @throws AppError VALIDATION_ERROR
 */
export function resolveSeries(before: Series, after: Sent): SeriesPosition {
  const { recurrence, due_date } = after;
  if (recurrence === null) return noPosition;
  if (due_date === null) {
    const isCleared = before.recurrence !== null;
    throw validationError([
      isCleared
        ? issueOf('due_date', 'is needed to repeat: take the rule away first')
        : issueOf('recurrence', 'needs a due_date'),
    ]);
  }
  const isSame = recurrence === before.recurrence && after.recurrence_from === before.recurrence_from;
  if (isSame) {
    const { occurrence, occurrence_number, series_start, series_time, series_zone } = before;
    return { occurrence, occurrence_number, series_start, series_time, series_zone };
  }
  checkRecurrence(recurrence, due_date);
  return startOf(due_date, after);
}

const startOf = (
  date: string,
  { due_time, time_zone }: Pick<Due, 'due_time' | 'time_zone'>,
): SeriesPosition => ({
  occurrence: date,
  occurrence_number: 1,
  series_start: date,
  series_time: due_time,
  series_zone: time_zone,
});

/** @throws AppError VALIDATION_ERROR */
function checkRecurrence(recurrence: string, start: string): void {
  try {
    checkRule(parseRule(recurrence), start);
  } catch (error) {
    if (error instanceof RuleError) throw validationError([issueOf('recurrence', error.message)]);
    throw error;
  }
}

/** An occurrence by the rule. */
interface RuleDate {
  date: string;
  number: number;
}

/**
 * The occurrences after the current one, each with a later date. Excluded ones have a number, but do not happen.
 * @param today in the zone of the user; of completion, if the rule counts from there
 */
export function* occurrencesAfter(
  task: RepeatingTask,
  today: string,
  userZone: string,
): Generator<RuleDate, void> {
  const { occurrence, series_time: time, series_zone: zone } = task;
  const rule = parseRule(task.recurrence);
  const start = task.recurrence_from === 'due' ? task.series_start : today;
  const excluded = new Set(task.excluded_dates);
  let number = task.occurrence_number;
  const isLast = () => rule.count !== null && number >= rule.count;
  if (isLast()) return;
  const [, after = start] = [occurrence, start].sort();
  for (const date of datesAfter(rule, start, after)) {
    if (isPastUntil(rule, date, time, zone ?? userZone)) return;
    number += 1;
    if (!excluded.has(date)) yield { date, number };
    if (isLast()) return;
  }
}

/** @returns null when there is none */
function nextOccurrence(task: RepeatingTask, today: string, userZone: string): RuleDate | null {
  try {
    const { value } = occurrencesAfter(task, today, userZone).next();
    return value ?? null;
  } catch (error) {
    // None within the budget of the search.
    if (error instanceof RuleError) return null;
    throw error;
  }
}

/**
 * The fields of the next occurrence: with the time of the series, and as many days later as its date.
 * @returns null after the last one
 */
export function nextFields(
  task: RepeatingTask,
  today: string,
  { timeZone }: WriteStamp,
): Partial<StoredTask> | null {
  const next = nextOccurrence(task, today, timeZone);
  if (next === null) return null;
  const due = { due_date: next.date, due_time: task.series_time, time_zone: task.series_zone };
  return {
    ...due,
    due_at: dueAtOf(due, timeZone),
    start_date: task.start_date && shiftDate(task.start_date, toDay(next.date) - toDay(task.occurrence)),
    occurrence: next.date,
    occurrence_number: next.number,
  };
}

/** Excluded dates as they are stored: a set, in order. */
export const sortDates = (dates: readonly string[]): string[] => [...new Set(dates)].sort();

const [firstDay, lastDay] = [toDay('1970-01-01'), toDay('2100-12-31')];

const shiftDate = (date: string, days: number): string =>
  toDate(Math.min(Math.max(toDay(date) + days, firstDay), lastDay));

/**
 * The fields after a change of the current occurrence and all after it: a new series. A sent date moves them along, and
 * the excluded ones with them. COUNT becomes what is left.
 * @throws AppError VALIDATION_ERROR
 */
export function followingFields(
  task: RepeatingTask,
  sent: Omit<Following, 'version'>,
  { timeZone }: WriteStamp,
): Partial<StoredTask> {
  const due = resolveDue(task, sent, timeZone);
  const from = task.occurrence;
  // A new rule starts from the due date. A new time alone leaves the dates, even if the current one was moved.
  const to = sent.due_date ?? (sent.recurrence === undefined ? from : task.due_date);
  const recurrence = sent.recurrence ?? movedRule(task, to);
  const recurrence_from = sent.recurrence_from ?? task.recurrence_from;
  const position = startOf(to, due);
  const isSame =
    from === to &&
    (sent.recurrence ?? task.recurrence) === task.recurrence &&
    recurrence_from === task.recurrence_from &&
    position.series_time === task.series_time &&
    position.series_zone === task.series_zone;
  if (isSame) return due;
  checkRecurrence(recurrence, to);
  const days = sent.recurrence === undefined ? toDay(to) - toDay(from) : 0;
  // Dates that come before those that stay, or to the last day that there is, are in another order or the same.
  const excluded_dates = sortDates(
    task.excluded_dates.map((date) => (date > from ? shiftDate(date, days) : date)),
  );
  return { ...due, ...position, recurrence, recurrence_from, excluded_dates };
}

/** @throws AppError VALIDATION_ERROR */
function movedRule({ recurrence, occurrence, occurrence_number: number }: RepeatingTask, to: string): string {
  const { count } = parseRule(recurrence);
  const left = recurrence.replace(/(^|;)(count=)\d+/i, (_, before: string, name: string) =>
    count === null ? '' : `${before}${name}${Math.max(count - number + 1, 1)}`,
  );
  const adapted = adaptRule(left, occurrence, to);
  if (adapted !== null) return adapted;
  throw validationError([issueOf('recurrence', 'is needed: this rule cannot be moved along')]);
}
