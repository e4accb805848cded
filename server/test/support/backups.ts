import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { expect, vi } from 'vitest';
import { type BackupStatus, readBackupStatus } from '../../src/backup/status.ts';
import { openTarget } from '../../src/backup/target.ts';
import { listWal } from '../../src/backup/wal-store.ts';
import { backupSettings } from '../../src/config/backup.ts';
import { joinEmbedded } from '../../src/db/postgres/embedded.ts';
import { mintToken, secret } from './app.ts';
import { afterTest } from './clean-up.ts';
import { silentLog } from './log.ts';
import { patience } from './patience.ts';
import { type ExitResult, startProcess } from './process.ts';
import { newDataDirectory } from './servers.ts';

/** Settings of a service with archived WAL and no daily backup. The first backup is made at its start all the same. */
export async function newBackupSettings(): Promise<
  Record<string, string> & { DATA_DIR: string; BACKUP_DIRECTORY: string }
> {
  const directory = await mkdtemp(join(tmpdir(), 'duly-backups-'));
  afterTest.push(() => rm(directory, { recursive: true, force: true }));
  return {
    DATA_DIR: await newDataDirectory(),
    BACKUP_DIRECTORY: directory,
    BACKUP_WAL_SECONDS: '1',
    BACKUP_DAILY_AT: 'off',
    BETTER_AUTH_SECRET: secret,
  };
}

export const runCommand = (env: Record<string, string>, ...args: string[]): Promise<ExitResult> =>
  startProcess(args, env).ended;

/** A backup takes a few seconds of processor time, which others share. */
const backupPatience = { ...patience, timeout: 90_000 };

/** Waits until the service has written a status that fits. */
export async function waitForStatus(
  dataDir: string,
  fits: (status: BackupStatus) => boolean,
): Promise<BackupStatus> {
  await vi.waitUntil(() => fits(readBackupStatus(dataDir)), backupPatience);
  return readBackupStatus(dataDir);
}

/**
 * Waits until everything that was committed before is archived: the segment that is written now. When the last segment
 * was archived says less, because it may have been complete before.
 */
export async function waitForArchive(env: Record<string, string> & { DATA_DIR: string }): Promise<void> {
  const { admin } = await joinEmbedded({ dataDir: env.DATA_DIR, log: silentLog });
  const client = new Client({ ...admin, ssl: false });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    'select pg_walfile_name(pg_current_wal_insert_lsn()) as name',
  );
  await client.end();
  const name = rows[0]?.name ?? '';
  const { target } = backupSettings(env);
  const store = await openTarget(target ?? expect.fail('no target'));
  await vi.waitUntil(async () => (await listWal(store)).has(name), backupPatience);
}

/**
 * Requests of one user of a front end to a server. `iat` is in whole seconds, so it is rounded up: rounded down it may
 * lie before a restore that ended in the same second, and the token would be refused.
 */
export const newCaller = async (url: string, userId: string) =>
  callerWith(url, userId, await mintToken({ sub: userId, iat: Math.ceil(Date.now() / 1000) }));

function callerWith(url: string, userId: string, token: string) {
  const send = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}/api/v1/users/${userId}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  };
  return {
    token,
    send,
    /** The same token, to another server. */
    at: (otherUrl: string) => callerWith(otherUrl, userId, token),
    async createTasks(titles: readonly string[]): Promise<void> {
      for (const title of titles) await send('POST', '/tasks', { title });
    },
    async titles(): Promise<string[]> {
      const { status, body } = await send('GET', '/tasks?limit=100');
      expect(status, JSON.stringify(body)).toBe(200);
      return body.data.map(({ title }: { title: string }) => title).sort();
    },
  };
}

export const readSecret = (dataDir: string) => readFileSync(join(dataDir, 'secret'), 'utf8');
