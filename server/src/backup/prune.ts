import { rmSync } from 'node:fs';
import { type Backup, listBackups, removeBackup, type Target } from './target.ts';
import { listWal, segmentNumber } from './wal-store.ts';

export interface PruneResult {
  backups: Backup[];
  walFiles: number;
}

/**
 * Removes what no instant of the last `keepDays` needs: backups but for the newest that is older than that, and the WAL
 * before the first that stays. The newest backup always stays.
 */
export function pruneTarget(target: Target, keepDays: number, now = Date.now()): PruneResult {
  const backups = listBackups(target);
  const cutoff = now - keepDays * 24 * 3_600_000;
  const firstNeeded = Math.max(
    0,
    backups.findLastIndex(({ manifest }) => Date.parse(manifest.consistentAt) <= cutoff),
  );
  const removed = backups.slice(0, firstNeeded);
  for (const backup of removed) removeBackup(target, backup);
  const kept = backups.slice(firstNeeded);
  if (kept.length === 0) return { backups: removed, walFiles: 0 };
  const firstWal = Math.min(...kept.map(({ manifest }) => segmentNumber(manifest.firstWal)));
  let walFiles = 0;
  for (const { name, path } of listWal(target).values()) {
    if (name.endsWith('.history') || segmentNumber(name) >= firstWal) continue;
    rmSync(path, { force: true });
    walFiles += 1;
  }
  return { backups: removed, walFiles };
}
