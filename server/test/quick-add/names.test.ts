import { findNameStart, parseQuickAdd, writeName } from '@duly/quick-add';
import { expect, test } from 'vitest';
import { seeded } from '../support/random.ts';

const now = { date: '2026-11-26', time: '10:00' };

test.each([
  ['#', 'Home', '#Home'],
  ['@', 'on-the_go/2.5&more+it’s', '@on-the_go/2.5&more+it’s'],
  ['#', 'Two words', '#"Two words"'],
  ['#', '2026', '#"2026"'],
  ['@', 'Acme Inc.', '@"Acme Inc."'],
  ['#', 'Inc.', '#"Inc."'],
  ['#', 'The "big" one', '#“The "big" one”'],
  ['#', 'both " and ”', null],
  ['#', 'two\nlines', null],
  ['#', ' padded ', null],
  ['#', '', null],
  ['@', 'a'.repeat(101), null],
] as const)('the name %s%j is written %s', (sigil, name, written) => {
  expect(writeName(sigil, name)).toBe(written);
});

const random = seeded(Number(process.env.DULY_TEST_SEED ?? Date.now() % 1e6));
const letters = [...'aÄ5 ".”“#@!\\,-ñ\u0301'];

test('a name that is written in a sentence is read as that name: 5,000 random ones', () => {
  for (let round = 0; round < 5_000; round += 1) {
    const name = Array.from({ length: 1 + random.below(8) }, () => random.pick(letters)).join('');
    const written = writeName('#', name);
    if (written === null) continue;
    const { project, title } = parseQuickAdd(`Rake ${written} leaves`, { now });
    expect([written, project, title]).toEqual([written, name, 'Rake leaves']);
  }
});

test.each([
  ['#', { sigil: '#', start: 0, typed: '' }],
  ['Rake #Ga', { sigil: '#', start: 5, typed: 'Ga' }],
  ['Rake @”', null],
  ['Rake #"Two w', { sigil: '#', start: 5, typed: 'Two w' }],
  ['Rake #“Two w', { sigil: '#', start: 5, typed: 'Two w' }],
  ['Rake #"Two words"', null],
  ['Rake #Garden ', null],
  ['Rake', null],
  ['bob@ho', null],
  ['Mend #42', null],
  ['Meet @5pm', null],
  ['Rake \\#Ga', null],
] as const)('the text %j ends in the beginning of a name: %j', (text, start) => {
  expect(findNameStart(text)).toEqual(start);
});
