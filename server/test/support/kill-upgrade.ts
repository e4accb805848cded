import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { connectionFromUrl } from '../../src/db/pool.ts';
import { secret } from './app.ts';
import { runCommand } from './backups.ts';
import { copyDataDir, createTasks, type Ends, endOf, inspectDatabase, startAndInspect } from './kill-data.ts';
import type { End, KillDrill } from './kills.ts';
import { oldBinariesDirectory, startOldCluster } from './old-cluster.ts';
import { newDataDirectory, startTestServer } from './servers.ts';

const versionOf = (directory: string) => readFileSync(join(directory, 'PG_VERSION'), 'utf8').trim();

/** DATA_DIR of PostgreSQL 17, stopped. @returns it and its state */
async function createOldData(users: number, tasks: number): Promise<{ original: string; ends: Ends }> {
  const original = await newDataDirectory();
  const old = await startOldCluster(original);
  const env = { DATABASE_URL: old.url, BETTER_AUTH_SECRET: secret };
  expect((await runCommand(env, 'migrate', 'up')).code).toBe(0);
  const server = await startTestServer({ ...env, DATA_DIR: original });
  await createTasks(server.url, users, tasks);
  server.child.kill('SIGTERM');
  await server.ended;
  const connection = connectionFromUrl(old.url);
  const before = await inspectDatabase(connection, connection);
  await old.stop();
  return { original, ends: { before, after: null } };
}

export async function upgradeDrill(users = 4, tasks = 1_000): Promise<KillDrill> {
  const { original, ends } = await createOldData(users, tasks);
  const args = ['upgrade', '--binaries', oldBinariesDirectory()];
  return {
    name: 'upgrade',
    async newTrial() {
      const dataDir = await copyDataDir(original);
      const env = { DATA_DIR: dataDir, BETTER_AUTH_SECRET: secret };
      const current = join(dataDir, 'postgres');
      return {
        ...{ args, env, directories: [dataDir] },
        async settle(remedy) {
          const isDone = existsSync(join(dataDir, 'postgres.restored')) || versionOf(current) === '18';
          const end: End = isDone ? 'after' : 'before';
          if (remedy === 'start' && end === 'before')
            expect((await runCommand(env, 'serve')).stderr).toMatch(/holds a database of PostgreSQL 17/);
          if (remedy === 'command' || end === 'before')
            expect(await runCommand(env, ...args)).toMatchObject({ code: 0, stderr: '' });
          const found = await startAndInspect(env);
          expect([endOf(found, ends), found.epoch]).toEqual(['after', ends.before.epoch]);
          const kept = readdirSync(dataDir).filter((name) => name.includes('.before-upgrade-'));
          expect(kept.map((name) => versionOf(join(dataDir, name)))).toEqual(['17']);
          return end;
        },
      };
    },
  };
}
