import { createHash } from 'node:crypto';
import { type Random, seeded } from '../../server/test/support/random.ts';
import { dayFrom, instantOn } from './days.ts';
import { completed, type Habit, habits, weeksOfHistory } from './past-content.ts';

const historyDays = weeksOfHistory * 7;
/** Minutes of a day between which somebody is up. */
const [firstMinute, lastMinute] = [7 * 60, 21 * 60];

/** The same for the same name, so that a repeated import finds what is there. */
function idOf(name: string): string {
  const hex = createHash('sha256').update(`duly demo ${name}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

const minuteOf = (random: Random) => firstMinute + random.below(lastMinute - firstMinute);

/**
 * The past as an export document: tasks that were completed, and tasks that repeat with their occurrences. The API
 * cannot complete a task yesterday; an import keeps the times of the document.
 * @param projectIds by name
 */
export function historyDocument(now: Date, projectIds: ReadonlyMap<string, string>): object {
  const random = seeded(2_026);
  const made = habits.map((habit) => repeating(now, habit, random));
  return {
    format: 'duly-export',
    version: 1,
    tasks: [
      ...completed.flatMap(([project, tags, titles]) => {
        const project_id = project === null ? null : (projectIds.get(project) ?? null);
        return titles.map((title) => ({ ...completedTask(now, title, random), tags, project_id }));
      }),
      ...made.map(({ task }) => task),
    ],
    occurrences: made.flatMap(({ occurrences }) => occurrences),
  };
}

function completedTask(now: Date, title: string, random: Random) {
  // More was done lately than long ago.
  const day = -1 - Math.floor((random.below(1_000) / 1_000) ** 1.4 * historyDays);
  const minute = minuteOf(random);
  const lead = 1 + random.below(9);
  return {
    id: idOf(title),
    title,
    priority: random.pick(['High', 'Medium', 'Medium', 'Low']),
    due_date: random.chance(0.7) ? dayFrom(now, day + random.pick([0, 0, 1, -1, -2])) : null,
    created_at: instantOn(now, day - lead, minuteOf(random)),
    completed_at: instantOn(now, day, minute),
    updated_at: instantOn(now, day, minute),
    version: 2,
  };
}

function repeating(now: Date, { title, rule, everyDays, tags, time, skipsOneIn }: Habit, random: Random) {
  const count = Math.floor(historyDays / everyDays);
  const id = idOf(title);
  const series = {
    ...{ recurrence: rule, recurrence_from: 'due', due_time: time ?? null, time_zone: null },
    ...{ series_start: dayFrom(now, -count * everyDays), series_time: time ?? null, series_zone: null },
  };
  /** @param number from 1: the series' first occurrence */
  const at = (number: number) => {
    const date = dayFrom(now, (number - 1 - count) * everyDays);
    return { ...series, due_date: date, occurrence: date, occurrence_number: number };
  };
  const occurrences = Array.from({ length: count }, (_, index) => {
    const isSkipped = skipsOneIn !== undefined && random.below(skipsOneIn) === 0;
    const before = at(index + 1);
    return {
      ...{ id: idOf(`${title} ${index}`), task_id: id, date: before.occurrence, number: index + 1 },
      status: isSkipped ? 'skipped' : 'done',
      ...{ before, task_version: index + 2 },
      recorded_at: instantOn(now, (index - count) * everyDays, minuteOf(random)),
    };
  });
  const created_at = instantOn(now, -count * everyDays - 1, firstMinute);
  return { task: { ...at(count + 1), id, title, tags, created_at, version: count + 1 }, occurrences };
}
