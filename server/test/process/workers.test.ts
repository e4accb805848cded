import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import pg from 'pg';
import { expect, test } from 'vitest';
import { rolePassword, superuserPassword } from '../../src/db/postgres/password.ts';
import { secret } from '../support/app.ts';
import { selfSigned } from '../support/certificate.ts';
import { afterTest } from '../support/clean-up.ts';
import { countLockWaits } from '../support/lock-waits.ts';
import {
  freePort,
  postTask,
  responseStatus,
  startProcess,
  taskIds,
  temporaryDirectory,
  waitUntil,
} from '../support/process.ts';
import { createMigratedDatabase, newDataDirectory, startTestServer } from '../support/servers.ts';
import { commandAndEnvironmentOf, isAlive, startWorkers, workersOf } from '../support/workers.ts';

const two = { WEB_CONCURRENCY: '2', BETTER_AUTH_SECRET: secret };

test('two workers serve on the embedded database of a third process; a signal to all of them stops everything, once', async () => {
  const DATA_DIR = await newDataDirectory();
  const server = await startWorkers({ DATA_DIR });
  const workers = server.pids();
  expect(workers).toHaveLength(2);
  const password = rolePassword(superuserPassword(DATA_DIR, false), 'duly');
  for (const pid of workers) expect(commandAndEnvironmentOf(pid)).not.toContain(password);

  await postTask(server.url, 'ada', 'first');
  const blocker = new pg.Client({
    host: join(DATA_DIR, 'postgres'),
    user: 'duly',
    database: 'duly',
    password,
  });
  await blocker.connect();
  await blocker.query("begin; select from duly.owners where user_id = 'ada' for update");
  const writes = Array.from({ length: 20 }, (_, index) => postTask(server.url, 'ada', `task ${index}`));
  await waitUntil(async () => (await countLockWaits((text) => blocker.query(text))) >= 2);
  for (const pid of [...workers, server.child.pid ?? 0]) process.kill(pid, 'SIGINT');
  await waitUntil(() => server.lines().some(({ msg }) => msg === 'stopping'));
  await blocker.query('commit');
  await blocker.end();
  const acknowledged = (await Promise.all(writes)).filter((id) => id !== null);
  expect(acknowledged.length).toBeGreaterThanOrEqual(2);
  const { code, stdout } = await server.ended;
  expect(code).toBe(0);
  expect(workers.filter(isAlive)).toEqual([]);
  expect(stdout.match(/"msg":"stopping"/g)).toHaveLength(1);
  expect(stdout).not.toContain('a worker died');
  expect(stdout).toContain('"msg":"embedded PostgreSQL stopped"');

  const again = await startTestServer({ DATA_DIR });
  const kept = await taskIds(again.url, 'ada');
  for (const id of acknowledged) expect(kept).toContain(id);
});

test('kill -9 of workers during writes loses nothing that was acknowledged, others serve on; kill -9 of the primary process ends them all', async () => {
  const DATABASE_URL = await createMigratedDatabase();
  const pool = { DATABASE_POOL_SIZE: '3', DATABASE_POOL_OVERFLOW: '2' };
  const server = await startWorkers({ DATABASE_URL, ...pool });
  const watcher = new pg.Client({ connectionString: DATABASE_URL, application_name: 'watcher' });
  await watcher.connect();
  afterTest.push(() => watcher.end());
  const acknowledged: string[] = [];
  let going = true;
  const writers = Array.from({ length: 8 }, async (_, client) => {
    for (let count = 0; going; count += 1) {
      const id = await postTask(server.url, `writer${client}`, `task ${count}`);
      if (id !== null) acknowledged.push(id);
    }
  });
  let most = 0;
  async function progress(): Promise<void> {
    const enough = acknowledged.length + 20;
    await waitUntil(async () => {
      const { rows } = await watcher.query(
        "select count(*)::int as used from pg_stat_activity where datname = current_database() and application_name = 'duly pool'",
      );
      most = Math.max(most, rows[0].used);
      return acknowledged.length >= enough;
    });
  }
  for (let round = 1; round <= 2; round += 1) {
    await progress();
    const [victim = 0] = server.pids();
    process.kill(victim, 'SIGKILL');
    await progress();
    await waitUntil(() => server.pids().length === 2 && !server.pids().includes(victim));
  }
  going = false;
  await Promise.all(writers);
  const kept = await Promise.all(writers.map((_, client) => taskIds(server.url, `writer${client}`)));
  const all = new Set(kept.flatMap((ids) => [...ids]));
  expect(acknowledged.filter((id) => !all.has(id))).toEqual([]);
  expect(server.lines().filter(({ msg }) => msg === 'a worker died')).toHaveLength(2);
  // Sessions of a killed worker end a little later.
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(5 + 2);

  const orphans = server.pids();
  server.child.kill('SIGKILL');
  await waitUntil(() => orphans.filter(isAlive).length === 0);
  expect(await responseStatus(`${server.url}/health`)).toBe(0);
});

