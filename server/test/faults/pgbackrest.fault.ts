import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newCaller, runCommand } from '../support/backups.ts';
import { afterTest } from '../support/clean-up.ts';
import { newDatabase } from '../support/faults.ts';
import { recordFault } from '../support/faults-table.ts';
import { databaseAccount, hasPostgres15, initCluster, type TestCluster } from '../support/postgres15.ts';
import { temporaryDirectory, waitUntil } from '../support/process.ts';
import { newDataDirectory, startTestServer } from '../support/servers.ts';

const program = '/usr/bin/pgbackrest';

function isThere(): boolean {
  const found = existsSync(program);
  if (!found) console.warn(`skipped: pgBackRest, for want of ${program}`);
  return found && hasPostgres15('pgBackRest');
}

/** A cluster whose WAL pgBackRest archives, and its command line. */
async function archivedCluster(): Promise<{ cluster: TestCluster; run: (...args: string[]) => string }> {
  const cluster = await initCluster();
  const { path, remove } = await temporaryDirectory();
  afterTest.push(remove);
  const account = databaseAccount();
  const repository = join(path, 'repository');
  mkdirSync(repository);
  if (account.uid !== undefined && account.gid !== undefined) chownSync(repository, account.uid, account.gid);
  const config = join(path, 'pgbackrest.conf');
  const paths = [
    `repo1-path=${repository}`,
    `lock-path=${repository}/lock`,
    'log-level-file=off',
    'repo1-retention-full=2',
  ];
  const database = [`pg1-path=${cluster.data}`, `pg1-port=${cluster.port}`, 'pg1-user=keeper'];
  const socket = `pg1-socket-path=${join(cluster.data, '..')}`;
  writeFileSync(
    config,
    ['[global]', ...paths, 'start-fast=y', '[main]', ...database, socket, ''].join('\n'),
    { mode: 0o644 },
  );
  await cluster.start();
  await cluster.query('alter system set archive_mode = on');
  await cluster.query(
    `alter system set archive_command = '${program} --config=${config} --stanza=main archive-push %p'`,
  );
  await cluster.query(`alter system set archive_timeout = 30`);
  await cluster.stop();
  await cluster.start();
  const run = (...args: string[]) =>
    execFileSync(program, [`--config=${config}`, '--stanza=main', ...args], {
      ...account,
      cwd: path,
      encoding: 'utf8',
    });
  return { cluster, run };
}

test.skipIf(!isThere())('pgBackRest brings an external database back to an instant', async () => {
  const { cluster, run } = await archivedCluster();
  const [settings] = await newDatabase(cluster, cluster.port);
  const env = { ...settings, DATA_DIR: await newDataDirectory() };
  run('stanza-create');
  const server = await startTestServer(env);
  const before = await newCaller(server.url, 'ada');
  await before.createTasks(['one']);
  run('backup');
  // The end of a backup is known to the second.
  const endedAt = Date.now();
  await waitUntil(() => Date.now() > endedAt + 1_000);
  await before.createTasks(['two']);
  const [{ at } = { at: '' }] = await cluster.query<{ at: string }>('select clock_timestamp()::text as at');
  const { next_cursor: cursor } = (await before.send('GET', '/changes')).body;
  await before.createTasks(['three']);
  const [{ wal } = { wal: '' }] = await cluster.query<{ wal: string }>(
    'select pg_walfile_name(pg_switch_wal()) as wal',
  );
  await waitUntil(async () => {
    const [row] = await cluster.query<{ done: boolean }>(
      `select last_archived_wal >= '${wal}' as done from pg_stat_archiver`,
    );
    return row?.done === true;
  });
  server.child.kill('SIGTERM');
  await server.ended;
  await cluster.stop();

  run('--type=time', `--target=${at}`, '--target-action=promote', '--delta', 'restore');
  await cluster.start();
  await waitUntil(async () => {
    const [row] = await cluster.query<{ is: boolean }>('select pg_is_in_recovery() as is');
    return row?.is === false;
  });
  const restored = await startTestServer(env);
  const after = before.at(restored.url);
  const titles = await after.titles();
  const cursorStatus = (await after.send('GET', `/changes?since=${cursor}`)).status;
  const verified = await runCommand(env, 'audit', 'verify');
  recordFault({
    fault: 'an external database restored to an instant by pgBackRest',
    asked: 'the rows of that instant, a new epoch, audit chains that hold',
    seen: `tasks ${titles.join(', ')} of one, two, three; an old cursor gets ${cursorStatus}; audit ${verified.code}`,
  });
  expect([titles, cursorStatus, verified.code]).toEqual([['one', 'two'], 410, 0]);
});
