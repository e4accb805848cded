import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createFileOnce, hasCode, removeAbandoned } from './files.ts';
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

/** Names sort by time, and have no characters that a file system refuses. */
export const timeStamp = (now = new Date()): string => now.toISOString().replaceAll(/[-:]|\.\d+/g, '');

/**
 * Puts another `secret` in place. May be interrupted anywhere and called again.
 * @param suffix of the name that the file of before keeps, followed by the time
 * @returns the path of that file; null if there was none, or the same
 */
export function replaceSecret(
  dataDir: string,
  secret: string,
  suffix: string,
  now = new Date(),
): string | null {
  const path = join(dataDir, 'secret');
  let oldSecret: string | null = null;
  if (existsSync(path) && readFileSync(path, 'utf8') !== secret) {
    oldSecret = `${path}.${suffix}-${timeStamp(now)}`;
    renameSync(path, oldSecret);
  }
  if (!existsSync(path)) createFileOnce(path, secret);
  removeAbandoned(dataDir, 'secret');
  return oldSecret;
}

/** @returns the generated `secret`; null if there is none */
export function readSecret(dataDir: string): string | null {
  try {
    return readFileSync(join(dataDir, 'secret'), 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
