import { type FileHandle, open, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store, StoreChanges } from '../../../client/src/offline/index.ts';
import { Failure } from '../failure.ts';
import { writePrivateFile } from '../session/paths.ts';

type Entry = [key: string, value?: unknown];

/** Replaced values stay in the file until there are so many, and more than there are values. */
const maxReplaced = 500;

const lineOf = (entries: Iterable<readonly [string, unknown]>): string => `${JSON.stringify([...entries])}\n`;

async function append(path: string, line: string): Promise<void> {
  const file: FileHandle = await open(path, 'a', 0o600);
  try {
    await file.appendFile(line);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/**
 * Keys and values in a file to which each change is added as a line: a JSON array of `[key, value]`, or `[key]` for a
 * deletion. A line that was cut off by the end of its process or machine never happened. Use it under the lock of its
 * directory only.
 */
export function fileStore(directory: string): Store {
  const path = join(directory, 'mirror.jsonl');

  async function readLines(): Promise<string[]> {
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const end = bytes.lastIndexOf(10) + 1;
    if (end < bytes.length) await truncate(path, end);
    return bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
  }

  function parseLine(line: string): Entry[] {
    try {
      return JSON.parse(line);
    } catch {
      throw new Failure('failed', `${path} is damaged: move it away, and log in again`);
    }
  }

  return {
    async load(): Promise<ReadonlyMap<string, unknown>> {
      const entries = new Map<string, unknown>();
      let count = 0;
      for (const line of await readLines())
        for (const [key, ...rest] of parseLine(line)) {
          count += 1;
          if (rest.length === 0) entries.delete(key);
          else entries.set(key, rest[0]);
        }
      if (count - entries.size > Math.max(maxReplaced, entries.size))
        await writePrivateFile(path, lineOf(entries));
      return entries;
    },
    save: (changes: StoreChanges) =>
      append(
        path,
        lineOf(
          [...changes].map(
            ([key, value]) => (value === undefined ? [key] : [key, value]) as Entry as [string, unknown],
          ),
        ),
      ),
    clear: () => rm(path, { force: true }),
  };
}
