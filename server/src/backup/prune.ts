import type { Store } from '../stores/store.ts';
import { type Backup, listBackups, removeBackup } from './target.ts';
import { listWal, segmentNumber, timelineOf } from './wal-store.ts';

export interface PruneResult {
  backups: Backup[];
  walFiles: number;
}

/**
 * Removes what no instant of the last `keepDays` needs: backups before the newest that is older than that, and the WAL
 * before the first that stays. Until the newest timeline has a backup so old, all stay: it begins with one of an
 * earlier timeline, and which one is not known without the key of encrypted WAL.
 */
export async function pruneTarget(target: Store, keepDays: number, now = Date.now()): Promise<PruneResult> {
  const backups = await listBackups(target);
  const wal = await listWal(target);
  const timelines = [...wal.keys()].map(timelineOf).concat(backups.map(({ manifest }) => manifest.timeline));
  const newest = Math.max(...new Set(timelines));
  const cutoff = now - keepDays * 24 * 3_600_000;
  const firstNeeded = Math.max(
    0,
    backups.findLastIndex(
      ({ manifest }) => manifest.timeline === newest && Date.parse(manifest.consistentAt) <= cutoff,
    ),
  );
  const removed = backups.slice(0, firstNeeded);
  for (const backup of removed) await removeBackup(target, backup);
  const kept = backups.slice(firstNeeded);
  if (kept.length === 0) return { backups: removed, walFiles: 0 };
  const firstWal = Math.min(...kept.map(({ manifest }) => segmentNumber(manifest.firstWal)));
  const oldWal = [...wal.values()].filter(
    ({ name }) => !name.endsWith('.history') && segmentNumber(name) < firstWal,
  );
  await target.remove(oldWal.map(({ path }) => path));
  return { backups: removed, walFiles: oldWal.length };
}
