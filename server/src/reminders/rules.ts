import { startOfDay } from '../dates/zones.ts';
import { type ValidationIssue, validationError } from '../platform/errors.ts';
import type { NewReminder, Reminder } from './model.ts';

/** Pure rules of reminders; `queries.ts` and `restamp.ts` have those on instants in SQL too. */

/** What sets the time of a reminder: either the first two, or the last one. */
export type ReminderRule = Pick<Reminder, 'relative_to' | 'minutes_before' | 'remind_at'>;

/** What reminders need of a task. */
export interface RemindedTask {
  due_date: string | null;
  due_at: string | null;
  start_date: string | null;
  completed: boolean;
  deleted_at: string | null;
}

/** The instants that reminders of a task are counted from, ISO 8601, and whether it has any sent. */
export interface References {
  due: string | null;
  start: string | null;
  /** Live, and not completed. */
  isActive: boolean;
}

/** A whole day counts from its first instant (RFC 5545 §3.8.6.3), on the clock of the user. */
export const referencesOf = (task: RemindedTask, userZone: string): References => ({
  due: task.due_at ?? (task.due_date && startOfDay(task.due_date, userZone)),
  start: task.start_date && startOfDay(task.start_date, userZone),
  isActive: task.deleted_at === null && !task.completed,
});

/** @returns ISO 8601; null while the task does not have the date */
export function instantOfReminder(
  { relative_to, minutes_before, remind_at }: ReminderRule,
  references: References,
): string | null {
  const reference = relative_to && references[relative_to];
  if (relative_to === null || minutes_before === null) return remind_at;
  return reference && new Date(Date.parse(reference) - minutes_before * 60_000).toISOString();
}

/**
 * When a reminder is sent, after a write. One whose time has passed when it is set is never sent; one that is due
 * already, and keeps its time, still is.
 * @param before its `next_at` until then
 */
export function nextAtOf(
  rule: ReminderRule,
  references: References,
  before: string | null,
  nowMs: number,
): string | null {
  const instant = instantOfReminder(rule, references);
  if (instant === null || !references.isActive) return null;
  return Date.parse(instant) > nowMs || instant === before ? instant : null;
}

const issueOf = (field: string, msg: string): ValidationIssue => ({
  loc: ['body', field],
  msg,
  type: 'reminder',
});

const notRelative = { relative_to: null, minutes_before: null };
const notAbsolute = { remind_at: null };
const noRule: ReminderRule = { ...notRelative, ...notAbsolute };

/**
 * The rule after a client sent some of its fields. A time of the other kind replaces the one that was there.
 * @throws AppError VALIDATION_ERROR
 */
export function resolveRule(before: ReminderRule, sent: NewReminder): ReminderRule {
  const isSent = (value: unknown) => value !== undefined && value !== null;
  const isRelativeSent = isSent(sent.relative_to) || isSent(sent.minutes_before);
  const isAbsoluteSent = isSent(sent.remind_at);
  const isOne = isRelativeSent !== isAbsoluteSent;
  const kept = !isOne ? before : { ...before, ...(isRelativeSent ? notAbsolute : notRelative) };
  const { relative_to = kept.relative_to, minutes_before = kept.minutes_before } = sent;
  const { remind_at = kept.remind_at } = sent;
  const instant = remind_at === null ? null : toInstant('remind_at', remind_at);
  const rule = { relative_to, minutes_before, remind_at: instant };
  const issues = issuesOf(rule);
  if (issues.length > 0) throw validationError(issues);
  return rule;
}

export const newRule = (sent: NewReminder): ReminderRule => resolveRule(noRule, sent);

function issuesOf({ relative_to, minutes_before, remind_at }: ReminderRule): ValidationIssue[] {
  const isRelative = relative_to !== null || minutes_before !== null;
  if (isRelative && remind_at !== null)
    return [issueOf('remind_at', 'cannot be used with relative_to and minutes_before')];
  if (!isRelative && remind_at === null)
    return [issueOf('remind_at', 'or relative_to and minutes_before are needed')];
  if (isRelative && relative_to === null) return [issueOf('relative_to', 'is needed with minutes_before')];
  if (isRelative && minutes_before === null) return [issueOf('minutes_before', 'is needed with relative_to')];
  return [];
}

const [firstMs, endMs] = [Date.parse('1970-01-01T00:00:00Z'), Date.parse('2101-01-01T00:00:00Z')];

/**
 * The time in UTC, with milliseconds.
 * @throws AppError VALIDATION_ERROR
 */
export function toInstant(field: string, time: string): string {
  const instantMs = Date.parse(time);
  if (instantMs < firstMs || instantMs >= endMs)
    throw validationError([issueOf(field, 'must be a time from 1970 to 2100')]);
  return new Date(instantMs).toISOString();
}

/** The types of channels as they are stored: a set, in order. */
export const toChannels = (sent: Reminder['channels']): Reminder['channels'] =>
  sent === null ? null : [...new Set(sent)].sort();
