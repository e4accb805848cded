import { findAccountId, findServiceLock } from '../admin/queries.ts';
import { changeRole, lockService, startNewEpoch, unlockService } from '../admin/service.ts';
import { systemOrigin } from '../audit/model.ts';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/schema.ts';
import { requireUsableSchema } from '../db/schema-fit.ts';
import { createMailer } from '../mail/mailer.ts';
import { AppError, StartError } from '../platform/errors.ts';
import { createLog } from '../platform/log.ts';
import { databaseStartError, joinDatabase } from '../process/database.ts';
import { rejectOnStopSignal } from '../process/start.ts';
import { verifyData } from '../tasks/verify-data.ts';
import { dataSubcommands } from './admin-data.ts';
import { flagSubcommands } from './admin-flags.ts';
import { importSubcommands } from './admin-import.ts';
import { type AdminSubcommand, userSubcommands } from './admin-users.ts';
import { type SubcommandName, selectSubcommand } from './arguments.ts';
import { printLine } from './print.ts';

const subcommands: Record<SubcommandName<'admin'>, AdminSubcommand> = {
  ...userSubcommands,
  ...dataSubcommands,
  ...importSubcommands,
  ...flagSubcommands,
  grant: ({ db }, args) => setRole(db, args, 'admin'),
  revoke: ({ db }, args) => setRole(db, args, 'user'),
  async lock({ db }) {
    await lockService(db, systemOrigin);
    printLine('locked: every instance answers 503 within a second');
  },
  async unlock({ db }) {
    await unlockService(db, systemOrigin);
    printLine('unlocked');
  },
  async 'new-epoch'({ db }) {
    await startNewEpoch(db, systemOrigin);
    printLine(
      'a new epoch: clients of the change feed start anew, and the next change of each task raises its version far',
    );
  },
  'verify-data': ({ db }) => verifyStoredData(db),
  async status({ db }) {
    const since = await findServiceLock(db);
    printLine(since === null ? 'not locked' : `locked since ${since.toISOString()}`);
  },
};

/** Prints one line for each fault. `JSON.stringify` escapes line breaks. */
async function verifyStoredData(db: Db): Promise<void> {
  let faults = 0;
  const { users, tasks, tags, tasksToStore } = await verifyData(db, (userId, fault) => {
    faults += 1;
    printLine(`${JSON.stringify(userId)}: ${fault}`);
  });
  if (faults > 0) process.exitCode = 1;
  else printLine(`${tasks} tasks and ${tags} tags of ${users} users: stored tags and counts are right`);
  if (tasksToStore > 0)
    printLine(
      `the tags of ${tasksToStore} tasks are not on their rows yet: a job of a running server stores them`,
    );
}

async function setRole(db: Db, [email = '']: string[], role: 'user' | 'admin'): Promise<void> {
  const userId = await findAccountId(db, email);
  if (userId === null) {
    throw new StartError(
      `admin: got ${JSON.stringify(email)}, wants the email address of an account; register it first`,
    );
  }
  await changeRole(db, userId, systemOrigin, role);
  printLine(`${email} has the role ${role} now and has to log in again`);
}

/**
 * `admin SUBCOMMAND …`, as `usage.json` lists them. A server may run on the same database meanwhile.
 * @throws StartError for an unknown subcommand or argument, or when the database cannot be reached.
 */
export async function admin(config: Config, [word = 'status', ...args]: string[]): Promise<void> {
  const run = selectSubcommand('admin', subcommands, word);
  const stopped = rejectOnStopSignal();
  const log = createLog('silent');
  const database = await joinDatabase(config, log);
  const mailer = createMailer(config, log);
  try {
    const { db } = database;
    await requireUsableSchema(db, config.database.url === null ? 'DATA_DIR' : 'DATABASE_URL');
    await Promise.race([run({ config, db, database, mailer, word }, args), stopped]);
  } catch (error) {
    throw (
      databaseStartError(error) ??
      (error instanceof AppError ? new StartError(`admin ${word}: ${error.message}`) : error)
    );
  } finally {
    await mailer.close();
    await database.close();
  }
}
