import { deCard } from './de-card.ts';
import { dePages } from './de-pages.ts';
import { deSettings } from './de-settings.ts';

/** The texts that the first page does not need. The browser loads them as one file. */
export const deLater = { ...deCard, ...dePages, ...deSettings };
