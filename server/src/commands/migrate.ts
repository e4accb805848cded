import type { Config } from '../config/config.ts';
import { currentVersion, listMigrations, migrateDown, migrateUp } from '../db/migrator.ts';
import type { Db } from '../db/schema.ts';
import { requireSupported } from '../db/server-requirements.ts';
import { createLog } from '../platform/log.ts';
import { databaseStartError, openDatabase } from '../process/database.ts';
import { rejectOnStopSignal } from '../process/stop-signals.ts';
import { migrateQueue } from '../worker/queue-schema.ts';
import { type SubcommandName, selectSubcommand } from './arguments.ts';
import { printLine } from './print.ts';

const silentLog = createLog('silent');

const subcommands: Record<SubcommandName<'migrate'>, (db: Db) => Promise<void>> = { up, down, status, redo };

async function up(db: Db) {
  const done = await migrateUp(db);
  for (const { version, name } of done) printLine(`up ${version} ${name}`);
  const hasMigratedQueue = await migrateQueue(db, silentLog);
  if (hasMigratedQueue) printLine('up the job queue');
  if (done.length === 0 && !hasMigratedQueue) printLine('nothing to do');
}

async function down(db: Db) {
  const undone = await migrateDown(db);
  printLine(undone === null ? 'nothing to do' : `down ${undone.version} ${undone.name}`);
}

async function redo(db: Db) {
  await down(db);
  await up(db);
}

async function status(db: Db) {
  const current = await currentVersion(db);
  for (const { version, name } of listMigrations())
    printLine(`${version <= current ? 'applied' : 'pending'} ${version} ${name}`);
  for (let version = listMigrations().length + 1; version <= current; version += 1)
    printLine(`applied ${version} of a newer Duly`);
  printLine(`the database is at version ${current}`);
}

/**
 * `migrate up|down|status|redo`: changes or lists the schema of the configured database. Without
 * DATABASE_URL that is the embedded one, which it starts. Statements have no time-out.
 * @throws StartError for an unknown subcommand, or when the database cannot be reached.
 */
export async function migrate(config: Config, [word = 'status']: string[]): Promise<void> {
  const run = selectSubcommand('migrate', subcommands, word);
  const stopped = rejectOnStopSignal();
  const database = await openDatabase(config, silentLog);
  try {
    await requireSupported(database.db);
    await Promise.race([database.withoutTimeLimit(run), stopped]);
  } catch (error) {
    throw databaseStartError(error) ?? error;
  } finally {
    await database.close();
  }
}
