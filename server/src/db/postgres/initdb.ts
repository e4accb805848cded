import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chownTree, writeSynced } from '../../platform/files.ts';
import type { UnixAccount } from '../../platform/unix-account.ts';
import type { Binaries } from './binaries.ts';

/** The whole environment of the PostgreSQL programs: no PG* variable or locale of this process affects them. */
export const programEnvironment = { LC_ALL: 'C', TZ: 'UTC' };

/**
 * Creates an empty data directory below `workDirectory`, as `data`.
 * @param password of the superuser `postgres`
 * @returns initdb's error line, or null
 */
export function createDatabaseFiles(
  binaries: Binaries,
  account: UnixAccount | undefined,
  workDirectory: string,
  password: string,
): Promise<string | null> {
  const passwordFile = join(workDirectory, 'password');
  const data = join(workDirectory, 'data');
  writeSynced(passwordFile, password, 0o600);
  mkdirSync(data, { mode: 0o700 });
  if (account !== undefined) chownTree(workDirectory, account.uid, account.gid);
  return runInitdb(binaries, account, data, passwordFile);
}

async function runInitdb(
  binaries: Binaries,
  account: UnixAccount | undefined,
  data: string,
  passwordFile: string,
): Promise<string | null> {
  const args = [
    `--pgdata=${data}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--data-checksums',
  ];
  const child = spawn(binaries.initdb, args, {
    ...account,
    cwd: '/',
    env: programEnvironment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-10_000);
  });
  const status = await new Promise<string>((settle) => {
    child.once('error', (error) => settle(error.message));
    child.once('close', (code, signal) => settle(code === 0 ? '' : `exit ${code ?? signal}`));
  });
  if (status === '') return null;
  return (output.split('\n').find((line) => /error|fatal|could not/i.test(line)) ?? status).trim();
}
