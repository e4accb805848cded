import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../../platform/errors.ts';
import { createFileOnce, hasCode } from '../../platform/files.ts';

/** Name of the superuser's password in DATA_DIR; mode 0600. */
const passwordFileName = 'postgres-password';

/**
 * The superuser's password. With `create`, a missing one is made up and is safely on the disk on return, so that no
 * crash can leave a cluster whose password nobody knows. Of two processes creating it at once, both get the first one.
 */
export function superuserPassword(dataDir: string, create: boolean): string {
  const path = join(dataDir, passwordFileName);
  const known = readPassword(path);
  if (known !== undefined) return known;
  if (!create) {
    throw new StartError(
      `DATA_DIR ${dataDir} holds a database but its ${passwordFileName} is missing or damaged: put that file back from a backup`,
    );
  }
  createFileOnce(path, `${randomBytes(32).toString('hex')}\n`);
  return superuserPassword(dataDir, false);
}

function readPassword(path: string): string | undefined {
  try {
    const password = readFileSync(path, 'utf8').trim();
    return /^[0-9a-f]{64}$/.test(password) ? password : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Derived, so that there is one secret to keep, and the role's password does not reveal the superuser's. */
export const rolePassword = (superuser: string, role: string): string =>
  createHmac('sha256', superuser).update(`role ${role}`).digest('hex');