test('workers that die again and again before they serve end the service, with one line', async () => {
  const env = { ...two, DATABASE_URL: await createMigratedDatabase(), DATA_DIR: await newDataDirectory() };
  const { child, ended } = startProcess(['serve'], { ...env, PORT: String(await freePort()) });
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  let killed = 0;
  while (!isOver) {
    for (const pid of workersOf(child.pid)) killed += process.kill(pid, 'SIGKILL') ? 1 : 0;
    await sleep(20);
  }
  const { code, stderr } = await ended;
  expect(code).toBe(1);
  expect(stderr).toBe('WEB_CONCURRENCY: 5 workers ended before they served, the last with SIGKILL\n');
  expect(killed).toBeLessThan(12);
});

test('a port that is in use is refused with one line, and the database is stopped', async () => {
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  afterTest.push(() => other.close());
  const env = { ...two, DATABASE_URL: await createMigratedDatabase(), DATA_DIR: await newDataDirectory() };
  const { code, stderr, stdout } = await startProcess(['serve'], { ...env, PORT: String(port) }).ended;
  expect(stderr).toBe(`PORT: got ${port}, which is in use; wants a free port\n`);
  expect(code).toBe(1);
  expect(stdout).toContain('"msg":"stopped"');
});

test('without a database it is alive, not ready, and stops with its launcher', async () => {
  const [PORT, nowhere] = [String(await freePort()), await freePort()];
  const DATABASE_URL = `postgresql://duly:duly@127.0.0.1:${nowhere}/duly`;
  const env = { ...two, PORT, DATABASE_URL, DATA_DIR: await newDataDirectory() };
  const { child, ended } = startProcess(['serve'], env, true);
  await waitUntil(async () => (await responseStatus(`http://127.0.0.1:${PORT}/health/live`)) === 200);
  expect(await responseStatus(`http://127.0.0.1:${PORT}/health/ready`)).toBe(503);
  child.disconnect();
  expect((await ended).code).toBe(0);
});

test('each worker takes a new certificate into use', async () => {
  const { path, remove } = await temporaryDirectory();
  afterTest.push(remove);
  const files = { TLS_CERT: join(path, 'cert.pem'), TLS_KEY: join(path, 'key.pem') };
  async function place(): Promise<string> {
    const { cert, key } = selfSigned();
    await Promise.all([writeFile(files.TLS_CERT, cert), writeFile(files.TLS_KEY, key)]);
    return new X509Certificate(cert).fingerprint256;
  }
  const before = await place();
  const port = await freePort();
  const env = { ...two, ...files, PORT: String(port), DATABASE_URL: await createMigratedDatabase() };
  const { child, ended } = startProcess(['serve'], { ...env, DATA_DIR: path });
  afterTest.push(() => {
    child.kill('SIGTERM');
    return ended;
  });
  async function shown(): Promise<string | undefined> {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    const isThere = await once(socket, 'secureConnect').then(
      () => true,
      () => false,
    );
    const fingerprint = isThere ? socket.getPeerX509Certificate()?.fingerprint256 : undefined;
    socket.destroy();
    return fingerprint;
  }
  let log = '';
  child.stdout?.on('data', (part) => {
    log += part;
  });
  await waitUntil(() => /"msg":"serving"/.test(log));
  expect(await shown()).toBe(before);
  const after = await place();
  await waitUntil(
    () => new Set(log.match(/"worker":\d,"msg":"the new TLS certificate is in use"/g)).size === 2,
  );
  const all = await Promise.all(Array.from({ length: 12 }, shown));
  expect(new Set(all)).toEqual(new Set([after]));
});
