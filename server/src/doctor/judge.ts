import type { X509Certificate } from 'node:crypto';
import { isBackupDue } from '../backup/schedule.ts';
import type { BackupStatus } from '../backup/status.ts';
import type { BackupSettings } from '../config/backup.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const gigabyte = 2 ** 30;
const dayMs = 86_400_000;
const hourMs = 3_600_000;

const inSeconds = (ms: number) => `${(Math.abs(ms) / 1_000).toFixed(1)} s`;
const inGigabytes = (bytes: number) => `${(bytes / gigabyte).toFixed(1)} GB`;

export interface ConnectedServer {
  version: string;
  isReadOnly: boolean;
  /** Connections that the server has for roles without privileges. */
  connections: number;
}

/** @param poolMax the most connections that the service opens */
export function judgeServer(
  { version, isReadOnly, connections }: ConnectedServer,
  poolMax: number,
  roundTripMs: number,
): Finding {
  const found = `PostgreSQL ${version}`;
  if (isReadOnly)
    return warning(
      'database',
      `${found} takes no writes now`,
      'name the primary in DATABASE_URL; with several hosts, target_session_attrs=read-write',
    );
  if (connections < poolMax)
    return warning(
      'database',
      `${found} allows ${connections} connections, and DATABASE_POOL_SIZE + DATABASE_POOL_OVERFLOW is ${poolMax}`,
      'lower them, or raise max_connections',
    );
  return ok('database', `${found}, which needs no extension, answers in ${roundTripMs} ms`);
}

/**
 * Tokens and reminders take this machine's clock, rows take the database's.
 * @param skewMs this clock minus the database's
 * @param roundTripMs of the question; half of it is the error of `skewMs`
 */
export function judgeClock(skewMs: number, roundTripMs: number): Finding {
  const certainMs = Math.max(0, Math.abs(skewMs) - roundTripMs / 2);
  const message = `this clock is ${inSeconds(skewMs)} ${skewMs < 0 ? 'behind' : 'ahead of'} the database's`;
  const remedy = 'let NTP set the clocks of both machines';
  if (certainMs >= 30_000) return problem('clock', message, remedy);
  if (certainMs >= 2_000) return warning('clock', message, remedy);
  return ok('clock', 'as that of the database');
}

/** A large disk with a tenth of its space free needs no one: 20 GB are enough for any. */
export function judgeDisk(check: string, path: string, freeBytes: number, totalBytes: number): Finding {
  const message = `${path} has ${inGigabytes(freeBytes)} free of ${inGigabytes(totalBytes)}`;
  const remedy = 'free space, or move it to a larger disk';
  if (freeBytes < gigabyte / 2) return problem(check, message, remedy);
  if (freeBytes < Math.max(2 * gigabyte, Math.min(20 * gigabyte, totalBytes / 10)))
    return warning(check, message, remedy);
  return ok(check, message);
}

const warnDays = 14;

/** @param chain the certificate first */
export function judgeCertificates(
  check: string,
  file: string,
  chain: readonly Pick<X509Certificate, 'validFrom' | 'validTo'>[],
  now: number,
): Finding {
  const remedy = `renew ${file}; a running server loads the new file by itself`;
  if (chain.some(({ validFrom }) => Date.parse(validFrom) > now))
    return problem(check, `${file} is not valid yet`, 'check the clock, and the certificate');
  const end = Math.min(...chain.map(({ validTo }) => Date.parse(validTo)));
  const day = new Date(end).toISOString().slice(0, 10);
  const daysLeft = (end - now) / dayMs;
  if (daysLeft <= 0) return problem(check, `${file} expired on ${day}`, remedy);
  if (daysLeft < warnDays)
    return warning(check, `${file} expires on ${day}, in ${Math.floor(daysLeft)} days`, remedy);
  return ok(check, `${file} is valid until ${day}`);
}

/** A backup takes a while, and a failed one is tried again after ten minutes. */
const backupGraceMs = hourMs;
/** As long as the status of a process that archives is fresh. */
const statusMaxAgeMs = 30_000;

/**
 * @param newestAt when the newest backup was made; null: there is none
 * @param status what the server last wrote
 */
export function judgeBackups(
  { dailyAtMinutes }: Pick<BackupSettings, 'dailyAtMinutes'>,
  newestAt: string | null,
  status: BackupStatus,
  now: number,
): Finding {
  const check = 'backups';
  const { failingSince, reason, gapAt, updatedAt } = status;
  if (failingSince !== null)
    return problem(
      check,
      `WAL cannot be archived since ${failingSince} (${reason ?? 'no reason known'})`,
      'give BACKUP_DIRECTORY its disk, space and owner, or BACKUP_S3_URL its store; what waits is then archived by itself',
    );
  if (newestAt === null)
    return problem(check, 'there is no backup', 'start the server, which makes one, or run: npm run backup');
  if (gapAt !== null && gapAt > newestAt)
    return problem(
      check,
      `WAL of ${gapAt} is missing: instants from then on cannot be restored`,
      'run: npm run backup',
    );
  if (isBackupDue(dailyAtMinutes, Date.parse(newestAt), null, now - backupGraceMs))
    return problem(
      check,
      `the newest backup is of ${newestAt}, which is older than the schedule`,
      "look for 'the backup failed' in the log, then run: npm run backup",
    );
  if (now - Date.parse(updatedAt) > statusMaxAgeMs)
    return warning(
      check,
      `the newest is of ${newestAt}, but no server archives now`,
      'start the server with BACKUP_DIRECTORY or BACKUP_S3_URL',
    );
  return ok(check, `the newest is of ${newestAt}, and WAL is archived`);
}
