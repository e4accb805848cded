import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { prepareDataDir } from '../../platform/data-dir.ts';
import { StartError } from '../../platform/errors.ts';
import { chownTree, hasCode, removeAbandoned, syncDirectory } from '../../platform/files.ts';
import {
  canTraverse,
  runsAsRoot,
  type UnixAccount,
  unprivilegedAccount,
} from '../../platform/unix-account.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { createDatabaseFiles } from './initdb.ts';
import { superuserPassword } from './password.ts';
import { chooseRelocationTarget, finishRelocation, relocateCluster } from './relocated-cluster.ts';

/** A database cluster (data directory) on disk, ready to be served. */
export interface Cluster {
  dataDir: string;
  /** Real path of the PostgreSQL data directory; `DATA_DIR/postgres` may be a link to it. */
  directory: string;
  account: UnixAccount | undefined;
  binaries: Binaries;
  /** Password of the superuser `postgres`. */
  password: string;
  created: boolean;
  /** Settings of the server in addition to those that every cluster has. */
  settings: Readonly<Record<string, string>>;
  /** How long its server may recover before it accepts connections; 10 min by default. */
  recoveryDeadlineMs?: number;
}

/**
 * Opens the cluster of a data directory. Creates both if they are missing.
 * @throws StartError if the directory is unusable, or holds other files or another major version
 */
export async function openCluster(
  dataDir: string,
  log: Logger,
  settings: Readonly<Record<string, string>> = {},
): Promise<Cluster> {
  try {
    prepareDataDir(dataDir);
    removeAbandoned(dataDir, '');
    const existing = findCluster(dataDir);
    return { ...(existing ?? (await createCluster(dataDir, log))), settings };
  } catch (error) {
    if (
      error instanceof Error &&
      hasCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOSPC', 'EBUSY', 'EXDEV', 'ELOOP')
    ) {
      throw new StartError(
        `DATA_DIR ${dataDir} cannot be used (${error.message}): a directory this user can write is wanted`,
      );
    }
    throw error;
  }
}

function findCluster(dataDir: string): Cluster | undefined {
  const located = locateCluster(dataDir);
  if (located === undefined) return undefined;
  const { major, ...files } = located;
  const binaries = findBinaries(files.account);
  if (major !== binaries.major) throw wrongMajorError(dataDir, major, binaries.major);
  return {
    ...files,
    dataDir,
    binaries,
    password: superuserPassword(dataDir, false),
    created: false,
    settings: {},
  };
}

/** The files of a cluster of any major version. */
export interface LocatedCluster extends Pick<Cluster, 'directory' | 'account'> {
  major: string;
}

/**
 * @returns undefined if there is none
 * @throws StartError if it cannot be served
 */
export function locateCluster(dataDir: string): LocatedCluster | undefined {
  const path = join(dataDir, 'postgres');
  finishRelocation(path);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (
    stats.isSymbolicLink() &&
    lstatSync(resolve(dataDir, readlinkSync(path)), { throwIfNoEntry: false }) === undefined
  ) {
    throw new StartError(
      `DATA_DIR ${dataDir} links its database to ${readlinkSync(path)}, which does not exist: bring it back, or remove the link ${path} to begin with an empty database`,
    );
  }
  const directory = realpathSync(path);
  const owner = lstatSync(directory);
  if (!owner.isDirectory()) throw notClusterError(dataDir, 'a file');
  if (!runsAsRoot() && owner.uid !== process.getuid?.()) {
    throw new StartError(
      `DATA_DIR ${dataDir} holds a database of the user with uid ${owner.uid}, and Duly runs as uid ${process.getuid?.()}: start Duly as that user or as root`,
    );
  }
  const names = readdirSync(directory);
  if (names.length === 0) return undefined;
  if (!names.includes('PG_VERSION'))
    throw notClusterError(dataDir, `a directory with ${names.length} entries and no PG_VERSION`);

  const account = clusterAccount(directory, owner);
  if (runsAsRoot() && !canTraverse(account, directory)) {
    if (!stats.isSymbolicLink() && relocateCluster(dataDir, path, account)) return locateCluster(dataDir);
    throw new StartError(
      `DATA_DIR ${dataDir} holds a database in ${directory}, which its owner (uid ${account?.uid}) cannot reach: let that user pass through the directories above it`,
    );
  }
  // The server requires mode 0700, and a copy made under an ordinary umask lost it.
  if ((owner.mode & 0o077) !== 0) chmodSync(directory, 0o700);
  return { directory, account, major: readFileSync(join(directory, 'PG_VERSION'), 'utf8').trim() };
}

const wrongMajorError = (dataDir: string, found: string, ours: string) =>
  new StartError(
    `DATA_DIR ${dataDir} holds a database of PostgreSQL ${found}, and this Duly brings PostgreSQL ${ours}: ${
      Number(found) < Number(ours)
        ? `run npm run upgrade -- --binaries DIR, with the programs of PostgreSQL ${found} in DIR`
        : 'start a Duly that brings that version'
    }`,
  );

const notClusterError = (dataDir: string, found: string) =>
  new StartError(
    `DATA_DIR ${dataDir} holds ${found} where the database belongs (${join(dataDir, 'postgres')}): a PostgreSQL data directory, or nothing, is wanted`,
  );

/** The owner of the files runs the server, so that root and the owner may start the cluster in turn. */
function clusterAccount(directory: string, owner: { uid: number; gid: number }): UnixAccount | undefined {
  if (!runsAsRoot()) return undefined;
  if (owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = unprivilegedAccount();
  // Root copied the files here, for example from a backup.
  if (account !== undefined) chownTree(directory, account.uid, account.gid);
  return account;
}

async function createCluster(dataDir: string, log: Logger): Promise<Cluster> {
  const account = unprivilegedAccount();
  const binaries = findBinaries(account);
  const password = superuserPassword(dataDir, true);
  const path = join(dataDir, 'postgres');
  const target = canTraverse(account, dataDir) ? path : chooseRelocationTarget(dataDir, account);
  log.info({ directory: target, version: binaries.major }, 'creating the embedded database');
  const workDirectory = `${target}.new-${process.pid}`;
  rmSync(workDirectory, { recursive: true, force: true });
  mkdirSync(workDirectory, { mode: 0o700 });
  try {
    const initdbError = await createDatabaseFiles(binaries, account, workDirectory, password);
    if (initdbError !== null)
      throw new StartError(`DATA_DIR ${dataDir}: initdb could not create the database (${initdbError})`);
    publishCluster(join(workDirectory, 'data'), target, path);
  } finally {
    rmSync(workDirectory, { recursive: true, force: true });
  }
  // If another process published its cluster first, this finds that one.
  const cluster = findCluster(dataDir);
  if (cluster === undefined) throw new Error(`The new cluster in ${target} is gone`);
  return { ...cluster, created: true };
}

/** The rename creates the cluster: before it there is none, after it a complete one. */
function publishCluster(data: string, target: string, path: string): void {
  try {
    renameSync(data, target);
    syncDirectory(dirname(target));
    if (target === path) return;
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) rmdirSync(path);
    symlinkSync(target, path);
    syncDirectory(dirname(path));
  } catch (error) {
    if (target !== path) rmSync(target, { recursive: true, force: true });
    if (!hasCode(error, 'EEXIST', 'ENOTEMPTY')) throw error;
  }
}
