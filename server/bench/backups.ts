// Measures backups of the embedded database: the p95 of lists without and during a backup, its memory, and a restore
// beside a plain copy. `node_modules/node/bin/node server/bench/backups.ts [MB]`; the database has 1,024 MB by default.
// With BACKUP_S3_URL and its credentials the backup is in that bucket.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';
import pg from 'pg';
import { joinEmbedded } from '../src/db/postgres/embedded.ts';
import { createLog } from '../src/platform/log.ts';
import { percentile } from './statistics.ts';

const sizeMb = Number(process.argv[2] ?? 1_024);
const main = join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'main.ts');
const root = mkdtempSync(join(tmpdir(), 'duly-bench-backups-'));
const [port, secret, taskCount, connections, seconds] = [8_491, 'b'.repeat(40), 200, 4, 15];
const [dataDir, directory] = [join(root, 'data'), join(root, 'backups')];
const limitsOff = { RATE_LIMIT_PER_USER: 'off', RATE_LIMIT_PER_IP: 'off' };
const { BACKUP_S3_URL, ...others } = process.env;
const env = {
  ...others,
  ...limitsOff,
  DATA_DIR: dataDir,
  PORT: String(port),
  BETTER_AUTH_SECRET: secret,
  BACKUP_DAILY_AT: 'off',
  LOG_LEVEL: 'error',
};
const url = `http://127.0.0.1:${port}`;
const withArchive = BACKUP_S3_URL === undefined ? { BACKUP_DIRECTORY: directory } : { BACKUP_S3_URL };

const run = (args: string[], more: Record<string, string> = {}): ChildProcess =>
  spawn(process.execPath, [main, ...args], {
    env: { ...env, ...more },
    stdio: ['ignore', 'inherit', 'inherit'],
  });

async function waitUntilReady(): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/health/ready`).catch(() => null);
    if (response?.status === 200) return;
    await sleep(100);
  }
}

async function newToken(): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ sub: 'bench', iat: now, exp: now + 7_200 })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(secret));
}

/** Rows of hex digits: they compress to half, which is worse than texts of people do. */
async function fill(): Promise<void> {
  const { admin } = await joinEmbedded({ dataDir, log: createLog('silent') });
  const client = new pg.Client({ ...admin, database: 'duly' });
  await client.connect();
  await client.query('create table duly.bench_filler (text text)');
  await client.query(
    `insert into duly.bench_filler select string_agg(md5(random()::text), '') from generate_series(1, $1::int * 1000) as n,
      generate_series(1, 31) group by n`,
    [sizeMb],
  );
  await client.query('checkpoint');
  await client.end();
}

let asked = 0;

/** Lists with a search that no list had before, so that none is cached. @returns the times in ms */
async function load(token: string, stop: () => boolean): Promise<number[]> {
  const times: number[] = [];
  const worker = async () => {
    while (!stop()) {
      asked += 1;
      const query = `limit=20&search=${asked}`;
      const begin = performance.now();
      const response = await fetch(`${url}/api/v1/users/bench/tasks?${query}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      await response.arrayBuffer();
      times.push(performance.now() - begin);
      await sleep(5);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return times;
}

/** The highest resident memory of a process, in MB, while it runs. Linux only. */
async function watchMemory(child: ChildProcess): Promise<number> {
  let highest = 0;
  const ended = once(child, 'exit');
  while (child.exitCode === null && child.signalCode === null) {
    try {
      const [, kb = '0'] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      highest = Math.max(highest, Number(kb) / 1024);
    } catch {
      // The process has just ended.
    }
    await Promise.race([ended, sleep(50)]);
  }
  return highest;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

// As root, the server runs under another account, which must traverse this directory.
chmodSync(root, 0o755);
mkdirSync(directory);
let server = run(['serve']);
try {
  await waitUntilReady();
  const token = await newToken();
  for (let number = 0; number < taskCount; number += 1)
    await fetch(`${url}/api/v1/users/bench/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ title: `task ${number}` }),
    });
  await fill();
  const until = performance.now() + seconds * 1000;
  const before = await load(token, () => performance.now() > until);
  const backup = run(['backup', 'create'], withArchive);
  const memory = watchMemory(backup);
  let during: number[] = [];
  const backupSeconds = await timed(async () => {
    during = await load(token, () => backup.exitCode !== null);
  });
  const [p95Before, p95During] = [percentile(before, 0.95), percentile(during, 0.95)];
  console.log(
    `p95 of lists: ${p95Before.toFixed(1)} ms without, ${p95During.toFixed(1)} ms during a backup: × ${(p95During / p95Before).toFixed(2)}`,
  );
  console.log(`backup: ${backupSeconds.toFixed(1)} s, at most ${(await memory).toFixed(0)} MB of memory`);
  server.kill('SIGTERM');
  await once(server, 'exit');
  const copySeconds = await timed(async () => {
    spawnSync('cp', ['-a', join(dataDir, 'postgres'), join(root, 'copy')]);
    spawnSync('sync');
  });
  const restore = run(['restore', '--to', 'latest'], withArchive);
  const restoreMemory = watchMemory(restore);
  const restoreSeconds = await timed(() => restoreMemory);
  console.log(
    `restore: ${restoreSeconds.toFixed(1)} s, × ${(restoreSeconds / copySeconds).toFixed(2)} of a plain copy (${copySeconds.toFixed(1)} s), at most ${(await restoreMemory).toFixed(0)} MB of memory`,
  );
  server = run(['serve']);
  await waitUntilReady();
} finally {
  server.kill('SIGTERM');
  await once(server, 'exit');
  rmSync(root, { recursive: true, force: true });
}
