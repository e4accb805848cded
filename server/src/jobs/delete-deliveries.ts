import { deleteOldDeliveries, findUsersWithOldDeliveries } from '../deliveries/queries.ts';
import type { Job } from './runner.ts';

/** Deletes deliveries that were finished DELIVERY_RETENTION_DAYS ago. */
export const deleteDeliveries: Job = {
  name: 'delete deliveries',
  async run({ config, db }, stop) {
    const days = config.retention.deliveryDays;
    let deleted = 0;
    for (;;) {
      const userIds = await findUsersWithOldDeliveries(db, days);
      const before = deleted;
      for (const userId of userIds) {
        if (stop.aborted) return deleted;
        deleted += await deleteOldDeliveries(db, userId, days);
      }
      // Nothing was deleted when there is nothing old, or another instance is deleting it.
      if (deleted === before) return deleted;
    }
  },
};
