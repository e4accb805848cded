import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupSettings } from '../config/backup.ts';
import { hasShape } from '../platform/has-shape.ts';
import { type Static, Type } from '../platform/schema.ts';

const Time = Type.Union([Type.String(), Type.Null()]);

/** What the process that archives says about it, for the processes that answer requests. */
const BackupStatus = Type.Object({
  updatedAt: Type.String(),
  /** Since when WAL waits in vain, and why. */
  failingSince: Time,
  reason: Time,
  archivedAt: Time,
  waitingSegments: Type.Integer({ minimum: 0 }),
  /** When WAL was given up or found missing: instants from then until the next backup cannot be restored. */
  gapAt: Time,
  backupAt: Time,
  backupFailedAt: Time,
});
export type BackupStatus = Static<typeof BackupStatus>;

export const emptyStatus: BackupStatus = {
  updatedAt: new Date(0).toISOString(),
  failingSince: null,
  reason: null,
  archivedAt: null,
  waitingSegments: 0,
  gapAt: null,
  backupAt: null,
  backupFailedAt: null,
};

/** An older status means that nobody archives. */
const maxAgeMs = 30_000;
/** A daily backup may be missed once. */
const maxBackupAgeMs = 49 * 3_600_000;

const statusPath = (dataDir: string) => join(dataDir, 'backup-status.json');

/** @returns the empty status if there is none that can be read */
export function readBackupStatus(dataDir: string): BackupStatus {
  try {
    const content: unknown = JSON.parse(readFileSync(statusPath(dataDir), 'utf8'));
    return hasShape(BackupStatus, content) ? content : emptyStatus;
  } catch {
    return emptyStatus;
  }
}

/** Readers see the old or the new file. A failure is seen by the age of the old one. */
export function writeBackupStatus(dataDir: string, status: BackupStatus): void {
  const path = statusPath(dataDir);
  const temporary = `${path}.new-${process.pid}`;
  writeFileSync(temporary, JSON.stringify(status), { mode: 0o600 });
  renameSync(temporary, path);
}

export type BackupHealth = 'ok' | 'failing';

/** @returns null if no backups are configured */
export function backupHealth(
  { target, dailyAtMinutes }: BackupSettings,
  dataDir: string,
  now = Date.now(),
): BackupHealth | null {
  if (target === null) return null;
  const { updatedAt, failingSince, gapAt, backupAt } = readBackupStatus(dataDir);
  const age = (time: string | null) => (time === null ? Number.POSITIVE_INFINITY : now - Date.parse(time));
  const isBroken = gapAt !== null && !(backupAt !== null && backupAt > gapAt);
  const isOverdue = dailyAtMinutes !== null && backupAt !== null && age(backupAt) > maxBackupAgeMs;
  return failingSince !== null || isBroken || isOverdue || age(updatedAt) > maxAgeMs ? 'failing' : 'ok';
}
