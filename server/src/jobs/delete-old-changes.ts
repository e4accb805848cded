import { deleteOldTombstones, tombstoneUnusedTags } from '../feed/upkeep.ts';
import type { Job } from './runner.ts';

/** Turns unused tags into tombstones, and deletes tombstones older than TOMBSTONE_RETENTION_DAYS. */
export const deleteOldChanges: Job = {
  name: 'forget changes',
  async run({ config, db }, stop) {
    await tombstoneUnusedTags(db, stop);
    return deleteOldTombstones(db, config.retention.tombstoneDays, stop);
  },
};
