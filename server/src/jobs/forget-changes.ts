import { forgetTombstones, forgetUnusedTags } from '../feed/queries.ts';
import type { Job } from './runner.ts';

/**
 * Forgets deletions that are older than `TOMBSTONE_RETENTION_DAYS`; a tag that came out of use is noted as deleted from
 * then on.
 */
export const forgetChanges: Job = {
  name: 'forget changes',
  async run({ config, db }, stop) {
    await forgetUnusedTags(db, stop);
    return forgetTombstones(db, config.retention.tombstoneDays, stop);
  },
};
