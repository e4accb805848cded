import type { Config } from '../config/config.ts';
import { currentVersion, listMigrations, migrateDown, migrateUp } from '../db/migrator.ts';
import { requireSupported } from '../db/requirements.ts';
import type { Db } from '../db/schema.ts';
import { StartError } from '../platform/errors.ts';
import { createLog } from '../platform/log.ts';
import { openDatabase, refusalOf } from '../process/database.ts';
import { stopRequest } from '../process/start.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);

const actions: Record<string, (db: Db) => Promise<void>> = { up, down, status, redo };

async function up(db: Db) {
  const done = await migrateUp(db);
  for (const { version, name } of done) print(`up ${version} ${name}`);
  if (done.length === 0) print('nothing to do');
}

async function down(db: Db) {
  const undone = await migrateDown(db);
  print(undone === null ? 'nothing to do' : `down ${undone.version} ${undone.name}`);
}

async function redo(db: Db) {
  await down(db);
  await up(db);
}

async function status(db: Db) {
  const current = await currentVersion(db);
  for (const { version, name } of listMigrations())
    print(`${version <= current ? 'applied' : 'pending'} ${version} ${name}`);
  print(`the database is at version ${current}`);
}

/**
 * `migrate up|down|status|redo` on the database of the settings.
 * @throws StartError for another word, or when the database cannot be reached.
 */
export async function migrate(config: Config, [word = 'status']: string[]): Promise<void> {
  const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
  if (action === undefined) {
    throw new StartError(`migrate: got ${JSON.stringify(word)}, wants ${Object.keys(actions).join(', ')}`);
  }
  const stopped = stopRequest();
  const database = await openDatabase(config, createLog('silent'));
  try {
    await requireSupported(database.db);
    await Promise.race([database.withoutTimeLimit(action), stopped]);
  } catch (error) {
    throw refusalOf(error) ?? error;
  } finally {
    await database.close();
  }
}
