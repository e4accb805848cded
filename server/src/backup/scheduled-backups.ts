import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { BackupSettings } from '../config/backup.ts';
import type { StoreLocation } from '../config/store-location.ts';
import type { Store } from '../stores/store.ts';
import { pruneTarget } from './prune.ts';
import { isBackupDue } from './schedule.ts';
import type { BackupStatus } from './status.ts';
import { findNewestBackup, openTarget } from './target.ts';

const retryMs = 10 * 60_000;
/** The target is listed so often at most: a bucket may bill its requests. */
const listMs = 60_000;
const main = fileURLToPath(new URL('../main.ts', import.meta.url));

export interface ScheduledBackups {
  /** Makes a backup if one is due, and prunes. @param gapAt of the archived WAL */
  runIfDue(gapAt: string | null): Promise<void>;
  status(): Pick<BackupStatus, 'backupAt' | 'backupFailedAt'>;
}

const timeOf = (text: string | null) => (text === null ? null : Date.parse(text));

/** @param stop ends a running backup as well */
export function createScheduledBackups(
  { dailyAtMinutes, keepDays }: BackupSettings,
  target: StoreLocation,
  log: Logger,
  stop: AbortSignal,
): ScheduledBackups {
  const state = { backupAt: null as string | null, backupFailedAt: null as string | null };
  let listedAt = 0;
  let child: ChildProcess | undefined;
  stop.addEventListener('abort', () => child?.kill('SIGTERM'));

  /** In a process of its own, so that requests are not delayed. @returns why it failed; null if it did not */
  async function runBackup(): Promise<string | null> {
    child = spawn(process.execPath, [main, 'backup', 'create'], { stdio: ['ignore', 'ignore', 'pipe'] });
    let output = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-2_000);
    });
    const [code] = await once(child, 'close');
    child = undefined;
    return code === 0 ? null : output.trim() || `it ended with code ${code}`;
  }

  async function readNewest(store: Store): Promise<void> {
    state.backupAt = (await findNewestBackup(store))?.manifest.consistentAt ?? null;
    listedAt = Date.now();
  }

  return {
    async runIfDue(gapAt) {
      const now = Date.now();
      const mayRun = now - (timeOf(state.backupFailedAt) ?? 0) >= retryMs;
      const isDue = () => isBackupDue(dailyAtMinutes, timeOf(state.backupAt), timeOf(gapAt), now);
      // One may have been made by hand.
      if (now - listedAt > listMs || (mayRun && isDue()))
        await readNewest(await openTarget(target, { stop }));
      if (!mayRun || !isDue()) return;
      const reason = await runBackup();
      if (stop.aborted) return;
      if (reason !== null) {
        state.backupFailedAt = new Date().toISOString();
        log.error({ reason }, 'the backup failed, to be tried again');
        return;
      }
      state.backupFailedAt = null;
      const store = await openTarget(target, { stop });
      await readNewest(store);
      const { backups, walFiles } = await pruneTarget(store, keepDays);
      log.info({ removedBackups: backups.length, removedWalFiles: walFiles }, 'backed up');
    },
    status: () => state,
  };
}
