import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { BackupSettings } from '../config/backup.ts';
import { sourceExtension } from '../platform/source-extension.ts';
import { pruneTarget } from './prune.ts';
import { isBackupDue } from './schedule.ts';
import type { BackupStatus } from './status.ts';
import { listBackups, openTarget } from './target.ts';

const retryMs = 10 * 60_000;
const main = fileURLToPath(new URL(`../main${sourceExtension}`, import.meta.url));

export interface ScheduledBackups {
  /** Makes a backup if one is due, and prunes. @param gapAt of the archived WAL */
  runIfDue(gapAt: string | null): Promise<void>;
  status(): Pick<BackupStatus, 'backupAt' | 'backupFailedAt'>;
  /** Ends a running backup. */
  stop(): void;
}

const timeOf = (text: string | null) => (text === null ? null : Date.parse(text));

export function createScheduledBackups(
  { dailyAtMinutes, keepDays }: BackupSettings,
  directory: string,
  log: Logger,
): ScheduledBackups {
  const state = { backupAt: null as string | null, backupFailedAt: null as string | null };
  let child: ChildProcess | undefined;
  let isStopped = false;

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

  const newestBackupAt = () => listBackups(openTarget(directory)).at(-1)?.manifest.consistentAt ?? null;

  return {
    async runIfDue(gapAt) {
      state.backupAt = newestBackupAt();
      const now = Date.now();
      if (now - (timeOf(state.backupFailedAt) ?? 0) < retryMs) return;
      if (!isBackupDue(dailyAtMinutes, timeOf(state.backupAt), timeOf(gapAt), now)) return;
      const reason = await runBackup();
      if (isStopped) return;
      if (reason !== null) {
        state.backupFailedAt = new Date().toISOString();
        log.error({ reason }, 'the backup failed, to be tried again');
        return;
      }
      state.backupFailedAt = null;
      const { backups, walFiles } = pruneTarget(openTarget(directory), keepDays);
      state.backupAt = newestBackupAt();
      log.info({ removedBackups: backups.length, removedWalFiles: walFiles }, 'backed up');
    },
    status: () => state,
    stop() {
      isStopped = true;
      child?.kill('SIGTERM');
    },
  };
}
