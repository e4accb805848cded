import { accessSync, chmodSync, chownSync, constants, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from './files.ts';
import { unprivilegedAccount } from './unix-account.ts';

/** What Duly may have put into DATA_DIR before its database. */
const filesBeforeDatabase = ['secret'];

/**
 * Makes DATA_DIR where it is missing, for this user alone. One that root has just made, the server's group may pass
 * through, not list: otherwise the database would have to live outside. Nobody else's directory is changed.
 * @throws a system error when it cannot be made, read or written.
 */
export function prepareDataDir(dataDir: string): void {
  mkdirSync(dirname(dataDir), { recursive: true });
  try {
    mkdirSync(dataDir, { mode: 0o700 });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  const isFresh = readdirSync(dataDir).every((name) => filesBeforeDatabase.includes(name));
  accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  const account = unprivilegedAccount();
  const { uid, mode } = lstatSync(dataDir);
  if (!isFresh || account === undefined || uid !== 0 || (mode & 0o077) !== 0) return;
  chownSync(dataDir, 0, account.gid);
  chmodSync(dataDir, 0o710);
}
