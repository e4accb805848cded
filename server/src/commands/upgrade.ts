import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { upgradeCluster } from '../dump/upgrade.ts';
import { StartError } from '../platform/errors.ts';
import { createLog } from '../platform/log.ts';
import { rejectOnStopSignal } from '../process/stop-signals.ts';
import { parseOptions } from './options.ts';
import { printLine } from './print.ts';

/**
 * `upgrade --binaries DIR`: moves the embedded database to this Duly's major version of PostgreSQL.
 * @throws StartError while a server runs, and for a directory without the programs of the old version
 */
export async function upgrade({ dataDir, database, backup }: Config, args: string[]): Promise<void> {
  const { binaries } = parseOptions('upgrade', ['binaries'], args);
  if (binaries === undefined)
    throw new StartError(
      'upgrade: got no directory, wants --binaries DIR with the programs of the old PostgreSQL',
    );
  if (database.url !== null)
    throw new StartError(
      'upgrade: DATABASE_URL names an external database, which is upgraded by its own means',
    );
  const stopped = rejectOnStopSignal();
  const upgraded = upgradeCluster({ dataDir, binaries: resolve(binaries) }, createLog('silent'));
  const report = await Promise.race([upgraded, stopped]);
  if (report === null) {
    printLine('the database is of the PostgreSQL that this Duly brings: nothing to do');
    return;
  }
  const { from, to, rows, users, tasks, epoch, oldCluster, findings } = report;
  printLine(
    `upgraded from PostgreSQL ${from} to ${to}: ${rows} rows, ${users} users who have written, ${tasks} tasks`,
  );
  printLine(`the epoch is still ${epoch}`);
  printLine(`the old data directory is ${oldCluster}`);
  if (backup.target !== null)
    printLine(
      'BACKUP_DIRECTORY or BACKUP_S3_URL is of the old database: an empty one is wanted, keep the old with its data',
    );
  for (const finding of findings) printLine(`as it was before: ${finding}`);
  if (findings.length > 0) process.exitCode = 1;
}
