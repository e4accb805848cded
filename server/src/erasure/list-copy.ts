import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { erasureListName } from '../config/erasure.ts';
import type { StoreLocation } from '../config/store-location.ts';
import { openStore } from '../stores/open-store.ts';
import type { StoreOptions } from '../stores/store.ts';
import {
  appendToErasureList,
  erasureLine,
  erasuresMissingFrom,
  type ListedErasure,
  readErasureList,
} from './list.ts';

/** Nothing can be appended to an object, so each erasure is one, and its name says all: ms of Unix time, and hash. */
const objectPrefix = `${erasureListName}/`;
const objectPattern = /^erasures\/(\d{1,15})-([0-9a-f]{64})$/;

const objectName = ({ erasedAt, userHash }: ListedErasure) =>
  `${objectPrefix}${Date.parse(erasedAt)}-${userHash}`;

/**
 * Reads the erasure list beside the backups.
 * @throws StoreError if a bucket cannot be read
 */
export async function readListCopy(
  location: StoreLocation,
  options?: StoreOptions,
): Promise<ListedErasure[]> {
  if (location.kind === 'directory') return readErasureList(join(location.path, erasureListName));
  const store = await openStore(location, options);
  return (await store.list(objectPrefix)).flatMap((name) => {
    const [, at, userHash] = objectPattern.exec(name) ?? [];
    return userHash === undefined ? [] : [{ userHash, erasedAt: new Date(Number(at)).toISOString() }];
  });
}

/** Appends those that the list beside the backups lacks. Several processes may do so at once. */
export async function appendToListCopy(
  location: StoreLocation,
  erasures: readonly ListedErasure[],
  options?: StoreOptions,
): Promise<void> {
  if (location.kind === 'directory') {
    // A directory that is missing is a disk that is not mounted.
    if (existsSync(location.path)) appendToErasureList(join(location.path, erasureListName), erasures);
    return;
  }
  const store = await openStore(location, options);
  for (const erasure of erasuresMissingFrom(await readListCopy(location, options), erasures))
    await store.write(objectName(erasure), Buffer.from(`${erasureLine(erasure)}\n`));
}
