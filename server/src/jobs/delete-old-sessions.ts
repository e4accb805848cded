import { deleteExpiredSessions } from '../accounts/sessions.ts';
import type { Job } from './runner.ts';

/** Deletes sessions that expired SESSION_RETENTION_DAYS ago, with their addresses and user agents. */
export const deleteOldSessions: Job = {
  name: 'delete expired sessions',
  async run({ config, db }, stop) {
    let deleted = 0;
    for (let isMore = true; isMore && !stop.aborted; ) {
      const batch = await deleteExpiredSessions(db, config.retention.sessionDays);
      deleted += batch.count;
      isMore = batch.isMore;
    }
    return deleted;
  },
};
