import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { newCaller, runCommand } from '../support/backups.ts';
import { afterFile } from '../support/clean-up.ts';
import { newDatabase } from '../support/faults.ts';
import { binaries, hasPostgres15, initCluster, type TestCluster } from '../support/postgres15.ts';
import { temporaryDirectory } from '../support/process.ts';
import { newDataDirectory, startTestServer } from '../support/servers.ts';

describe.skipIf(!hasPostgres15('backups of an external database'))('an external database', () => {
  let cluster: TestCluster;
  let directory: string;
  let env: Record<string, string> & { DATABASE_URL: string };
  beforeAll(async () => {
    cluster = await initCluster();
    await cluster.start();
    const { path, remove } = await temporaryDirectory();
    afterFile.push(remove);
    directory = path;
    const [{ DATABASE_URL = '' }] = await newDatabase(cluster, cluster.port);
    env = { DATABASE_URL, DATA_DIR: join(path, 'data') };
  });

  /** Runs a line of docs/operations/backups.md. */
  const run = (line: string, databaseUrl: string) =>
    execFileSync('/bin/sh', ['-c', line], {
      cwd: directory,
      env: { PATH: `${binaries}:${process.env.PATH}`, DATABASE_URL: databaseUrl },
      encoding: 'utf8',
    });

  test('that pg_dump saved while it was used comes back by pg_restore, under another epoch', async () => {
    const server = await startTestServer(env);
    const before = await newCaller(server.url, 'ada');
    await before.createTasks(['one', 'two']);
    const { next_cursor: cursor } = (await before.send('GET', '/changes')).body;
    run('pg_dump -Fc -n duly -n better_auth -n duly_jobs "$DATABASE_URL" > duly.dump', env.DATABASE_URL);
    await before.createTasks(['three']);

    await cluster.query('create database restored owner app');
    const restoredUrl = cluster.url('app', 'restored');
    run('pg_restore --no-owner --exit-on-error -d "$DATABASE_URL" duly.dump', restoredUrl);
    const restoredEnv = { ...env, DATABASE_URL: restoredUrl, DATA_DIR: await newDataDirectory() };
    const restored = await startTestServer(restoredEnv);
    const after = before.at(restored.url);
    expect(await after.titles()).toEqual(['one', 'two']);
    expect((await after.send('GET', `/changes?since=${cursor}`)).status).toBe(410);
    await after.createTasks(['four']);
    expect(await after.titles()).toEqual(['four', 'one', 'two']);
    const verified = await runCommand(restoredEnv, 'audit', 'verify');
    expect([verified.code, verified.stderr]).toEqual([0, '']);
    // The one that was dumped goes on as it was.
    expect((await before.send('GET', `/changes?since=${cursor}`)).status).toBe(200);
  });
});
