import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, inject } from 'vitest';
import { readErasureList } from '../../src/erasure/list.ts';
import { secret } from './app.ts';
import { newBackupSettings, runCommand, waitForArchive, waitForStatus } from './backups.ts';
import { loadFromFile, newDatabase, newDumpPath } from './dumps.ts';
import {
  copyDataDir,
  createTasks,
  type Ends,
  endOf,
  inspectDatabase,
  startAndInspect,
  withoutEpoch,
} from './kill-data.ts';
import { type End, expectSettled, type KillDrill, type Remedy } from './kills.ts';
import { newDataDirectory, startTestServer } from './servers.ts';

const settingsOf = (dataDir: string) => ({ DATA_DIR: dataDir, BETTER_AUTH_SECRET: secret });

/** The command again does its work, or says in one line why there is nothing left to do. */
async function repeat(env: Record<string, string>, args: string[], refusal: RegExp): Promise<void> {
  const { code, stderr } = await runCommand(env, ...args);
  if (code !== 0) expect(stderr).toMatch(refusal);
}

/** A stopped service with users and tasks, and its state after a start. */
async function createData(users: number, tasks: number) {
  const dataDir = await newDataDirectory();
  const server = await startTestServer(settingsOf(dataDir));
  await createTasks(server.url, users, tasks);
  server.child.kill('SIGTERM');
  await server.ended;
  return { dataDir, before: await startAndInspect(settingsOf(dataDir)) };
}

const completeIn = (directory: string) =>
  existsSync(directory)
    ? readdirSync(directory).filter((name) => existsSync(join(directory, name, 'manifest.json')))
    : [];

/** Every second one backs up a running service, the others a stopped one. */
export async function backupDrill(users = 4, tasks = 500): Promise<KillDrill> {
  const { dataDir: original, before } = await createData(users, tasks);
  return {
    name: 'backup',
    async newTrial(index) {
      const dataDir = await copyDataDir(original);
      const settings = settingsOf(dataDir);
      const { BACKUP_DIRECTORY: directory } = await newBackupSettings();
      const server = Math.floor(index / 4) % 2 === 1 ? await startTestServer(settings) : undefined;
      const args = ['backup', 'create', '--directory', directory];
      const base = join(directory, 'base');
      return {
        ...{ args, env: settings, server: server?.child.pid, directories: [dataDir, base] },
        async settle(remedy) {
          const made = completeIn(base).length;
          if (remedy === 'command') expect((await runCommand(settings, ...args)).code).toBe(0);
          if (server !== undefined) {
            server.child.kill('SIGTERM');
            await server.ended;
          }
          expect(withoutEpoch(await startAndInspect(settings))).toEqual(withoutEpoch(before));
          // The next backup removes the rest of a killed one.
          if (remedy === 'start') expect((await runCommand(settings, ...args)).code).toBe(0);
          expect(completeIn(base)).toHaveLength(made + 1);
          for (const name of readdirSync(base)) {
            const verified = await runCommand(
              settings,
              ...['backup', 'verify', '--directory', directory, '--backup', name],
            );
            expect([verified.code, verified.stderr]).toEqual([0, '']);
          }
          return made === 0 ? 'before' : 'after';
        },
      };
    },
  };
}

/** A verification changes nothing. Its scratch server goes with the next one, or with the next start. */
export async function verificationDrill(users = 4, tasks = 500): Promise<KillDrill> {
  const { dataDir: original, before } = await createData(users, tasks);
  const { BACKUP_DIRECTORY: directory } = await newBackupSettings();
  const created = await runCommand(settingsOf(original), 'backup', 'create', '--directory', directory);
  expect(created.code).toBe(0);
  return {
    name: 'backup verify',
    async newTrial() {
      const dataDir = await copyDataDir(original);
      const [env, args] = [settingsOf(dataDir), ['backup', 'verify', '--directory', directory]];
      return {
        ...{ args, env, directories: [dataDir] },
        async settle(remedy) {
          if (remedy === 'command') expect((await runCommand(env, ...args)).code).toBe(0);
          // Before the next start, which would remove it as well.
          if (remedy === 'command') await expectSettled([dataDir]);
          expect(withoutEpoch(await startAndInspect(env))).toEqual(withoutEpoch(before));
          return 'after';
        },
      };
    },
  };
}

