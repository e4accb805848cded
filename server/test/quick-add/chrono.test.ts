import { parseQuickAdd, type QuickAdd, type Understood } from '@duly/quick-add';
import { casual, type ParsedComponents } from 'chrono-node';
import { describe, expect, test } from 'vitest';
import { readSentences } from '../support/quick-add.ts';
import { seeded } from '../support/random.ts';

type Now = { date: string; time: string };

/** What chrono makes of one phrase of ours, with dates that are still to come. It does not know our prepositions. */
function askChrono(phrase: string, { date, time }: Now): ParsedComponents | undefined {
  const reference = new Date(`${date}T${time}:00`);
  const bare = phrase.replace(/^(?:due (?:on |by )?|starting (?:on )?|from |by )/i, '');
  return casual.parse(bare, reference, { forwardDate: true })[0]?.start;
}

type Component = 'year' | 'month' | 'day' | 'hour' | 'minute';
const pad = (value: number | null) => String(value).padStart(2, '0');

function chronoValue(kind: Understood['kind'], phrase: string, now: Now): string | null {
  const start = askChrono(phrase, now);
  const names: Component[] = kind === 'date' ? ['year', 'month', 'day'] : ['hour', 'minute'];
  if (start === undefined || (kind === 'time' && !start.isCertain('hour'))) return null;
  return names.map((name) => pad(start.get(name))).join(kind === 'date' ? '-' : ':');
}

/** Our phrases that chrono reads in another way, with its reading. */
const exceptions: Record<string, string> = {
  'day after tomorrow': 'tomorrow, as it needs "the"',
  thurs: 'today, where ours is in a week',
  thursday: 'today, where ours is in a week',
  'friday at 2026-11-27': 'today, where ours is in a week',
  'sunday at 2026-11-29': 'today, where ours is in a week',
  'next week on friday': 'in seven days, without the weekday',
  'in 1 month at 2027-01-31': '3 March, as February has no 31st; ours is its last day',
  'in a year at 2028-02-29': '1 March; ours is the last of February',
  'december the 24th': '1 December, without the day',
  'friday the 4th': 'the next Friday, whatever its date',
};

describe('chrono-node agrees with the table', () => {
  const sentences = readSentences();
  const phrases = sentences.flatMap(({ now, expected }) =>
    expected.understood
      .filter(({ kind }) => kind === 'date' || kind === 'time')
      .map(({ kind, text, value }) => ({ kind, text, value, now })),
  );

  test('on all dates and times that both understand, with the exceptions named here', () => {
    const different = new Set<string>();
    let compared = 0;
    for (const { kind, text, value, now } of phrases) {
      const theirs = chronoValue(kind, text, now);
      if (theirs !== null) compared++;
      if (theirs === null || theirs === value) continue;
      different.add(`${text} at ${now.date}` in exceptions ? `${text} at ${now.date}` : text);
    }
    expect([...different].sort()).toEqual(Object.keys(exceptions).sort());
    expect(compared).toBeGreaterThan(150);
  });
});

describe('chrono-node agrees with generated phrases', () => {
  const seed = Number(process.env.DULY_TEST_SEED ?? Date.now() % 1e6);
  const random = seeded(seed);
  const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
  const months = [
    'january',
    'feb',
    'march',
    'apr',
    'may',
    'june',
    'jul',
    'august',
    'sept',
    'october',
    'nov',
    'dec',
  ];
  const forms: (() => string)[] = [
    () => random.pick(['today', 'tomorrow', 'the day after tomorrow']),
    () => random.pick(weekdays),
    () => `next ${random.pick(weekdays)}`,
    () => `in ${1 + random.below(60)} days`,
    () => `in ${1 + random.below(60)} weeks`,
    () => `in ${1 + random.below(30)} months`,
    () => `${1 + random.below(31)} ${random.pick(months)} ${2027 + random.below(9)}`,
    () => `${random.pick(months)} ${1 + random.below(28)}`,
    () => `${random.pick(months)} ${1 + random.below(28)}, ${2027 + random.below(9)}`,
    () => `${2027 + random.below(9)}-${pad(1 + random.below(12))}-${pad(1 + random.below(31))}`,
  ];
  const times: (() => string)[] = [
    () => `${1 + random.below(12)}pm`,
    () => `at ${1 + random.below(12)}:${pad(random.below(60))} am`,
    () => `${pad(random.below(24))}:${pad(random.below(60))}`,
    () => 'noon',
  ];

  /** Where chrono and we differ on purpose. */
  const isException = (phrase: string, { date }: Now, parsed: QuickAdd): boolean => {
    const today = weekdays[(new Date(`${date}T12:00:00`).getDay() + 6) % 7];
    // Theirs is today; and their weeks begin on Sunday.
    if (phrase === today || (phrase.startsWith('next ') && (today === 'sunday' || phrase.endsWith('sunday'))))
      return true;
    // Theirs is in a year.
    if (parsed.due_date === date && /^[a-z]+ \d+$/.test(phrase)) return true;
    // Ours is the last day of a shorter month.
    return phrase.endsWith('months') && parsed.due_date?.slice(8) !== date.slice(8);
  };

  test(`on 3,000 phrases (seed ${seed})`, () => {
    const different: string[] = [];
    for (let round = 0; round < 3000; round++) {
      const now = {
        date: `${2026 + random.below(3)}-${pad(1 + random.below(12))}-${pad(1 + random.below(28))}`,
        time: `${pad(random.below(24))}:${pad(random.below(60))}`,
      };
      const phrase = random.pick(random.chance(0.8) ? forms : times)();
      const parsed = parseQuickAdd(`Call ${phrase}`, { now });
      const [ours] = parsed.understood;
      // Not a date, such as 31 april: chrono moves it to the next month.
      if (ours === undefined) continue;
      const theirs = chronoValue(ours.kind, phrase, now);
      if (theirs !== ours.value && !isException(phrase, now, parsed)) {
        different.push(`${phrase} at ${now.date} ${now.time}: ${ours.value}, chrono ${theirs}`);
      }
    }
    expect(different).toEqual([]);
  });
});
