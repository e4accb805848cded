import { ar } from './ar.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { fa } from './fa.ts';
import { fr } from './fr.ts';
import { he } from './he.ts';
import { it } from './it.ts';
import { ja } from './ja.ts';
import type { Plural, Words } from './model.ts';
import { nl } from './nl.ts';
import { pl } from './pl.ts';
import { pt } from './pt.ts';
import { sv } from './sv.ts';

const all: Readonly<Record<string, Words>> = { ar, de, en, es, fa, fr, he, it, ja, nl, pl, pt, sv };

/** The words of a mail and the language that they are in: that of the locale, or else English. */
export function wordsFor(locale: string): { language: string; words: Words } {
  // Old names become the current one: `iw` becomes `he`.
  const { language } = new Intl.Locale(locale);
  const words = all[language];
  return words === undefined ? { language: 'en', words: en } : { language, words };
}

/** Fills in what stands in braces, in one pass: a value may have braces of its own. */
export const fillIn = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (braces, name: string) => values[name] ?? braces);

/** @param locale also gives the digits of the number */
export function fillInCount(plural: Plural, count: number, language: string, locale: string): string {
  const form = new Intl.PluralRules(language).select(count);
  return fillIn(plural[form] ?? plural.other, {
    count: new Intl.NumberFormat([locale, 'en']).format(count),
  });
}
