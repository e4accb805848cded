import { parseQuickAdd } from '@duly/quick-add';
import { expect, test } from 'vitest';
import { codeSpansOf, read } from '../support/sources.ts';

/** The next 24 December is a Friday. */
const now = { date: '2027-12-01', time: '10:00' };

const text = await read('docs/quick-add.md');
const phrases = ['Dates', 'Times', 'Repeats'].flatMap((heading) => {
  const section = new RegExp(`^## ${heading}$.*?^(?=## )`, 'ms').exec(text)?.[0] ?? '';
  const cells = [...section.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = '']) => cell);
  const kind = heading.slice(0, -1).toLowerCase();
  return cells.flatMap((cell) => codeSpansOf(cell)).map((phrase) => ({ kind, phrase }));
});

test('the grammar has phrases of every kind', () => {
  expect(phrases.length).toBeGreaterThan(60);
});

test.each(phrases)('$phrase is a $kind, as docs/quick-add.md says', ({ kind, phrase }) => {
  const { title, understood } = parseQuickAdd(`Buy milk ${phrase}`, { now });
  expect(title).toBe('Buy milk');
  expect(understood).toMatchObject([{ kind, text: phrase }]);
});

test('the example of docs/quick-add.md gives what it says', () => {
  const [, line, date, time, result] =
    /parseQuickAdd\('(.*?)', \{ now: \{ date: '(.*?)', time: '(.*?)' \} \}\);\n((?:\/\/.*\n)+)/.exec(text) ??
    [];
  const parsed = parseQuickAdd(line ?? '', { now: { date: date ?? '', time: time ?? '' } });
  const shown = (result ?? '')
    .replaceAll(/^\/\/ /gm, '')
    .replaceAll(/'/g, '"')
    .replaceAll(/(\w+): /g, '"$1": ');
  expect(JSON.parse(shown.replaceAll(/,(\s*[\]}])/g, '$1'))).toEqual(parsed);
});
