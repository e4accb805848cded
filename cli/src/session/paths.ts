import { createHash } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** A directory of the XDG Base Directory Specification. Relative paths are invalid there, and ignored. */
function baseDirectory(variable: string, fallback: string): string {
  const path = process.env[variable];
  return join(path?.startsWith('/') ? path : join(homedir(), fallback), 'duly');
}

export const accountFile = (): string => join(baseDirectory('XDG_CONFIG_HOME', '.config'), 'account.json');

/** Where the mirror and the queue of a user are. */
export function dataDirectory({ url, userId }: { url: string; userId: string }): string {
  const name = createHash('sha256').update(`${url} ${userId}`).digest('hex').slice(0, 16);
  return join(baseDirectory('XDG_DATA_HOME', '.local/share'), name);
}

export const makePrivateDirectory = (path: string): Promise<unknown> =>
  mkdir(path, { recursive: true, mode: 0o700 });

/** Replaces a file, of the user alone: durably, and whole or not at all. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await makePrivateDirectory(dirname(path));
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(dirname(path), 'r');
  await directory.sync().finally(() => directory.close());
}
