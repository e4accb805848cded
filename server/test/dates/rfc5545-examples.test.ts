import { expect, test } from 'vitest';
import { dayOf, toDate } from '../../src/dates/days.ts';
import { instantOf } from '../../src/dates/zones.ts';
import { occurrencesOf, readTable } from '../support/dates.ts';

const zone = 'America/New_York';
const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const examples = readTable('rfc5545-examples.txt').lines.map((line): [string, string, string] => {
  const [rule = '', start = '', times = ''] = line.split('; ');
  return [rule, start, times];
});

/** The listed times as instants. EDT is four hours after UTC, EST five. */
function parseTimes(times: string): string[] {
  let [year, hour, month] = [0, '', 0];
  return times.split(' ').flatMap((word) => {
    if (/^\d{4}$/.test(word)) year = Number(word);
    else if (word === 'EDT' || word === 'EST') hour = word === 'EDT' ? '13' : '14';
    else if (monthNames.includes(word)) month = monthNames.indexOf(word) + 1;
    else if (word !== '...')
      return parseDays(word).map((day) => `${toDate(dayOf(year, month, day))}T${hour}:00:00.000Z`);
    return [];
  });
}

const parseDays = (text: string): number[] =>
  text.split(',').flatMap((item) => {
    const [first = 0, last = first] = item.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });

test('there are 37 of them', () => {
  expect(examples).toHaveLength(37);
});

test.each(examples)('%s from %s', (rule, start, times) => {
  const expected = parseTimes(times);
  const most = times.endsWith('...') ? expected.length : expected.length + 1;
  const dates = occurrencesOf(rule, start, { time: '09:00', zone, most });
  expect(dates.map((date) => instantOf(date, '09:00', zone))).toEqual(expected);
});
