import { expect, test } from 'vitest';
import { toDate } from '../../src/dates/days.ts';
import { instantOf } from '../../src/dates/zones.ts';
import { digestOf, firstDates, readTable } from '../support/dates.ts';

const { lines, comments } = readTable('random-rules.txt');
const [times = [], zones = []] = comments.slice(-2).map((comment) => comment.split(' '));

interface Row {
  rule: string;
  time: string;
  dates: string[];
  /** Of the instants, in the order of the zones. */
  digests: string[];
}

function parseRow(line: string): Row {
  const [rule = '', start = '', time = '', steps = '', digests = ''] = line.split(' ');
  let day = Number.parseInt(start, 36);
  const dates = [toDate(day)];
  for (const step of steps === '' ? [] : steps.split(',')) {
    day += Number.parseInt(step, 36);
    dates.push(toDate(day));
  }
  return {
    rule: `FREQ=${rule}`,
    time: times[Number(time)] ?? '',
    dates,
    digests: zones.map((_, index) => digests.slice(index * 3, index * 3 + 3)),
  };
}

/** The table ends a row early only where the rule has no more dates up to 2100. */
const mostDates = 10;

test('3,000 random rules have the dates that python-dateutil gives', () => {
  expect(lines).toHaveLength(3_000);
  const wrong = lines.map(parseRow).filter(({ rule, dates }) => {
    return String(firstDates(rule, dates[0] ?? '', mostDates)) !== String(dates);
  });
  expect(wrong.map(({ rule, dates }) => `${rule} from ${dates[0]}`)).toEqual([]);
});

test('these dates are the same instants in nine zones', () => {
  expect(zones).toHaveLength(9);
  const wrong = lines
    .map(parseRow)
    .flatMap(({ rule, time, dates, digests }) =>
      zones
        .filter(
          (zone, index) => digestOf(dates.map((date) => instantOf(date, time, zone))) !== digests[index],
        )
        .map((zone) => `${rule} from ${dates[0]} ${time} ${zone}`),
    );
  expect(wrong).toEqual([]);
});
