import type { Random } from './random.ts';

const dayMs = 86_400_000;
const toNumber = (date: string): number => Date.parse(date) / dayMs;
export const addDays = (date: string, days: number): string =>
  new Date((toNumber(date) + days) * dayMs).toISOString().slice(0, 10);

/** A rule as a test of each day. */
interface Rule {
  base: string;
  hasDay(date: string, start: string): boolean;
  count: number | null;
  until: string | null;
}

const weekdays = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

export function randomRule({ pick, below, some }: Random): Rule {
  const interval = 1 + below(3);
  const days = some(weekdays, 0.4);
  const monthDay = 1 + below(28);
  const every = (period: number) => (date: string, start: string) =>
    (toNumber(date) - toNumber(start)) % period === 0;
  const [base, hasDay] = pick([
    [`FREQ=DAILY;INTERVAL=${interval}`, every(interval)],
    [`FREQ=WEEKLY;INTERVAL=${interval}`, every(interval * 7)],
    [`FREQ=WEEKLY;BYDAY=${['TH', ...days].join()}`, onWeekdays(['TH', ...days])],
    [`FREQ=MONTHLY;BYMONTHDAY=${monthDay},-1`, onMonthDays(monthDay)],
  ] as const);
  const count = below(3) === 0 ? 1 + below(5) : null;
  const until = count === null && below(3) === 0 ? addDays('2026-12-01', below(90)) : null;
  return { base, hasDay, count, until };
}

const onWeekdays = (names: string[]) => (date: string) =>
  names.includes(weekdays[new Date(date).getUTCDay()] ?? '');
const onMonthDays = (monthDay: number) => (date: string) =>
  Number(date.slice(8)) === monthDay || addDays(date, 1).endsWith('-01');

export const textOf = ({ base, count, until }: Rule): string =>
  [base, count && `COUNT=${count}`, until && `UNTIL=${until.replaceAll('-', '')}`].filter(Boolean).join(';');

/** A repeating task: another implementation of its rules, one day at a time. */
export interface RepeatModel {
  rule: Rule;
  start: string;
  occurrence: string;
  number: number;
  due: string;
  time: string | null;
  seriesTime: string | null;
  startDate: string | null;
  excluded: string[];
  completed: boolean;
  /** Raised by a new series. */
  series: number;
  records: { date: string; number: number; status: string; before: RepeatModel }[];
}

export function startSeries(model: RepeatModel, rule: Rule): void {
  Object.assign(model, { rule, start: model.due, occurrence: model.due, number: 1, seriesTime: model.time });
  model.series += 1;
}

export function finish(model: RepeatModel, status: 'done' | 'skipped'): void {
  const { rule, start, occurrence, excluded } = model;
  model.records.push({ date: occurrence, number: model.number, status, before: { ...model } });
  let { number } = model;
  for (let date = addDays(occurrence, 1); date < '2100-01-01'; date = addDays(date, 1)) {
    if (!rule.hasDay(date, start)) continue;
    number += 1;
    if ((rule.count !== null && number > rule.count) || (rule.until !== null && date > rule.until)) break;
    if (excluded.includes(date)) continue;
    const days = toNumber(date) - toNumber(occurrence);
    const startDate = model.startDate && addDays(model.startDate, days);
    Object.assign(model, { occurrence: date, due: date, number, time: model.seriesTime, startDate });
    return;
  }
  model.completed = true;
}

/** @returns whether there was something to undo */
export function undo(model: RepeatModel): boolean {
  const last = model.records.at(-1);
  if (last === undefined || last.before.series !== model.series) return false;
  model.records.pop();
  const { completed, excluded, records } = model;
  if (completed) model.completed = false;
  else Object.assign(model, { ...last.before, excluded, records });
  return true;
}

export const shownOf = (model: RepeatModel) => ({
  recurrence: textOf(model.rule),
  occurrence: model.occurrence,
  due_date: model.due,
  due_time: model.time,
  start_date: model.startDate,
  excluded_dates: model.excluded,
  completed: model.completed,
});
