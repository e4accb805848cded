import { parseQuickAdd } from '@duly/quick-add';
import { describe, expect, test } from 'vitest';
import { toDate, toDay } from '../../src/dates/days.ts';
import { datesAfter } from '../../src/dates/recurrence-dates.ts';
import { parseRule } from '../../src/dates/recurrence-rule.ts';
import { readSentences } from '../support/quick-add.ts';

const firstFrom = (rule: string, start: string, from: string) =>
  datesAfter(parseRule(rule), start, toDate(toDay(from) - 1)).next().value;

describe('the server, which computes the dates of a rule, agrees with the first date of', () => {
  const repeats = readSentences().flatMap(({ text, now, expected }) => {
    const { recurrence, due_date: due, due_time: time } = expected;
    const isImplied = !expected.understood.some(({ kind }) => kind === 'date');
    return recurrence !== undefined && isImplied ? [{ text, now, recurrence, due, time }] : [];
  });

  test.each(repeats)('$text', ({ now, recurrence, due, time }) => {
    const everyTime = recurrence.replace(/INTERVAL=\d+;?/, '').replace(/;$/, '');
    const from = time !== undefined && time <= now.time ? toDate(toDay(now.date) + 1) : now.date;
    expect(due).toBe(firstFrom(everyTime, now.date, from));
    // The series begins there, with its interval too.
    expect(firstFrom(recurrence, due ?? '', due ?? '')).toBe(due);
  });
});

describe('from every day of eight years', () => {
  test.each([
    ['every weekday', 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR'],
    ['every sat and tue', 'FREQ=WEEKLY;BYDAY=TU,SA'],
    ['every month on the 31st', 'FREQ=MONTHLY;BYMONTHDAY=31'],
    ['every month on the 1st, 15th and 30th', 'FREQ=MONTHLY;BYMONTHDAY=1,15,30'],
    ['every month on the last day', 'FREQ=MONTHLY;BYMONTHDAY=-1'],
    ['every last friday of the month', 'FREQ=MONTHLY;BYDAY=-1FR'],
    ['every fifth wednesday of the month', 'FREQ=MONTHLY;BYDAY=5WE'],
    ['every 2nd monday of the month', 'FREQ=MONTHLY;BYDAY=2MO'],
    ['every year on 29 february', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29'],
    ['every 31 december', 'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31'],
  ])('so it does with %s', (phrase, rule) => {
    for (let day = toDay('2024-01-01'); day < toDay('2032-01-01'); day++) {
      const date = toDate(day);
      const { recurrence, due_date: due } = parseQuickAdd(`Pay ${phrase}`, { now: { date, time: '10:00' } });
      expect(recurrence).toBe(rule);
      if (due !== firstFrom(rule, date, date)) expect.fail(`on ${date}: ${due}`);
    }
  });
});
