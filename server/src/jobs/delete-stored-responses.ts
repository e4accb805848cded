import { deleteOldStoredResponses, findUsersWithOldStoredResponses } from '../writes/idempotency.ts';
import type { Job } from './runner.ts';

/** Forgets what writes under an `Idempotency-Key` answered more than 24 hours ago. */
export const deleteStoredResponses: Job = {
  name: 'forget answers',
  async run({ db }, stop) {
    let forgotten = 0;
    for (;;) {
      const userIds = await findUsersWithOldStoredResponses(db);
      const before = forgotten;
      for (const userId of userIds) {
        if (stop.aborted) return forgotten;
        forgotten += await deleteOldStoredResponses(db, userId);
      }
      // Nothing was deleted when there is nothing old, or another instance is deleting it.
      if (forgotten === before) return forgotten;
    }
  },
};