export async function restoreDrill(users = 4, tasks = 500): Promise<KillDrill> {
  const { BACKUP_DIRECTORY: directory, DATA_DIR: original, ...rest } = await newBackupSettings();
  const server = await startTestServer({ ...rest, DATA_DIR: original, BACKUP_DIRECTORY: directory });
  await createTasks(server.url, users, tasks);
  await waitForStatus(original, ({ backupAt }) => backupAt !== null);
  const instant = new Date().toISOString();
  await createTasks(server.url, users + 1, tasks);
  await waitForArchive({ DATA_DIR: original, BACKUP_DIRECTORY: directory });
  server.child.kill('SIGTERM');
  await server.ended;
  // Trials archive nothing: they would all write to one target.
  const ends: Ends = { before: await startAndInspect(settingsOf(original)), after: null };
  return {
    name: 'restore',
    async newTrial() {
      const dataDir = await copyDataDir(original);
      const [env, args] = [settingsOf(dataDir), ['restore', '--to', instant, '--directory', directory]];
      return {
        ...{ args, env, directories: [dataDir] },
        async settle(remedy) {
          if (remedy === 'command') expect((await runCommand(env, ...args)).code).toBe(0);
          const end = endOf(await startAndInspect(env), ends);
          if (remedy === 'command') expect(end).toBe('after');
          return end;
        },
      };
    },
  };
}

export async function dumpDrill(users = 8, tasks = 2_000): Promise<KillDrill> {
  const { dataDir: original, before } = await createData(users, tasks);
  return {
    name: 'dump',
    async newTrial() {
      const dataDir = await copyDataDir(original);
      const [path, env] = [newDumpPath(), settingsOf(dataDir)];
      return {
        ...{ args: ['dump', path], env, directories: [dataDir, dirname(path)] },
        async settle(remedy) {
          const end: End = existsSync(path) ? 'after' : 'before';
          if (remedy === 'command')
            await repeat(env, ['dump', path], /which exists: a new name is wanted\n$/);
          expect(withoutEpoch(await startAndInspect(env))).toEqual(withoutEpoch(before));
          if (remedy === 'start') await repeat(env, ['dump', path], /which exists: a new name is wanted\n$/);
          const { connection } = await newDatabase('empty');
          expect((await loadFromFile(connection, path)).findings).toEqual([]);
          const loaded = await inspectDatabase(connection, {
            ...inject('admin'),
            database: connection.database,
          });
          expect(loaded.feedHeads).toBe(before.feedHeads);
          expect(loaded.rows).toEqual({ ...before.rows, ...loadedBesides(before.rows) });
          return end;
        },
      };
    },
  };
}

/** A load writes an entry to the log of the service, which begins with it. */
const loadedBesides = (rows: Record<string, number>) => ({
  'duly.audit': (rows['duly.audit'] ?? 0) + 1,
  'duly.audit_heads': (rows['duly.audit_heads'] ?? 0) + 1,
});

export async function loadDrill(users = 8, tasks = 2_000): Promise<KillDrill> {
  const { dataDir: source } = await createData(users, tasks);
  const path = newDumpPath();
  expect((await runCommand(settingsOf(source), 'dump', path)).code).toBe(0);
  const empty = await newDataDirectory();
  const ends: Ends = { before: await startAndInspect(settingsOf(empty)), after: null };
  return {
    name: 'load',
    async newTrial() {
      const dataDir = await newDataDirectory();
      const [env, args] = [settingsOf(dataDir), ['load', path]];
      return {
        ...{ args, env, directories: [dataDir] },
        async settle(remedy) {
          if (remedy === 'command') await repeat(env, args, /^load: the database is not empty/);
          return endOf(await startAndInspect(env), ends);
        },
      };
    },
  };
}

/** A user's erasure, with users beside that stay. */
export async function erasureDrill(users = 3, tasks = 3_000): Promise<KillDrill> {
  const { dataDir: original, before } = await createData(users, tasks);
  const ends: Ends = { before, after: null };
  return {
    name: 'erasure',
    async newTrial() {
      const dataDir = await copyDataDir(original);
      const [env, args] = [settingsOf(dataDir), ['admin', 'delete', 'user_1']];
      return {
        ...{ args, env, directories: [dataDir] },
        async settle(remedy: Remedy) {
          if (remedy === 'command') await repeat(env, args, /wants the email address or the id of a user/);
          const end = endOf(await startAndInspect(env), ends);
          expect(readErasureList(join(dataDir, 'erasures'))).toHaveLength(end === 'after' ? 1 : 0);
          if (remedy === 'command') expect(end).toBe('after');
          return end;
        },
      };
    },
  };
}
