import type { Origin } from '../audit/model.ts';
import type { Config } from '../config.ts';
import { joinDatabase, refusalOf } from '../database.ts';
import { requireMigrated } from '../db/migrator.ts';
import type { Db } from '../db/schema.ts';
import { StartError } from '../errors.ts';
import { createLog } from '../log.ts';
import { stopRequest } from '../start.ts';
import { findAccountId, findLock } from './queries.ts';
import { changeRole, lockService, startNewEpoch, unlockService } from './service.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);
const origin: Origin = { actor: null, requestId: null, address: null };

const actions: Record<string, (db: Db, args: string[]) => Promise<void>> = {
  grant: (db, args) => setRole(db, args, 'admin'),
  revoke: (db, args) => setRole(db, args, 'user'),
  async lock(db) {
    await lockService(db, origin);
    print('locked: every instance answers 503 within a second');
  },
  async unlock(db) {
    await unlockService(db, origin);
    print('unlocked');
  },
  async 'new-epoch'(db) {
    await startNewEpoch(db, origin);
    print(
      'a new epoch: clients of the change feed start anew, and the next change of each task raises its version far',
    );
  },
  async status(db) {
    const since = await findLock(db);
    print(since === null ? 'not locked' : `locked since ${since.toISOString()}`);
  },
};

async function setRole(db: Db, [email = '']: string[], role: 'user' | 'admin'): Promise<void> {
  const userId = await findAccountId(db, email);
  if (userId === null) {
    throw new StartError(
      `admin: got ${JSON.stringify(email)}, wants the email address of an account; register it first`,
    );
  }
  await changeRole(db, userId, origin, role);
  print(`${email} has the role ${role} now and has to log in again`);
}

/**
 * `admin grant|revoke EMAIL`, `admin lock|unlock|status`: works whether or not a server runs on the same database.
 * @throws StartError for another word, an unknown address, or when the database cannot be reached.
 */
export async function admin(config: Config, [word = 'status', ...args]: string[]): Promise<void> {
  const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
  if (action === undefined) {
    throw new StartError(`admin: got ${JSON.stringify(word)}, wants ${Object.keys(actions).join(', ')}`);
  }
  const stopped = stopRequest();
  const database = await joinDatabase(config, createLog('silent'));
  try {
    await requireMigrated(database.db, config.database.url === null ? 'DATA_DIR' : 'DATABASE_URL');
    await Promise.race([action(database.db, args), stopped]);
  } catch (error) {
    throw refusalOf(error) ?? error;
  } finally {
    await database.close();
  }
}
