import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Words } from '../../src/mail/words/model.ts';
import { fillIn, fillInCount, wordsFor } from '../../src/mail/words/words.ts';

const folder = new URL('../../src/mail/words/', import.meta.url);
const languages = (await readdir(folder))
  .filter((name) => /^\w\w\.ts$/.test(name))
  .map((name) => name.slice(0, 2));
const placeholdersOf = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
const formsOf = (words: Words, name: keyof Words) => {
  const value = words[name];
  return typeof value === 'string' ? [value] : Object.values(value);
};

test('every language has the placeholders of English, in every plural form', () => {
  const english = wordsFor('en').words;
  expect(languages.length).toBeGreaterThanOrEqual(13);
  for (const tag of languages) {
    const { language, words } = wordsFor(tag);
    expect(language).toBe(tag);
    for (const name of Object.keys(english) as (keyof Words)[])
      for (const form of formsOf(words, name)) {
        const [wanted = ''] = formsOf(english, name);
        // "One more" is a word in some languages.
        const isWritten = tag === 'he' && name === 'more' && placeholdersOf(form).length === 0;
        if (!isWritten)
          expect([tag, name, placeholdersOf(form)]).toEqual([tag, name, placeholdersOf(wanted)]);
      }
  }
});

test.each([
  ['de-AT', 'de', 'ltr'],
  ['pt-BR', 'pt', 'ltr'],
  ['iw', 'he', 'rtl'],
  ['ar-u-nu-arab', 'ar', 'rtl'],
  ['th', 'en', 'ltr'],
  ['ur-PK', 'en', 'ltr'],
])('the words of %s are %s, written %s', (locale, language, direction) => {
  expect(wordsFor(locale)).toMatchObject({ language, words: { direction } });
});

test('plural forms are those of the language, digits those of the locale', () => {
  const more = (locale: string, count: number) => {
    const { language, words } = wordsFor(locale);
    return fillInCount(words.more, count, language, locale);
  };
  expect([1, 3, 5, 22].map((count) => more('pl', count))).toEqual([
    'i jeszcze 1 zadanie',
    'i jeszcze 3 zadania',
    'i jeszcze 5 zadań',
    'i jeszcze 22 zadania',
  ]);
  expect([1, 2].map((count) => more('fr', count))).toEqual(['et 1 autre', 'et 2 autres']);
  expect(more('fa', 12)).toBe('و ۱۲ کار دیگر');
  expect(more('th', 1_234)).toBe('and 1,234 more');
});

test('a value with braces is not filled in again', () => {
  expect(fillIn('{title} {other}', { title: '{count} $& {title}', count: 'x' })).toBe(
    '{count} $& {title} {other}',
  );
});
