import { runUserBatches } from '../db/user-batches.ts';
import { refoldTags } from '../tags/refold.ts';
import { refoldTasks } from '../tasks/refold.ts';
import type { Job } from './runner.ts';

/** Refolds rows of an older fold version, and rows without one. After the first run that follows an upgrade: none. */
export const refoldTexts: Job = {
  name: 'fold texts',
  async run({ db }, stop) {
    const tasks = await runUserBatches(db, stop, refoldTasks);
    return tasks + (await runUserBatches(db, stop, refoldTags));
  },
};
