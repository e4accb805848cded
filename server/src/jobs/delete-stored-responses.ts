import { deleteOldStoredResponses } from '../writes/idempotency.ts';
import type { Job } from './runner.ts';

/** Deletes stored responses of an Idempotency-Key that are older than 24 hours. */
export const deleteStoredResponses: Job = {
  name: 'forget answers',
  async run({ db }, stop) {
    let deleted = 0;
    while (!stop.aborted) {
      const batch = await deleteOldStoredResponses(db);
      if (batch === 0) break;
      deleted += batch;
    }
    return deleted;
  },
};
