import { backupHealth, readBackupStatus } from '../backup/status.ts';
import type { Config } from '../config/config.ts';
import { type MetricFamily, maxGauge } from './text-format.ts';

/** From the status file of the process that archives: every process reports the same, so the maximum is taken. */
export function backupMetrics({ backup, dataDir }: Config): MetricFamily[] {
  const health = backupHealth(backup, dataDir);
  if (health === null) return [];
  const { archivedAt, backupAt, waitingSegments } = readBackupStatus(dataDir);
  const seconds = (time: string | null) => (time === null ? 0 : Date.parse(time) / 1000);
  return [
    maxGauge(
      'duly_backup_failing',
      '1 while WAL is not archived, or the last backup is too old.',
      health === 'ok' ? 0 : 1,
    ),
    maxGauge('duly_backup_waiting_wal_segments', 'WAL segments that wait to be archived.', waitingSegments),
    maxGauge(
      'duly_backup_wal_archived_timestamp_seconds',
      'When WAL was last archived, in Unix time; 0: not since the start.',
      seconds(archivedAt),
    ),
    maxGauge(
      'duly_backup_last_success_timestamp_seconds',
      'The instant of the newest backup, in Unix time; 0: there is none.',
      seconds(backupAt),
    ),
  ];
}
