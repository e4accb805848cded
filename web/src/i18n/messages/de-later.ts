import { deCard } from './de-card.ts';
import { dePages } from './de-pages.ts';
import { deSettings } from './de-settings.ts';

/** One file for the browser: whoever opens a dialog opens others too. */
export const deLater = { ...deCard, ...dePages, ...deSettings };
