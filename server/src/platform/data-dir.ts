import { accessSync, chmodSync, chownSync, constants, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from './files.ts';
import { unprivilegedAccount } from './unix-account.ts';

/** Files that Duly may have written into DATA_DIR before its database. */
const filesBeforeDatabase = ['secret', 'erasures'];

/**
 * Creates DATA_DIR if it is missing, with mode 0700. If root created it, the server's group may traverse it but not
 * list it. Otherwise the cluster would have to be relocated. A directory in use, or of another user, keeps its mode.
 * @throws a system error if it cannot be created, read or written
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
