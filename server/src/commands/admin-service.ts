import { findAccountId, findServiceLock } from '../admin/queries.ts';
import { changeRole, lockService, startNewEpoch, unlockService } from '../admin/service.ts';
import { systemOrigin } from '../audit/origin.ts';
import type { Db } from '../db/schema.ts';
import { StartError } from '../platform/errors.ts';
import { verifyData } from '../tasks/verify-data.ts';
import type { AdminSubcommand } from './admin-users.ts';
import { printLine } from './print.ts';

export const serviceSubcommands = {
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
} satisfies Record<string, AdminSubcommand>;

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
