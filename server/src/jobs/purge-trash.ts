import { itemKinds } from '../item-kinds.ts';
import { findOldItems, purgeOldItem } from '../items/trash.ts';
import { findUsersWithOldTrash, purgeBatchSize, purgeOldTrash } from '../tasks/trash.ts';
import type { Job, JobContext } from './runner.ts';

/** Purges what has been in the trash for TRASH_RETENTION_DAYS. */
export const purgeTrash: Job = {
  name: 'purge trash',
  run: async (ctx, stop) => (await purgeTasks(ctx, stop)) + (await purgeItems(ctx, stop)),
};

async function purgeTasks({ config, db, changeNotifier }: JobContext, stop: AbortSignal): Promise<number> {
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
}

async function purgeItems({ config, db, changeNotifier }: JobContext, stop: AbortSignal): Promise<number> {
  let purged = 0;
  for (const kind of itemKinds) {
    for (;;) {
      const old = await findOldItems(db, kind, config.retention.trashDays);
      if (old.length === 0) break;
      for (const { user_id: userId, id } of old) {
        if (stop.aborted) return purged;
        await purgeOldItem(db, userId, kind, id);
        changeNotifier.publish(userId);
        purged += 1;
      }
    }
  }
  return purged;
}
