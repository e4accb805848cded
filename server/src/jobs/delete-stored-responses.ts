import { deleteOldStoredResponses, findUsersWithOldStoredResponses } from '../writes/idempotency.ts';
import type { Job } from './runner.ts';

/** Deletes stored responses of an Idempotency-Key that are older than 24 hours. */
export const deleteStoredResponses: Job = {
  name: 'forget answers',
  async run({ db }, stop) {
    let deleted = 0;
    for (;;) {
      const userIds = await findUsersWithOldStoredResponses(db);
      const before = deleted;
      for (const userId of userIds) {
        if (stop.aborted) return deleted;
        deleted += await deleteOldStoredResponses(db, userId);
      }
      // Nothing was deleted when there is nothing old, or another instance is deleting it.
      if (deleted === before) return deleted;
    }
  },
};
