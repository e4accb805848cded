import { describe, expect, test } from 'vitest';
import { weekdayNames } from '../../src/dates/recurrence-rule.ts';
import { adaptRule } from '../../src/dates/rule-adaptation.ts';
import { addDays, firstDates } from '../support/dates.ts';
import { randomDate, randomRule } from '../support/generate-rules.ts';
import { seeded } from '../support/random.ts';

const seed = Number(process.env.DULY_TEST_SEED ?? 16);

describe('after all following dates were moved', () => {
  test.each([
    [
      'without BY parts stays as it was sent',
      'freq=Monthly;interval=2',
      '2026-01-31',
      '2026-02-03',
      'freq=Monthly;interval=2',
    ],
    [
      'keeps COUNT and UNTIL',
      'UNTIL=20270101;FREQ=WEEKLY;BYDAY=MO',
      '2026-11-30',
      '2026-12-01',
      'UNTIL=20270101;FREQ=WEEKLY;BYDAY=TU',
    ],
    [
      'that was not moved stays',
      'FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1',
      '2026-06-01',
      '2026-06-01',
      'FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1',
    ],
    ['shifts its weekdays', 'FREQ=WEEKLY;BYDAY=MO,WE', '2026-11-30', '2026-12-01', 'FREQ=WEEKLY;BYDAY=TU,TH'],
    [
      'shifts its weekdays backwards, over the end of a week',
      'FREQ=WEEKLY;BYDAY=MO,WE',
      '2026-11-30',
      '2026-11-28',
      'FREQ=WEEKLY;BYDAY=SA,MO',
    ],
    [
      'shifts its weekdays by the rest of whole weeks',
      'FREQ=WEEKLY;BYDAY=FR',
      '2026-11-27',
      '2026-12-12',
      'FREQ=WEEKLY;BYDAY=SA',
    ],
    [
      'shifts the week too, with INTERVAL and several days',
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU',
      '2026-11-30',
      '2026-12-01',
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,MO;WKST=TU',
    ],
    [
      'shifts a week that is named',
      'FREQ=WEEKLY;WKST=SU;INTERVAL=2;BYDAY=MO,SU;',
      '2026-11-30',
      '2026-12-01',
      'FREQ=WEEKLY;WKST=MO;INTERVAL=2;BYDAY=TU,MO',
    ],
    [
      'stays if its months allow the date',
      'FREQ=WEEKLY;BYMONTH=11,12;BYDAY=MO',
      '2026-11-30',
      '2026-12-01',
      'FREQ=WEEKLY;BYMONTH=11,12;BYDAY=TU',
    ],
    [
      'cannot be said if its months do not',
      'FREQ=WEEKLY;BYMONTH=11;BYDAY=MO',
      '2026-11-30',
      '2026-12-01',
      null,
    ],
    [
      'of working days stays on a working day',
      'FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR',
      '2026-11-27',
      '2026-11-30',
      'FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR',
    ],
    [
      'of working days cannot be said on a Saturday',
      'FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR',
      '2026-11-27',
      '2026-11-28',
      null,
    ],
    [
      'takes another day of the month',
      'FREQ=MONTHLY;BYMONTHDAY=15',
      '2026-11-15',
      '2026-11-17',
      'FREQ=MONTHLY;BYMONTHDAY=17',
    ],
    [
      'counts from the end as before',
      'FREQ=MONTHLY;BYMONTHDAY=-1',
      '2026-11-30',
      '2026-11-28',
      'FREQ=MONTHLY;BYMONTHDAY=-3',
    ],
    [
      'counts from the start when moved far from the end',
      'FREQ=MONTHLY;BYMONTHDAY=-1',
      '2026-11-30',
      '2026-12-05',
      'FREQ=MONTHLY;BYMONTHDAY=5',
    ],
    [
      'with several days of the month cannot be said',
      'FREQ=MONTHLY;BYMONTHDAY=1,15',
      '2026-12-01',
      '2026-12-02',
      null,
    ],
    [
      'takes another weekday of the month',
      'FREQ=MONTHLY;BYDAY=2TU',
      '2026-12-08',
      '2026-12-16',
      'FREQ=MONTHLY;BYDAY=3WE',
    ],
    [
      'takes the last weekday rather than the fifth',
      'FREQ=MONTHLY;BYDAY=2TU',
      '2026-12-08',
      '2026-12-30',
      'FREQ=MONTHLY;BYDAY=-1WE',
    ],
    [
      'counts weekdays from the end as before',
      'FREQ=MONTHLY;BYDAY=-1FR',
      '2026-12-25',
      '2026-12-24',
      'FREQ=MONTHLY;BYDAY=-2TH',
    ],
    [
      'takes the first weekday rather than the fifth from the end',
      'FREQ=MONTHLY;BYDAY=-1FR',
      '2026-12-25',
      '2027-01-03',
      'FREQ=MONTHLY;BYDAY=1SU',
    ],
    [
      'with several weekdays of the month cannot be said',
      'FREQ=MONTHLY;BYDAY=1MO,3MO',
      '2026-12-07',
      '2026-12-08',
      null,
    ],
    [
      'with each weekday of the month cannot be said',
      'FREQ=MONTHLY;BYDAY=MO',
      '2026-12-07',
      '2026-12-08',
      null,
    ],
    [
      'on Friday the 13th cannot be said',
      'FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13',
      '2026-11-13',
      '2026-11-14',
      null,
    ],
    ['takes another month', 'FREQ=YEARLY;BYMONTH=11', '2026-11-30', '2026-12-01', 'FREQ=YEARLY;BYMONTH=12'],
    [
      'takes another month and day',
      'FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=30',
      '2026-11-30',
      '2026-12-01',
      'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=1',
    ],
    [
      'takes another month and weekday',
      'FREQ=YEARLY;BYDAY=4TH;BYMONTH=11',
      '2026-11-26',
      '2026-12-02',
      'FREQ=YEARLY;BYDAY=1WE;BYMONTH=12',
    ],
    [
      'takes another day of several months',
      'FREQ=YEARLY;BYMONTH=6,12;BYMONTHDAY=1',
      '2026-12-01',
      '2026-12-03',
      'FREQ=YEARLY;BYMONTH=6,12;BYMONTHDAY=3',
    ],
    [
      'cannot be said in a month that is none of several',
      'FREQ=YEARLY;BYMONTH=6,12;BYMONTHDAY=1',
      '2026-12-01',
      '2027-01-01',
      null,
    ],
    ['by weekday of the year cannot be said', 'FREQ=YEARLY;BYDAY=20MO', '2026-05-18', '2026-05-19', null],
    ['by day of the year cannot be said', 'FREQ=YEARLY;BYYEARDAY=100', '2026-04-10', '2026-04-11', null],
    ['by week cannot be said', 'FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO', '2026-05-11', '2026-05-12', null],
    ['by position cannot be said', 'FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1', '2026-06-01', '2026-06-02', null],
  ])('a rule %s: %s from %s to %s', (_name, text, from, to, expected) => {
    expect(adaptRule(text, from, to)).toBe(expected);
  });

  test(`a weekly rule has all its dates moved as far as the first (seed ${seed})`, () => {
    const random = seeded(seed);
    for (let round = 0; round < 1_000; round += 1) {
      const days = random.some(weekdayNames, 0.4);
      const byDay = days.length > 0 ? `;BYDAY=${days.join(',')}` : '';
      const weekStart = random.chance(0.5) ? `;WKST=${random.pick(weekdayNames)}` : '';
      const text = `FREQ=WEEKLY;INTERVAL=${1 + random.below(4)}${byDay}${weekStart}`;
      const [from = ''] = firstDates(text, randomDate(random), 1);
      const shift = random.below(60) - 30;
      const to = addDays(from, shift);
      const moved = firstDates(text, from, 20).map((date) => addDays(date, shift));
      expect(firstDates(adaptRule(text, from, to) ?? '', to, 20), `${text} ${from} ${to}`).toEqual(moved);
    }
  });

  test(`any rule that can be adapted has the date that was moved (seed ${seed})`, () => {
    const random = seeded(seed);
    let adaptedCount = 0;
    for (let round = 0; round < 2_000; round += 1) {
      const [text, from] = [randomRule(random), randomDate(random)];
      const to = addDays(from, random.below(80) - 40);
      const adapted = adaptRule(text, from, to);
      if (adapted === null || from === to) continue;
      adaptedCount += 1;
      expect(firstDates(adapted, to, 1), `${text} ${from} ${to}`).toEqual([to]);
      expect(adapted.split(';').filter((part) => !/^(BY|WKST)/.test(part))).toEqual(
        text.split(';').filter((part) => !/^(BY|WKST)/.test(part)),
      );
    }
    expect(adaptedCount).toBeGreaterThan(500);
  });
});
