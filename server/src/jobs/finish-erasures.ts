import { continueErasures } from '../erasure/erase.ts';
import type { Job } from './runner.ts';

/** Finishes what a killed process left of an erasure, and erases what was counted of erased users since. */
export const finishErasures: Job = {
  name: 'finish erasures',
  run: ({ config, db }, stop) => continueErasures(db, config.erasure, stop),
};
