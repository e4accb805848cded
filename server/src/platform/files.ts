import {
  closeSync,
  fsyncSync,
  lchownSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Whether a caught value is a system or database error with one of the codes, such as `ENOENT` or `57P03`. */
export const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);

/**
 * Creates a file with mode 0600: after a crash it is complete or missing. Synced to disk on return. If the file exists,
 * or another process creates it first, that one stays.
 */
export function createFileOnce(path: string, content: string): void {
  const temporary = `${path}.new-${process.pid}`;
  rmSync(temporary, { force: true });
  writeSynced(temporary, content, 0o600);
  renameOnce(temporary, path);
}

/** Gives a file its name. If another file has it, that one stays: unlike a rename, a link never replaces a file. */
export function renameOnce(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  rmSync(temporary);
  syncDirectory(dirname(path));
}

/** Creates the file, which must not exist, and syncs its content to disk. */
export function writeSynced(path: string, content: string, mode: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** So much is written before it is forced to the disk: the database's own syncs then never wait for much of ours. */
const syncBytes = 16 * 2 ** 20;

/** Creates the file, which must not exist, with mode 0600, and syncs its content to disk. */
export async function writeSyncedStream(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    let unsynced = 0;
    for await (const chunk of chunks) {
      for (let written = 0; written < chunk.length; )
        written += (await file.write(chunk, written, chunk.length - written)).bytesWritten;
      unsynced += chunk.length;
      if (unsynced < syncBytes) continue;
      await file.datasync();
      unsynced = 0;
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Syncs the directory, so that created and renamed entries survive a power failure. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Changes the owner of the whole tree. Symbolic links change, not their targets. */
export function chownTree(path: string, uid: number, gid: number): void {
  lchownSync(path, uid, gid);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) chownTree(join(path, name), uid, gid);
}

/** Removes temporary files of ended processes: their names end in `.new-` and the pid. */
export function removeAbandoned(directory: string, prefix: string): void {
  for (const name of readdirSync(directory)) {
    const pid = Number(/\.new-(\d+)$/.exec(name)?.[1] ?? 0);
    if (pid === 0 || !name.startsWith(prefix) || (pid !== process.pid && processExists(pid))) continue;
    // An initdb whose parent was killed may still be writing there. It fails, and the next start removes the rest.
    try {
      rmSync(join(directory, name), { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      if (!hasCode(error, 'ENOTEMPTY')) throw error;
    }
  }
}

export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
