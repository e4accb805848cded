import { instantOf } from '../dates/zones.ts';
import { type ValidationIssue, validationError } from '../platform/errors.ts';
import type { Task } from './model.ts';

/** When a task is due: a day, a time on the clock of its user, or one in a zone of its own. */
export type Due = Pick<Task, 'due_date' | 'due_time' | 'time_zone' | 'due_at'>;
type SentDue = Partial<Omit<Due, 'due_at'>>;

const issueOf = (field: keyof SentDue, msg: string): ValidationIssue => ({
  loc: ['body', field],
  msg,
  type: 'due',
});

/**
 * The due value after a client sent some of its fields. Without a date there is no time, and without a time no zone: a
 * date that is cleared takes both with it.
 * @param userZone the zone of times without one
 * @throws AppError VALIDATION_ERROR
 */
export function resolveDue(before: Due, sent: SentDue, userZone: string): Due {
  const due_date = sent.due_date === undefined ? before.due_date : sent.due_date;
  const due_time = keep(sent.due_time, before.due_time, due_date !== null);
  const time_zone = keep(sent.time_zone, before.time_zone, due_time !== null);
  const issues: ValidationIssue[] = [];
  if (due_time !== null && due_date === null) issues.push(issueOf('due_time', 'needs a due_date'));
  if (time_zone !== null && due_time === null) issues.push(issueOf('time_zone', 'needs a due_time'));
  if (issues.length > 0) throw validationError(issues);
  const due = { due_date, due_time, time_zone };
  return { ...due, due_at: isSameDue(before, due) ? before.due_at : dueAtOf(due, userZone) };
}

/** What was sent, or what was there if it still may be. */
const keep = (sent: string | null | undefined, before: string | null, isPossible: boolean): string | null => {
  if (sent !== undefined) return sent;
  return isPossible ? before : null;
};

const isSameDue = (a: SentDue, b: SentDue): boolean =>
  a.due_date === b.due_date && a.due_time === b.due_time && a.time_zone === b.time_zone;

/** The instant in UTC; null for a day. */
export const dueAtOf = (
  { due_date, due_time, time_zone }: Omit<Due, 'due_at'>,
  userZone: string,
): string | null =>
  due_date === null || due_time === null ? null : instantOf(due_date, due_time, time_zone ?? userZone);

/** The due value of a new task, before its fields are known. */
export const noDue: Due = { due_date: null, due_time: null, time_zone: null, due_at: null };
