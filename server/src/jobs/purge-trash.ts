import { findUsersWithOldTrash, purgeBatchSize, purgeOldTrash } from '../tasks/trash.ts';
import type { Job } from './runner.ts';

/** Purges tasks that have been in the trash for TRASH_RETENTION_DAYS. */
export const purgeTrash: Job = {
  name: 'purge trash',
  async run({ config, db, changeNotifier }, stop) {
    const { trashDays } = config.retention;
    let purged = 0;
    for (;;) {
      const userIds = await findUsersWithOldTrash(db, trashDays);
      if (userIds.length === 0) return purged;
      for (const userId of userIds) {
        // One transaction for each batch, so that the user's own writes can get the row lock in between.
        for (let batch = purgeBatchSize; batch === purgeBatchSize; purged += batch) {
          if (stop.aborted) return purged;
          batch = await purgeOldTrash(db, userId, trashDays);
          if (batch > 0) changeNotifier.publish(userId);
        }
      }
    }
  },
};
