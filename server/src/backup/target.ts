import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { StartError } from '../platform/errors.ts';
import { createFileOnce, hasCode, removeAbandoned, syncDirectory } from '../platform/files.ts';
import { type Manifest, readManifest } from './manifest.ts';

/** BACKUP_DIRECTORY: `base/NAME/` for each backup, `wal/` for archived WAL, and the mark of their database. */
export interface Target {
  directory: string;
  base: string;
  wal: string;
}

export interface Backup {
  name: string;
  directory: string;
  manifest: Manifest;
}

const markName = 'duly-backups';
const manifestName = 'manifest.json';

const targetAt = (directory: string): Target => ({
  directory,
  base: join(directory, 'base'),
  wal: join(directory, 'wal'),
});

/** @throws StartError if the directory does not exist, or holds no backups */
export function openTarget(directory: string): Target {
  if (existsSync(join(directory, markName))) return targetAt(directory);
  throw new StartError(`${directory} holds no backups of Duly`);
}

/**
 * Creates the directories within an existing target, for the database of this system identifier.
 * @throws StartError if the directory holds the backups of another database
 * @throws a system error if it cannot be written
 */
export function prepareTarget(directory: string, systemIdentifier: string): Target {
  const target = targetAt(directory);
  // The directory itself is not created: it is missing where its disk is not mounted, and the disk below would fill.
  for (const path of [target.base, target.wal]) makeDirectory(path);
  const mark = join(directory, markName);
  if (!existsSync(mark)) createFileOnce(mark, `${systemIdentifier}\n`);
  const owner = readFileSync(mark, 'utf8').trim();
  if (owner === systemIdentifier) return target;
  throw new StartError(
    `BACKUP_DIRECTORY: got ${directory}, which holds the backups of another database: an empty directory is wanted, or restore that database`,
  );
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
    chmodSync(path, 0o700);
    syncDirectory(dirname(path));
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

/** All complete backups, oldest first. One that cannot be read is reported, and left out. */
export function listBackups(target: Target, onDamaged: (reason: string) => void = () => undefined): Backup[] {
  const backups: Backup[] = [];
  for (const name of readdirSync(target.base)) {
    const directory = join(target.base, name);
    if (name.includes('.') || !lstatSync(directory).isDirectory()) continue;
    try {
      backups.push({ name, directory, manifest: readManifest(join(directory, manifestName)) });
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      onDamaged(error.message);
    }
  }
  return backups.sort((a, b) => a.manifest.consistentAt.localeCompare(b.manifest.consistentAt));
}

/** Names sort by time. */
export const newBackupName = (now = new Date()): string =>
  `${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${randomBytes(2).toString('hex')}`;

/** A directory that `publishBackup` renames. One that a killed process left is removed by the next call. */
export function makeWorkDirectory(target: Target, name: string): string {
  removeAbandoned(target.base, '');
  const directory = join(target.base, `${name}.new-${process.pid}`);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { mode: 0o700 });
  return directory;
}

/** The rename makes the backup: before it there is none, after it a complete one. Its files have to be synced. */
export function publishBackup(target: Target, name: string, workDirectory: string): void {
  syncDirectory(workDirectory);
  renameSync(workDirectory, join(target.base, name));
  syncDirectory(target.base);
}

/** Removes a backup. Half removed, it is not taken for one. */
export function removeBackup(target: Target, { name, directory }: Backup): void {
  const removed = join(target.base, `${name}.new-${process.pid}`);
  renameSync(directory, removed);
  syncDirectory(target.base);
  rmSync(removed, { recursive: true, force: true });
}

export const manifestPath = (directory: string) => join(directory, manifestName);

/** Whether a loss of the disk of `a` would take `b` along. */
export const isOnSameDisk = (a: string, b: string): boolean => statSync(a).dev === statSync(b).dev;
