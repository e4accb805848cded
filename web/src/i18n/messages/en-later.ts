import { enCard } from './en-card.ts';
import { enPages } from './en-pages.ts';
import { enSettings } from './en-settings.ts';

/** The texts that the first page does not need. The browser loads them as one file. */
export const enLater = { ...enCard, ...enPages, ...enSettings };
