import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeAbandoned, syncDirectory } from '../platform/files.ts';
import { encodedEnding, readEncoded, writeEncoded } from './encoding.ts';
import type { Target } from './target.ts';

/**
 * A file that the server hands to its archive: a segment, possibly `.partial`, a timeline's `.history`, or the
 * `.backup` file that notes where a backup began.
 */
export const walFileName = /^(?:[0-9A-F]{24}(?:\.partial|\.[0-9A-F]{8}\.backup)?|[0-9A-F]{8}\.history)$/;

/** Stored names contain the start of the content's SHA-256: the same file stored again is recognized. */
const storedName = /^(.+)-([0-9a-f]{16})\.zst(?:\.age)?$/;

export interface StoredWal {
  name: string;
  path: string;
  digest: string;
}

/** One directory for each timeline. */
const timelineDirectory = (target: Target, name: string) => join(target.wal, name.slice(0, 8));

/** All archived files by their names. */
export function listWal(target: Target): Map<string, StoredWal> {
  const stored = new Map<string, StoredWal>();
  for (const timeline of readdirSync(target.wal)) {
    const directory = join(target.wal, timeline);
    if (!/^[0-9A-F]{8}$/.test(timeline)) continue;
    for (const file of readdirSync(directory)) {
      const [, name, digest] = storedName.exec(file) ?? [];
      if (name !== undefined && digest !== undefined)
        stored.set(name, { name, path: join(directory, file), digest });
    }
  }
  return stored;
}

/** Another content is stored under the name: two databases with one history write to one target. */
export class WalConflictError extends Error {}

/**
 * Stores a WAL file: after a crash it is there complete or not at all. May be repeated.
 * @returns what is stored
 * @throws WalConflictError if the target has another content of that name
 */
export async function storeWal(
  target: Target,
  source: string,
  name: string,
  recipients: readonly string[],
): Promise<StoredWal> {
  const directory = timelineDirectory(target, name);
  if (!existsSync(directory)) {
    mkdirSync(directory, { mode: 0o700 });
    syncDirectory(target.wal);
  }
  removeAbandoned(directory, name);
  const content = await readFile(source);
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 16);
  const path = join(directory, `${name}-${digest}${encodedEnding(recipients)}`);
  const existing = readdirSync(directory).filter((file) => storedName.exec(file)?.[1] === name);
  const same = existing.find((file) => storedName.exec(file)?.[2] === digest);
  if (same !== undefined) return { name, digest, path: join(directory, same) };
  if (existing.length > 0)
    throw new WalConflictError(
      `${directory} has another ${name}: a copy of this database writes to the same BACKUP_DIRECTORY`,
    );
  const temporary = `${path}.new-${process.pid}`;
  await writeEncoded([content], temporary, recipients);
  renameSync(temporary, path);
  syncDirectory(directory);
  return { name, digest, path };
}

/** @throws Error if the file is damaged */
export async function loadWal({ path, digest }: StoredWal, identities: readonly string[]): Promise<Buffer> {
  const content = Buffer.concat(await (await readEncoded(path, identities)).toArray());
  if (createHash('sha256').update(content).digest('hex').startsWith(digest)) return content;
  throw new Error(`${path} is damaged`);
}

const segmentsPerFile = 0x100;

/** The number of a segment within all WAL of a timeline, for segments of 16 MB. */
export const segmentNumber = (name: string): number =>
  Number.parseInt(name.slice(8, 16), 16) * segmentsPerFile + Number.parseInt(name.slice(16, 24), 16);

export const timelineOf = (name: string): number => Number.parseInt(name.slice(0, 8), 16);
