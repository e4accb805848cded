import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Store } from '../stores/store.ts';
import { decode, encode, encodedEnding, isEncrypted } from './encoding.ts';

/**
 * A file that the server hands to its archive: a segment, possibly `.partial`, a timeline's `.history`, or the
 * `.backup` file that notes where a backup began.
 */
export const walFileName = /^(?:[0-9A-F]{24}(?:\.partial|\.[0-9A-F]{8}\.backup)?|[0-9A-F]{8}\.history)$/;

/** Stored names contain the start of the content's SHA-256: the same file stored again is recognized. */
const storedName = /^wal\/[0-9A-F]{8}\/([^/]+)-([0-9a-f]{16})\.zst(?:\.age)?$/;

export interface StoredWal {
  name: string;
  /** In the target. */
  path: string;
  digest: string;
}

/** One folder for each timeline. */
const timelineFolder = (name: string) => `wal/${name.slice(0, 8)}/`;

async function listStored(target: Store, prefix: string): Promise<StoredWal[]> {
  return (await target.list(prefix)).flatMap((path) => {
    const [, name, digest] = storedName.exec(path) ?? [];
    return name === undefined || digest === undefined ? [] : [{ name, path, digest }];
  });
}

/** All archived files by their names. */
export const listWal = async (target: Store): Promise<Map<string, StoredWal>> =>
  new Map((await listStored(target, 'wal/')).map((stored) => [stored.name, stored]));

/** Another content is stored under the name: two databases with one history write to one target. */
export class WalConflictError extends Error {}

/**
 * Stores a WAL file: after a crash it is there complete or not at all. May be repeated.
 * @throws WalConflictError if the target has another content of that name
 */
export async function storeWal(
  target: Store,
  source: string,
  name: string,
  recipients: readonly string[],
): Promise<void> {
  const content = await readFile(source);
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 16);
  const existing = (await listStored(target, `${timelineFolder(name)}${name}-`)).map(
    (stored) => stored.digest,
  );
  if (existing.includes(digest)) return;
  if (existing.length > 0)
    throw new WalConflictError(
      `${target.location} has another ${name}: a copy of this database writes to the same target`,
    );
  const path = `${timelineFolder(name)}${name}-${digest}${encodedEnding(recipients)}`;
  const { chunks } = await encode([content], recipients);
  await target.write(path, await buffer(chunks));
}

/** @throws Error if the file is damaged */
export async function loadWal(
  target: Store,
  { path, digest }: StoredWal,
  identities: readonly string[],
): Promise<Buffer> {
  const name = `${target.location}/${path}`;
  const stored = await target.read(path);
  if (stored === null) throw new Error(`${name} is missing`);
  const decoded = await decode(
    Readable.from([stored], { objectMode: false }),
    name,
    isEncrypted(path),
    identities,
  );
  const content = await buffer(decoded);
  if (createHash('sha256').update(content).digest('hex').startsWith(digest)) return content;
  throw new Error(`${name} is damaged`);
}

const segmentsPerFile = 0x100;

/** The number of a segment within all WAL of a timeline, for segments of 16 MB. */
export const segmentNumber = (name: string): number =>
  Number.parseInt(name.slice(8, 16), 16) * segmentsPerFile + Number.parseInt(name.slice(16, 24), 16);

export const timelineOf = (name: string): number => Number.parseInt(name.slice(0, 8), 16);
