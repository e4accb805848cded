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
import { dirname, join } from 'node:path';

/** Whether a caught value is a system error or database error of that code, such as `ENOENT` or `57P03`. */
export const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);

/**
 * Makes a file once: whole and on the disk on return, whatever crashes meanwhile. Of two processes making it at once,
 * the first one's stays.
 */
export function createFileOnce(path: string, content: string): void {
  const temporary = `${path}.new-${process.pid}`;
  rmSync(temporary, { force: true });
  writeSynced(temporary, content, 0o600);
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  rmSync(temporary);
  syncDirectory(dirname(path));
}

/** Creates the file, which must not exist, and returns when its content is on the disk. */
export function writeSynced(path: string, content: string, mode: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes names created in or renamed into the directory survive a power cut. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Gives everything below to the account, links themselves and not what they point to. */
export function chownTree(path: string, uid: number, gid: number): void {
  lchownSync(path, uid, gid);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) chownTree(join(path, name), uid, gid);
}

/** Removes what processes that no longer exist left under a temporary name, which ends in their process id. */
export function removeAbandoned(directory: string, prefix: string): void {
  for (const name of readdirSync(directory)) {
    const pid = Number(/\.new-(\d+)$/.exec(name)?.[1] ?? 0);
    if (pid === 0 || !name.startsWith(prefix) || (pid !== process.pid && processExists(pid))) continue;
    // An initdb whose parent was killed may still be writing there; it fails, and the rest goes at the next start.
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
