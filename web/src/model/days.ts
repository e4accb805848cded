/** Days are texts `YYYY-MM-DD`: they have no time zone, and compare as text. */
export type Day = string;

const dayMs = 86_400_000;
const toMs = (day: Day): number => Date.parse(`${day}T00:00:00Z`);
const fromMs = (ms: number): Day => new Date(ms).toISOString().slice(0, 10);

export const addDays = (day: Day, count: number): Day => fromMs(toMs(day) + count * dayMs);
export const daysBetween = (from: Day, to: Day): number => Math.round((toMs(to) - toMs(from)) / dayMs);
/** 1 is Monday, 7 Sunday. */
export const weekdayOf = (day: Day): number => new Date(toMs(day)).getUTCDay() || 7;
/** At noon UTC: every zone but a few has the same date there. For formats in UTC. */
export const toDate = (day: Day): Date => new Date(toMs(day) + dayMs / 2);

/** The first day of the month that is `count` months after that of `day`. */
export function firstOfMonth(day: Day, count = 0): Day {
  const date = toDate(day);
  return fromMs(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1));
}

/** Whole weeks that have the month of `day`. */
export function weeksOfMonth(day: Day, firstWeekday: number): Day[][] {
  const first = firstOfMonth(day);
  const start = addDays(first, -((weekdayOf(first) - firstWeekday + 7) % 7));
  const end = firstOfMonth(day, 1);
  const weeks: Day[][] = [];
  for (let from = start; from < end; from = addDays(from, 7))
    weeks.push(Array.from({ length: 7 }, (_, index) => addDays(from, index)));
  return weeks;
}

const clockOptions: Intl.DateTimeFormatOptions = {
  ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
  ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
};
/** By zone: making one takes far longer than using it, and every render asks for the day. */
const clocks = new Map<string | undefined, Intl.DateTimeFormat>();

function clockOf(timeZone: string | undefined): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const zone = timeZone !== undefined && { timeZone };
  const clock = new Intl.DateTimeFormat('en-CA', { ...clockOptions, ...zone });
  clocks.set(timeZone, clock);
  return clock;
}

/** The day and time on the clock of a zone. */
export function nowIn(timeZone: string | undefined, now = new Date()): { day: Day; time: string } {
  const parts = Object.fromEntries(
    clockOf(timeZone)
      .formatToParts(now)
      .map(({ type, value }) => [type, value]),
  );
  return { day: `${parts.year}-${parts.month}-${parts.day}`, time: `${parts.hour}:${parts.minute}` };
}

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
