import { enCard } from './en-card.ts';
import { enPages } from './en-pages.ts';
import { enSettings } from './en-settings.ts';

/** One file for the browser: whoever opens a dialog opens others too. */
export const enLater = { ...enCard, ...enPages, ...enSettings };
