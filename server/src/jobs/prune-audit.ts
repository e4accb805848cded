import { pruneAudit } from '../audit/pruning.ts';
import type { Job } from './runner.ts';

const dayMs = 24 * 3_600_000;

/**
 * Removes audit entries of days (UTC) that ended AUDIT_RETENTION_DAYS ago, if that is set. By whole days, because each
 * removal makes an entry itself.
 */
export const pruneOldAudit: Job = {
  name: 'remove audit entries',
  async run({ config, db }, stop) {
    const { auditDays } = config.retention;
    if (auditDays === null) return 0;
    const today = Math.floor(Date.now() / dayMs) * dayMs;
    return pruneAudit(db, new Date(today - auditDays * dayMs), stop);
  },
};
