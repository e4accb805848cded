import { deleteOldTombstones, tombstoneUnusedTags } from '../feed/upkeep.ts';
import type { Job } from './runner.ts';

/**
 * Forgets deletions that are older than `TOMBSTONE_RETENTION_DAYS`; a tag that came out of use is noted as deleted from
 * then on.
 */
export const deleteOldChanges: Job = {
  name: 'forget changes',
  async run({ config, db }, stop) {
    await tombstoneUnusedTags(db, stop);
    return deleteOldTombstones(db, config.retention.tombstoneDays, stop);
  },
};
