import { refoldTags } from '../tags/refold.ts';
import { refoldTasks } from '../tasks/refold.ts';
import type { Job } from './runner.ts';

/** Refolds rows of an older fold version, and rows without one. After the first run that follows an upgrade: none. */
export const refoldTexts: Job = {
  name: 'fold texts',
  async run({ db }, stop) {
    let folded = 0;
    for (const refold of [refoldTasks, refoldTags]) {
      // Continues after the last user: refolded rows stay in the partial index until a vacuum, and slow a new scan.
      for (let after: string | null = ''; after !== null && !stop.aborted; ) {
        const batch = await refold(db, after);
        folded += batch.count;
        after = batch.after;
      }
    }
    return folded;
  },
};
