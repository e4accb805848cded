import { readIdentities } from '../backup/encoding.ts';
import { type RestoreReport, restoreBackup } from '../backup/restore.ts';
import type { Config } from '../config/config.ts';
import { StartError } from '../platform/errors.ts';
import { createLog } from '../platform/log.ts';
import { rejectOnStopSignal } from '../process/stop-signals.ts';
import { chooseTarget } from './backup-target.ts';
import { parseOptions } from './options.ts';
import { printLine } from './print.ts';

const optionNames = ['to', 'directory', 'backup', 'timeline'] as const;

/** RFC 3339: a time without a zone could mean another hour than its writer thinks. */
const timeFormat = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;

function targetTime(input: string | undefined): Date | null {
  if (input === 'latest') return null;
  const time = new Date(timeFormat.test(input ?? '') ? (input ?? '') : Number.NaN);
  if (Number.isNaN(time.getTime()))
    throw new StartError(
      `restore: got ${JSON.stringify(input ?? '')}, wants --to latest, or --to with a time such as 2026-11-28T12:00:00Z`,
    );
  if (time.getTime() > Date.now())
    throw new StartError(`restore: got ${JSON.stringify(input)}, wants a time that has passed, or latest`);
  return time;
}

function timelineId(input: string | undefined): number | null {
  if (input === undefined) return null;
  if (/^[1-9]\d{0,8}$/.test(input)) return Number(input);
  throw new StartError(`restore: got the timeline ${JSON.stringify(input)}, wants a number from 1`);
}

/**
 * `restore --to TIME|latest`: restores the embedded database from the target of its backups.
 * @throws StartError while a server runs, and if the time cannot be restored
 */
export async function restore({ dataDir, backup, database, erasure }: Config, args: string[]): Promise<void> {
  const options = parseOptions('restore', optionNames, args);
  const to = targetTime(options.to);
  const timeline = timelineId(options.timeline);
  if (database.url !== null)
    throw new StartError(
      'restore: DATABASE_URL names an external database, which is restored by its own means',
    );
  const request = {
    dataDir,
    erasureList: erasure.path,
    target: chooseTarget('restore', backup, options.directory),
    identities: readIdentities(backup.identityFile),
    to,
    backupName: options.backup ?? null,
    timeline,
    archivesWal: backup.target !== null,
  };
  const stopped = rejectOnStopSignal();
  printReport(await Promise.race([restoreBackup(request, createLog('silent')), stopped]), to);
}

function printReport(report: RestoreReport, to: Date | null): void {
  const { backup, lastCommitAt, users, tasks, endedSessions, epoch } = report;
  printLine(`restored from the backup ${backup.name} of ${backup.manifest.consistentAt}`);
  printLine(`the last commit in it is of ${lastCommitAt?.toISOString() ?? backup.manifest.consistentAt}`);
  if (!report.reachedTarget && to !== null)
    printLine(`the archive has no later commit, so nothing between that and ${to.toISOString()} is known`);
  if (report.gap !== null)
    printLine(`the archive lacks the WAL segment ${report.gap}: WAL after it could not be used`);
  printLine(`${users} users who have written, ${tasks} tasks`);
  printLine(
    `epoch ${epoch} has begun; ${endedSessions} sessions are ended, and tokens issued until now are refused`,
  );
  if (report.erasedUsers > 0) printLine(`${report.erasedUsers} users of the erasure list are erased again`);
  if (report.oldCluster !== null) printLine(`the old data directory is ${report.oldCluster}`);
  if (report.oldSecret !== null)
    printLine(`secret is that of the backup; the one before is ${report.oldSecret}`);
  if (!backup.manifest.holdsSecret)
    printLine(
      'the backup holds no secret: what was encrypted, such as second factors, needs the BETTER_AUTH_SECRET of then',
    );
}
