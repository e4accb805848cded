import { runUserBatches } from '../db/user-batches.ts';
import { storeMissingTags } from '../tasks/store-missing-tags.ts';
import type { Job } from './runner.ts';

/**
 * Stores the tags of tasks that an older Duly stored or changed on their rows. After the first run that follows an
 * upgrade: none.
 */
export const storeTags: Job = {
  name: 'store tags',
  run: ({ db }, stop) => runUserBatches(db, stop, storeMissingTags),
};
