import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../../platform/errors.ts';
import { createFileOnce, hasCode } from '../../platform/files.ts';

/** File in DATA_DIR with the superuser's password; mode 0600. */
const passwordFileName = 'postgres-password';

/**
 * Reads the superuser's password. With `create`, a missing one is generated and synced to disk before the function
 * returns. So a crash cannot leave a cluster without its password. If two processes create it, both get the first.
 * @throws StartError if the file is missing or damaged and `create` is false
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

/** Derived by HMAC, so that there is one secret to keep. The role's password does not reveal the superuser's. */
export const rolePassword = (superuser: string, role: string): string =>
  createHmac('sha256', superuser).update(`role ${role}`).digest('hex');
