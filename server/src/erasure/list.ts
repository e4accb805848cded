import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode, syncDirectory } from '../platform/files.ts';

/** A user who was erased, and when. */
export interface ListedErasure {
  /** SHA-256 of the user id, in hex. */
  userHash: string;
  /** ISO 8601, with milliseconds. */
  erasedAt: string;
}

export const hashOfUser = (userId: string): string => createHash('sha256').update(userId).digest('hex');

/** The line of an erasure in the list. */
export const erasureLine = ({ erasedAt, userHash }: ListedErasure) => `${erasedAt} ${userHash}`;

/** @returns those of `erasures` that are not among `others`, each once */
export function erasuresMissingFrom(
  others: readonly ListedErasure[],
  erasures: readonly ListedErasure[],
): ListedErasure[] {
  const missing = new Map(erasures.map((one) => [erasureLine(one), one]));
  for (const other of others) missing.delete(erasureLine(other));
  return [...missing.values()];
}

const linePattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f]{64})$/;

/** Reads an erasure list. A line that a crash cut short is left out: its content was not deleted yet. */
export function readErasureList(path: string): ListedErasure[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [, erasedAt, userHash] = linePattern.exec(line) ?? [];
        return erasedAt === undefined || userHash === undefined ? [] : [{ erasedAt, userHash }];
      });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Appends those that the list lacks, and syncs it to disk. Several processes may do so at once. */
export function appendToErasureList(path: string, erasures: readonly ListedErasure[]): void {
  const missing = erasuresMissingFrom(readErasureList(path), erasures);
  if (missing.length === 0) return;
  const isNew = !existsSync(path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, 'a', 0o600);
  try {
    const begin = endsWithLine(path) ? '' : '\n';
    const lines = missing.map((one) => `${erasureLine(one)}\n`).join('');
    // One write, so that lines of several processes do not mix.
    writeSync(file, begin + lines);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  if (isNew) syncDirectory(dirname(path));
}

function endsWithLine(path: string): boolean {
  const text = readFileSync(path);
  return text.length === 0 || text.at(-1) === 0x0a;
}
