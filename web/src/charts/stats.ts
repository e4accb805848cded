import type { Task } from '@duly/client';
import type { Collections } from '@duly/client/offline';
import { addDays, type Day, daysBetween } from '../model/days.ts';

export interface DayCount {
  day: Day;
  count: number;
}

export interface ProjectCount {
  /** Null: the inbox. */
  id: string | null;
  name: string;
  color: string | null;
  open: number;
  overdue: number;
}

export interface Stats {
  /** Completions on each day. */
  done: readonly DayCount[];
  /** Tasks that were overdue when the day ended; today: now. */
  overdue: readonly DayCount[];
  /** The fullest first. */
  projects: readonly ProjectCount[];
  open: number;
  /** Completions of the last 7 days, and of the 7 before. */
  week: number;
  weekBefore: number;
}

/** What the mirror says about the days up to today. */
export function statsOf(
  all: Collections,
  { today, days, zone }: { today: Day; days: number; zone: string },
): Stats {
  const dayOf = dayInZone(zone);
  const tasks = all.tasks.all();
  const completions = completionDays(all, today, dayOf);
  // The weeks may be longer than what is shown.
  const counted = countDays(completions, today, Math.max(days, 14));
  const sum = (part: readonly DayCount[]) => part.reduce((total, { count }) => total + count, 0);
  return {
    done: counted.slice(-days),
    overdue: overdueDays(all, today, days, dayOf),
    projects: countByProject(all, tasks, today),
    open: tasks.filter(isCounted).length,
    week: sum(counted.slice(-7)),
    weekBefore: sum(counted.slice(-14, -7)),
  };
}

type DayOf = (iso: string) => Day;

function dayInZone(timeZone: string): DayOf {
  const options = { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  const format = new Intl.DateTimeFormat('en-CA', options);
  return (iso) => format.format(new Date(iso));
}

/**
 * A repeating task has an occurrence for each completion. Any other task has the time of its completion. A completion
 * that is not on the server yet has no time, and counts as one of today.
 */
function completionDays({ tasks, occurrences }: Collections, today: Day, dayOf: DayOf): Day[] {
  const once = tasks.all().flatMap((task) => {
    const day = completionDay(task, today, dayOf);
    return day !== null && (task.recurrence === null || task.completed_at === null) ? [day] : [];
  });
  const repeated = occurrences
    .all()
    .flatMap(({ status, recorded_at }) => (status === 'done' ? [dayOf(recorded_at)] : []));
  return [...once, ...repeated];
}

function completionDay({ completed, completed_at }: Task, today: Day, dayOf: DayOf): Day | null {
  if (!completed) return null;
  return completed_at === null ? today : dayOf(completed_at);
}

/** As the sidebar counts: a subtask is a part of its task. */
const isCounted = ({ completed, parent_id }: Task): boolean => !completed && parent_id === null;

const daysUpTo = (today: Day, days: number): Day[] =>
  Array.from({ length: days }, (_, index) => addDays(today, index - days + 1));

function countDays(events: readonly Day[], today: Day, days: number): DayCount[] {
  const counts = new Map<Day, number>();
  for (const day of events) counts.set(day, (counts.get(day) ?? 0) + 1);
  return daysUpTo(today, days).map((day) => ({ day, count: counts.get(day) ?? 0 }));
}

/** From the first day whose end finds it overdue to the last one. */
interface Lateness {
  from: Day;
  /** Null: still. */
  until: Day | null;
}

const later = (a: Day, b: Day): Day => (a > b ? a : b);

function latenessOf(task: Task, today: Day, dayOf: DayOf): Lateness[] {
  if (task.due_date === null) return [];
  const from = later(addDays(task.due_date, 1), dayOf(task.created_at));
  const done = completionDay(task, today, dayOf);
  return [{ from, until: done === null ? null : addDays(done, -1) }];
}

function overdueDays(
  { tasks, occurrences }: Collections,
  today: Day,
  days: number,
  dayOf: DayOf,
): DayCount[] {
  const all = [
    ...tasks.all().flatMap((task) => latenessOf(task, today, dayOf)),
    ...occurrences.all().map(
      ({ date, recorded_at }): Lateness => ({
        from: addDays(date, 1),
        until: addDays(dayOf(recorded_at), -1),
      }),
    ),
  ];
  const first = addDays(today, 1 - days);
  const changes = new Array<number>(days + 1).fill(0);
  const change = (day: Day, by: number) => {
    const at = daysBetween(first, day);
    if (at <= days) changes[Math.max(0, at)] = (changes[Math.max(0, at)] ?? 0) + by;
  };
  for (const { from, until } of all) {
    if (until !== null && (until < from || until < first)) continue;
    change(from, 1);
    if (until !== null) change(addDays(until, 1), -1);
  }
  let count = 0;
  return daysUpTo(today, days).map((day, index) => {
    count += changes[index] ?? 0;
    return { day, count };
  });
}

function countByProject({ projects }: Collections, tasks: readonly Task[], today: Day): ProjectCount[] {
  const counts = new Map<string | null, ProjectCount>();
  counts.set(null, { id: null, name: '', color: null, open: 0, overdue: 0 });
  for (const { id, name, color, archived } of projects.all())
    if (!archived) counts.set(id, { id, name, color, open: 0, overdue: 0 });
  for (const task of tasks) {
    const { completed, project_id, due_date } = task;
    const count = counts.get(project_id);
    if (completed || count === undefined) continue;
    if (isCounted(task)) count.open += 1;
    if (due_date !== null && due_date < today) count.overdue += 1;
  }
  return [...counts.values()].filter(({ open }) => open > 0).sort((a, b) => b.open - a.open);
}
