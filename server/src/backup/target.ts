import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import type { StoreLocation } from '../config/store-location.ts';
import { StartError } from '../platform/errors.ts';
import { openStore } from '../stores/open-store.ts';
import type { Store, StoreOptions } from '../stores/store.ts';
import { type Manifest, parseManifest } from './manifest.ts';

/*
 * A target is a store with `base/NAME/` for each backup, `wal/` for archived WAL, the erasure list, and the mark of
 * the database that all of this is of.
 */

export interface Backup {
  name: string;
  manifest: Manifest;
}

const markName = 'duly-backups';
const baseFolder = 'base/';
const manifestName = 'manifest.json';

export const folderOf = (backupName: string) => `${baseFolder}${backupName}/`;
export const manifestPath = (backupName: string) => `${folderOf(backupName)}${manifestName}`;

/** @throws StartError if the store holds no backups, or is a bucket that cannot be read */
export async function openTarget(location: StoreLocation, options?: StoreOptions): Promise<Store> {
  const target = await openStore(location, options);
  if ((await target.read(markName)) !== null) return target;
  throw new StartError(`${target.location} holds no backups of Duly`);
}

/**
 * Marks the target as that of the database with this system identifier.
 * @throws StartError if it holds the backups of another database, or is a bucket that cannot be used
 * @throws a system error if it is a directory that cannot be used
 */
export async function prepareTarget(target: Store, systemIdentifier: string): Promise<void> {
  const readMark = async () => (await target.read(markName))?.toString().trim();
  let owner = await readMark();
  if (owner === undefined) {
    await target.write(markName, Buffer.from(`${systemIdentifier}\n`));
    // Another database may have been faster.
    owner = await readMark();
  }
  if (owner === systemIdentifier) return;
  throw new StartError(
    `${target.location} holds the backups of another database: an empty one is wanted, or restore that database`,
  );
}

const completeBackup = /^base\/([^./]+)\/manifest\.json$/;

/** @returns the backup of a manifest; why it cannot be read; null if `path` is none, or was removed */
async function readBackup(target: Store, path: string): Promise<Backup | string | null> {
  const name = completeBackup.exec(path)?.[1];
  const text = name === undefined ? null : await target.read(path);
  if (name === undefined || text === null) return null;
  try {
    return { name, manifest: parseManifest(text.toString(), `${target.location}/${path}`) };
  } catch (error) {
    if (error instanceof StartError) return error.message;
    throw error;
  }
}

/** All complete backups, oldest first. One that cannot be read is reported, and left out. */
export async function listBackups(
  target: Store,
  onDamaged: (reason: string) => void = () => undefined,
): Promise<Backup[]> {
  const backups: Backup[] = [];
  for (const path of await target.list(baseFolder)) {
    const found = await readBackup(target, path);
    if (typeof found === 'string') onDamaged(found);
    else if (found !== null) backups.push(found);
  }
  return backups.sort((a, b) => a.manifest.consistentAt.localeCompare(b.manifest.consistentAt));
}

/** Names sort by time. */
export const newBackupName = (now = new Date()): string =>
  `${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${randomBytes(2).toString('hex')}`;

/** The newest complete backup that has such a name; null if there is none. Reads no other manifest. */
export async function findNewestBackup(target: Store): Promise<Backup | null> {
  const paths = await target.list(baseFolder);
  for (const path of paths.filter((one) => backupFolder.test(one)).reverse()) {
    const backup = await readBackup(target, path);
    if (backup !== null && typeof backup !== 'string') return backup;
  }
  return null;
}

/** The folder of a backup, or what earlier versions named it until it was complete. */
const backupFolder = /^base\/\d{8}T\d{6}Z-[0-9a-f]{4}(?:\.new-\d+)?\//;

/**
 * Removes what killed backups left: what belongs to a backup without a manifest. Only for the one process that makes
 * backups.
 */
export async function removeUnfinished(target: Store): Promise<void> {
  const paths = await target.list(baseFolder);
  for (const folder of new Set(paths.flatMap((path) => backupFolder.exec(path)?.[0] ?? []))) {
    // A list that lacks a manifest may be wrong, and what is removed is gone.
    const isComplete = !folder.includes('.') && (await target.read(`${folder}${manifestName}`)) !== null;
    if (!isComplete) await target.remove(paths.filter((path) => path.startsWith(folder)));
  }
}

/** Removes a backup, its manifest first: half removed, it is not taken for one. */
export async function removeBackup(target: Store, { name }: Backup): Promise<void> {
  await target.remove([manifestPath(name)]);
  await target.remove(await target.list(folderOf(name)));
}

/** Whether a loss of the disk of `directory` would take the backups along. */
export const isOnSameDisk = (location: StoreLocation, directory: string): boolean =>
  location.kind === 'directory' && statSync(location.path).dev === statSync(directory).dev;
