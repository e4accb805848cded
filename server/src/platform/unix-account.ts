import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { StartError } from './errors.ts';
import { hasCode } from './files.ts';

/** The unprivileged Unix account that the server runs under if Duly runs as root. */
export interface UnixAccount {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root, so root starts it under another account. */
export const runsAsRoot = (): boolean => process.getuid?.() === 0;

/**
 * The account of a new cluster: `postgres` if the system has it, otherwise `nobody`. Both have a passwd entry, which
 * initdb requires. Undefined if Duly does not run as root.
 * @throws StartError if the system has neither
 */
export function unprivilegedAccount(): UnixAccount | undefined {
  if (!runsAsRoot()) return undefined;
  const account = passwdAccount('postgres') ?? passwdAccount('nobody') ?? idAccount('nobody');
  if (account === undefined) {
    throw new StartError(
      'Running as root, and there is no account "postgres" or "nobody" to run PostgreSQL under: run Duly as a normal user, or set DATABASE_URL',
    );
  }
  return account;
}

function passwdAccount(name: string): UnixAccount | undefined {
  let passwd: string;
  try {
    passwd = readFileSync('/etc/passwd', 'utf8');
  } catch {
    return undefined;
  }
  const fields = passwd
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.split(':');
  return toAccount(fields?.[2], fields?.[3]);
}

/** macOS keeps accounts in a directory service: its /etc/passwd is incomplete. */
function idAccount(name: string): UnixAccount | undefined {
  const number = (flag: string) => spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout?.trim();
  return toAccount(number('-u'), number('-g'));
}

function toAccount(uid: string | undefined, gid: string | undefined): UnixAccount | undefined {
  // macOS' `nobody` is -2; setuid takes it as an unsigned 32-bit number.
  if (!/^-?\d+$/.test(uid ?? '') || !/^-?\d+$/.test(gid ?? '')) return undefined;
  const account = { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
  return account.uid === 0 ? undefined : account;
}

/** Whether the account may traverse `directory` and every directory above it. Runs `test -x` as that account. */
export function canTraverse(account: UnixAccount | undefined, directory: string): boolean {
  const args = ['-c', 'test -x "$1"', 'sh', directory];
  const { status, error } = spawnSync('/bin/sh', args, { ...account, cwd: '/', stdio: 'ignore' });
  throwIfCannotSetUid(account, error);
  return status === 0;
}

/** A container may run as root without the capability to change its uid. */
export function throwIfCannotSetUid(account: UnixAccount | undefined, error: Error | undefined): void {
  if (account === undefined || !hasCode(error, 'EPERM', 'EINVAL')) return;
  throw new StartError(
    `Running as root without the right to become the unprivileged uid ${account.uid}, under which PostgreSQL has to run: run Duly as a normal user, or set DATABASE_URL`,
  );
}
