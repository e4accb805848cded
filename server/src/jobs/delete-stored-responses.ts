import { deleteOldStoredResponses } from '../writes/idempotency.ts';
import type { Job } from './runner.ts';

/** Forgets what writes under an `Idempotency-Key` answered more than 24 hours ago. */
export const deleteStoredResponses: Job = {
  name: 'forget answers',
  async run({ db }, stop) {
    let forgotten = 0;
    while (!stop.aborted) {
      const gone = await deleteOldStoredResponses(db);
      if (gone === 0) break;
      forgotten += gone;
    }
    return forgotten;
  },
};
