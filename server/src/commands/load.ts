import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { readIdentities } from '../backup/encoding.ts';
import type { Config } from '../config/config.ts';
import { migrateUp } from '../db/migrator.ts';
import { requireSupported } from '../db/server-requirements.ts';
import { openSingleConnection } from '../db/single-connection.ts';
import { type LoadReport, loadDump } from '../dump/load.ts';
import { openDump } from '../dump/read.ts';
import { replaceSecret } from '../platform/data-dir.ts';
import { StartError } from '../platform/errors.ts';
import { createLog } from '../platform/log.ts';
import { databaseStartError, listenConnection, openDatabase } from '../process/database.ts';
import { rejectOnStopSignal } from '../process/stop-signals.ts';
import { migrateQueue } from '../worker/queue-schema.ts';
import { printLine } from './print.ts';

/**
 * `load FILE|-`: stores a dump in the empty database that the settings name; it creates an embedded one.
 * @throws StartError if the dump is damaged, or the database is not empty or in use
 */
export async function load(config: Config, [source]: string[]): Promise<void> {
  if (source === undefined) throw new StartError('load: got no file, wants the path of a dump, or -');
  const stopped = rejectOnStopSignal();
  const log = createLog('silent');
  const name = source === '-' ? 'standard input' : source;
  const file = source === '-' ? process.stdin : createReadStream(resolve(source), { highWaterMark: 2 ** 18 });
  const content = await openFile(
    () => openDump(file, name, readIdentities(config.backup.identityFile)),
    name,
  );
  const database = await openDatabase(config, log);
  try {
    const connection = await openSingleConnection(listenConnection(config, database), 'duly load');
    let oldSecret: string | null = null;
    const onSecret = (secret: string) => {
      oldSecret = replaceSecret(config.dataDir, secret, 'before-load');
    };
    try {
      await requireSupported(connection.db);
      const loaded = loadDump(connection, { content, name, purpose: 'load', onSecret });
      printReport(await Promise.race([loaded, stopped]), oldSecret);
    } finally {
      await connection.close();
    }
    await database.withoutTimeLimit(async (db) => {
      await migrateUp(db);
      await migrateQueue(db, log);
    });
  } catch (error) {
    throw databaseStartError(error) ?? error;
  } finally {
    await database.close();
  }
}

async function openFile<T>(open: () => Promise<T>, name: string): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error)
      throw new StartError(`load: ${name} cannot be read (${error.message})`);
    throw error;
  }
}

function printReport(report: LoadReport, oldSecret: string | null): void {
  const { manifest, rows, users, tasks, endedSessions, epoch, findings } = report;
  printLine(`loaded the dump of ${manifest.createdAt} from PostgreSQL ${manifest.postgres}: ${rows} rows`);
  printLine(`${users} users who have written, ${tasks} tasks`);
  printLine(
    `epoch ${epoch} has begun; ${endedSessions} sessions are ended, and tokens issued until now are refused`,
  );
  if (oldSecret !== null) printLine(`secret is that of the dump; the one before is ${oldSecret}`);
  if (!manifest.holdsSecret)
    printLine(
      'the dump holds no secret: what was encrypted, such as second factors, needs the BETTER_AUTH_SECRET of then',
    );
  for (const finding of findings) printLine(`as it was dumped: ${finding}`);
  if (findings.length > 0) process.exitCode = 1;
}
