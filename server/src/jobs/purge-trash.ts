import { findUsersWithOldTrash, purgeBatchSize, purgeOldTrash } from '../tasks/trash.ts';
import type { Job } from './runner.ts';

/** Purges what has been in the trash for `TRASH_RETENTION_DAYS`. */
export const purgeTrash: Job = {
  name: 'purge trash',
  async run({ config, db, changeNotifier: wakeUps }, stop) {
    const { trashDays } = config.retention;
    let purged = 0;
    for (;;) {
      const userIds = await findUsersWithOldTrash(db, trashDays);
      if (userIds.length === 0) return purged;
      for (const userId of userIds) {
        // A batch for each write, so that the user's own come between.
        for (let gone = purgeBatchSize; gone === purgeBatchSize; purged += gone) {
          if (stop.aborted) return purged;
          gone = await purgeOldTrash(db, userId, trashDays);
          if (gone > 0) wakeUps.publish(userId);
        }
      }
    }
  },
};
