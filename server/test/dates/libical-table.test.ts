import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RuleError } from '../../src/dates/recurrence-rule.ts';
import { occurrencesOf } from '../support/dates.ts';

/**
 * `src/test/icalrecur_test.txt` of libical 4, which is not part of this repository. It is read from the path in
 * `DULY_LIBICAL_TABLE`; without one these tests are skipped.
 */
const path = process.env.DULY_LIBICAL_TABLE;

interface Case {
  name: string;
  rule: string;
  start: string;
  instances: string;
}

/** Why a case is refused here, or has other dates. The first reason that fits is the case's. */
const outside: [string, RegExp][] = [
  ['repeats are of whole days', /FREQ=(SECOND|MINUTE|HOUR)LY|BY(HOUR|MINUTE|SECOND)=/],
  ['libical alone takes the month of the start', /^(?!.*BYMONTH=)FREQ=YEARLY;BYMONTHDAY=/],
  ['libical alone takes the weekday of the start', /BYWEEKNO=(?!.*BYDAY|.*BYMONTHDAY)/],
  ['libical alone counts INTERVAL in years of weeks', /BYWEEKNO=.*INTERVAL=/],
];

function parseCases(text: string): Case[] {
  const cases: Case[] = [];
  let comments: string[] = [];
  let rule = '';
  let start = '';
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^(RRULE|DTSTART|INSTANCES):\s*(.*)$/.exec(line) ?? [];
    if (line.startsWith('#')) comments.push(line.slice(1).trim());
    if (name === 'RRULE') rule = value;
    if (name === 'DTSTART') start = value;
    if (name === 'INSTANCES') {
      cases.push({ name: `${rule} from ${start} (${comments.join(' ')})`, rule, start, instances: value });
      comments = [];
    }
  }
  return cases;
}

const toDate = (value: string): string => `${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6, 8)}`;

/** null for a rule that is refused. */
function solve({ rule, start, instances }: Case): string | null {
  const time = start.includes('T') ? `${start.slice(9, 11)}:${start.slice(11, 13)}` : null;
  const most = instances.split(',').length + 1;
  try {
    return String(occurrencesOf(rule, toDate(start), { time, zone: 'UTC', most }));
  } catch (error) {
    if (error instanceof RuleError) return null;
    throw error;
  }
}

const expectedOf = ({ instances }: Case): string => String(instances.split(',').map(toDate));

const all = path === undefined ? [] : parseCases(readFileSync(path, 'utf8'));
/** libical itself has no answer to the others. */
const cases = all.filter(({ instances }) => !instances.startsWith('***'));
const reasonOf = ({ rule }: Case) => outside.find(([, pattern]) => pattern.test(rule))?.[0];
const isOutside = (entry: Case) => reasonOf(entry) !== undefined && solve(entry) !== expectedOf(entry);

describe.skipIf(path === undefined)('the table of libical', () => {
  test.each(cases.filter((entry) => !isOutside(entry)))('$name', (entry) => {
    expect(solve(entry)).toBe(expectedOf(entry));
  });

  test.for(cases.filter(isOutside).map((entry) => ({ ...entry, reason: reasonOf(entry) })))(
    '$name has another answer here: $reason',
    (entry) => {
      expect(solve(entry)).not.toBe(expectedOf(entry));
    },
  );

  test('has 145 cases, and so many have another answer here', () => {
    const reasons = cases.filter(isOutside).map((entry) => reasonOf(entry));
    const counts = outside.map(([reason]) => reasons.filter((other) => other === reason).length);
    expect([cases.length, ...counts]).toEqual([145, 32, 2, 13, 3]);
  });
});
