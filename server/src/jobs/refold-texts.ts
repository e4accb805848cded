import { refoldTags } from '../tags/refold.ts';
import { refoldTasks } from '../tasks/refold.ts';
import type { Job } from './runner.ts';

/** Folds again what an older version of the folding stored, or none: after an upgrade everything, later nothing. */
export const refoldTexts: Job = {
  name: 'fold texts',
  async run({ db }, stop) {
    let folded = 0;
    for (const refold of [refoldTasks, refoldTags]) {
      // Onwards from the last one: what was folded stays in the index until a vacuum.
      for (let after: string | null = ''; after !== null && !stop.aborted; ) {
        const batch = await refold(db, after);
        folded += batch.count;
        after = batch.after;
      }
    }
    return folded;
  },
};
