import { spawn } from 'node:child_process';
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
import { chownTree, hasCode, removeAbandoned, syncDirectory, writeSynced } from '../../platform/files.ts';
import {
  canTraverse,
  runsAsRoot,
  type UnixAccount,
  unprivilegedAccount,
} from '../../platform/unix-account.ts';
import { type Binaries, findBinaries } from './binaries.ts';
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

/** The whole environment of the PostgreSQL programs: no PG* variable or locale of this process affects them. */
export const programEnvironment = { LC_ALL: 'C', TZ: 'UTC' };

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
    removeAbandoned(dataDir, 'postgres');
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
    if (!stats.isSymbolicLink() && relocateCluster(dataDir, path, account)) return findCluster(dataDir);
    throw new StartError(
      `DATA_DIR ${dataDir} holds a database in ${directory}, which its owner (uid ${account?.uid}) cannot reach: let that user pass through the directories above it`,
    );
  }
  // The server requires mode 0700, and a copy made under an ordinary umask lost it.
  if ((owner.mode & 0o077) !== 0) chmodSync(directory, 0o700);
  const binaries = findBinaries(account);
  const major = readFileSync(join(directory, 'PG_VERSION'), 'utf8').trim();
  if (major !== binaries.major) {
    throw new StartError(
      `DATA_DIR ${dataDir} holds a database of PostgreSQL ${major}, and this Duly brings PostgreSQL ${binaries.major}: start the Duly version that wrote it and take a backup, then restore that into an empty DATA_DIR`,
    );
  }
  return {
    dataDir,
    directory,
    account,
    binaries,
    password: superuserPassword(dataDir, false),
    created: false,
    settings: {},
  };
}

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
    const passwordFile = join(workDirectory, 'password');
    const data = join(workDirectory, 'data');
    writeSynced(passwordFile, password, 0o600);
    mkdirSync(data, { mode: 0o700 });
    if (account !== undefined) chownTree(workDirectory, account.uid, account.gid);
    const initdbError = await runInitdb(binaries, account, data, passwordFile);
    if (initdbError !== null)
      throw new StartError(`DATA_DIR ${dataDir}: initdb could not create the database (${initdbError})`);
    publishCluster(data, target, path);
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

/** @returns initdb's error line, or null */
async function runInitdb(
  binaries: Binaries,
  account: UnixAccount | undefined,
  data: string,
  passwordFile: string,
): Promise<string | null> {
  const args = [
    `--pgdata=${data}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--data-checksums',
  ];
  const child = spawn(binaries.initdb, args, {
    ...account,
    cwd: '/',
    env: programEnvironment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-10_000);
  });
  const status = await new Promise<string>((settle) => {
    child.once('error', (error) => settle(error.message));
    child.once('close', (code, signal) => settle(code === 0 ? '' : `exit ${code ?? signal}`));
  });
  if (status === '') return null;
  return (output.split('\n').find((line) => /error|fatal|could not/i.test(line)) ?? status).trim();
}
