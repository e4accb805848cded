import { rmSync } from 'node:fs';
import { type Backup, listBackups, removeBackup, type Target } from './target.ts';
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
export function pruneTarget(target: Target, keepDays: number, now = Date.now()): PruneResult {
  const backups = listBackups(target);
  const wal = listWal(target);
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
  for (const backup of removed) removeBackup(target, backup);
  const kept = backups.slice(firstNeeded);
  if (kept.length === 0) return { backups: removed, walFiles: 0 };
  const firstWal = Math.min(...kept.map(({ manifest }) => segmentNumber(manifest.firstWal)));
  let walFiles = 0;
  for (const { name, path } of wal.values()) {
    if (name.endsWith('.history') || segmentNumber(name) >= firstWal) continue;
    rmSync(path, { force: true });
    walFiles += 1;
  }
  return { backups: removed, walFiles };
}
