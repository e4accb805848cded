import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { toDate, toDay } from '../../src/dates/days.ts';
import { datesAfter, isPastUntil } from '../../src/dates/recurrence-dates.ts';
import { parseRule } from '../../src/dates/recurrence-rule.ts';

/** The first dates of a rule after a date; without one, from the start on. */
export function firstDates(text: string, start: string, most: number, after = dayBefore(start)): string[] {
  const dates: string[] = [];
  for (const date of datesAfter(parseRule(text), start, after)) if (dates.push(date) === most) break;
  return dates;
}

export const dayBefore = (date: string): string => addDays(date, -1);
export const addDays = (date: string, days: number): string => toDate(toDay(date) + days);

/** As `digest` in `server/test/dates/tables/generate.py`. */
export const digestOf = (texts: readonly string[]): string =>
  createHash('sha256').update(texts.join(',')).digest('base64').slice(0, 3);

/** The lines of a table without its comments, and these. */
export function readTable(name: string): { lines: string[]; comments: string[] } {
  const text = readFileSync(new URL(`../dates/tables/${name}`, import.meta.url), 'utf8');
  const all = text.split('\n').filter((line) => line !== '');
  return {
    lines: all.filter((line) => !line.startsWith('#')),
    comments: all.filter((line) => line.startsWith('#')).map((line) => line.slice(2)),
  };
}

interface Series {
  time: string | null;
  zone: string;
  most: number;
}

/** The dates of a series by COUNT and UNTIL too. The start is one of them only if the rule has it. */
export function occurrencesOf(text: string, start: string, { time, zone, most }: Series): string[] {
  const rule = parseRule(text);
  const dates = firstDates(text, start, Math.min(most, rule.count ?? most));
  return dates.filter((date) => !isPastUntil(rule, date, time, zone));
}
