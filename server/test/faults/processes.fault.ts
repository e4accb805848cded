import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { mintToken, secret, withoutLimits } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { killPostmaster } from '../support/embedded.ts';
import { injectUnderLoad } from '../support/faults.ts';
import {
  freePort,
  responseStatus,
  startProcess,
  startServer,
  temporaryDirectory,
  waitUntil,
} from '../support/process.ts';
import { openSocket } from '../support/raw-http.ts';
import { createMigratedDatabase, newDataDirectory, startTestServer } from '../support/servers.ts';

test('the service killed', async () => {
  const env = { DATA_DIR: await newDataDirectory() };
  const server = await startServer(env);
  afterTest.push(() => void server.child.kill('SIGTERM'));
  await injectUnderLoad({
    fault: 'the service killed (kill -9), three times, with its embedded database',
    asked: 'nothing lost; starts within 5 s',
    server,
    statuses: [0],
    async inject(load) {
      const starts: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        server.child.kill('SIGKILL');
        await server.ended;
        const begin = performance.now();
        Object.assign(server, await startServer(env));
        starts.push(performance.now() - begin);
        await load.makeProgress(5);
      }
      return `started within ${(Math.max(...starts) / 1000).toFixed(1)} s`;
    },
  });
});

test('the embedded postmaster killed', async () => {
  const DATA_DIR = await newDataDirectory();
  const server = await startTestServer({ DATA_DIR });
  await injectUnderLoad({
    fault: 'the embedded postmaster killed (kill -9), three times',
    asked: 'nothing lost; first 2xx within 5 s',
    server,
    async inject(load) {
      const gaps: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        const begin = performance.now();
        killPostmaster(join(DATA_DIR, 'postgres'));
        await waitUntil(async () => (await responseStatus(`${server.url}/health/ready`)) !== 200);
        expect(await responseStatus(`${server.url}/health/live`)).toBe(200);
        await load.makeProgress(1);
        gaps.push(performance.now() - begin);
      }
      return `first 2xx within ${(Math.max(...gaps) / 1000).toFixed(1)} s`;
    },
  });
});

test('a full disk of the log', async () => {
  const full = openSync('/dev/full', 'w');
  const PORT = String(await freePort());
  const settings = { PORT, DATA_DIR: await newDataDirectory(), DATABASE_URL: await createMigratedDatabase() };
  const process = startProcess(
    ['serve'],
    { ...settings, BETTER_AUTH_SECRET: secret, ...withoutLimits },
    false,
    full,
  );
  closeSync(full);
  afterTest.push(() => void process.child.kill('SIGTERM'));
  const server = { url: `http://127.0.0.1:${PORT}` };
  await waitUntil(async () => (await responseStatus(`${server.url}/health/ready`)) === 200);
  const { writes, reads } = await injectUnderLoad({
    fault: 'the disk of the log full',
    asked: 'costs lines of the log only',
    server,
    async inject(load) {
      await load.makeProgress(100);
      return undefined;
    },
  });
  expect([writes.codes, reads.codes]).toEqual([{}, {}]);
});

test('out of file descriptors', async () => {
  const server = await startTestServer({
    DATA_DIR: await newDataDirectory(),
    DATABASE_URL: await createMigratedDatabase(),
  });
  const limit = (count: number) =>
    spawnSync('prlimit', ['--pid', String(server.child.pid), `--nofile=${count}:${count}`]).status === 0;
  await injectUnderLoad({
    fault: 'no file descriptor left for 5 s (256 of them, 500 connections)',
    asked: 'it stays, and is back',
    server,
    statuses: [0],
    async inject() {
      expect(limit(256)).toBe(true);
      const idle = Array.from({ length: 500 }, () => openSocket(server.url));
      await sleep(5_000);
      for (const socket of idle) socket.destroy();
      return undefined;
    },
  });
  expect(server.child.exitCode).toBeNull();
});

const redisBinary = ['/usr/bin/redis-server', '/usr/bin/valkey-server'].find((path) => existsSync(path));
if (redisBinary === undefined) console.warn('skipped: Redis away, for want of redis-server');

test.skipIf(redisBinary === undefined)('Redis away', async () => {
  const port = await freePort();
  const { path, remove } = await temporaryDirectory();
  let redis: ChildProcess;
  const startRedis = async () => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', path];
    redis = spawn(redisBinary ?? '', args, { stdio: 'ignore' });
    await waitUntil(async () => {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      const isThere = await once(socket, 'connect').then(
        () => true,
        () => false,
      );
      socket.destroy();
      return isThere;
    });
  };
  await startRedis();
  afterTest.push(async () => {
    redis.kill();
    await remove();
  });
  const server = await startTestServer({
    DATA_DIR: await newDataDirectory(),
    DATABASE_URL: await createMigratedDatabase(),
    REDIS_URL: `redis://127.0.0.1:${port}`,
    RATE_LIMIT_PER_USER: '100000/60',
    RATE_LIMIT_PER_IP: '100000/60',
  });
  const { writes, reads } = await injectUnderLoad({
    fault: 'Redis frozen, killed and started again',
    asked: 'no request fails: each process counts for itself',
    server,
    async inject(load) {
      redis.kill('SIGSTOP');
      await load.makeProgress(20);
      redis.kill('SIGKILL');
      await load.makeProgress(20);
      await startRedis();
      return undefined;
    },
  });
  expect([writes.codes, reads.codes]).toEqual([{}, {}]);
});

test('the mail server away', async () => {
  const server = await startTestServer({
    DATA_DIR: await newDataDirectory(),
    DATABASE_URL: await createMigratedDatabase(),
    SMTP_URL: `smtp://127.0.0.1:${await freePort()}`,
    MAIL_FROM: 'duly@example.com',
  });
  const post = async (path: string, body: object) =>
    (
      await fetch(`${server.url}/api/v1/auth/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    ).status;
  const email = 'ada@example.com';
  const { writes, reads } = await injectUnderLoad({
    fault: 'the mail server away',
    asked: 'nothing but mails suffers; accounts are made',
    server,
    async inject() {
      const name = { first_name: 'Ada', last_name: 'L' };
      const made = await post('register', { email, password: 'gentle-otter-42', ...name });
      const reset = await post('password-reset', { email });
      expect([made, reset]).toEqual([201, 202]);
      return undefined;
    },
  });
  expect([writes.codes, reads.codes]).toEqual([{}, {}]);
});

const clock = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
if (!existsSync(clock)) console.warn(`skipped: jumps of the clock, for want of ${clock}`);

test.skipIf(!existsSync(clock))('the clock jumps', async () => {
  const { path, remove } = await temporaryDirectory();
  afterTest.push(remove);
  const file = join(path, 'clock');
  writeFileSync(file, '+0');
  const server = await startTestServer({
    DATA_DIR: await newDataDirectory(),
    DATABASE_URL: await createMigratedDatabase(),
    LD_PRELOAD: clock,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  });
  const { writes, reads } = await injectUnderLoad({
    fault: 'the clock of the service an hour ahead, and an hour behind',
    asked: 'no request fails; a log-out holds',
    server,
    async inject(load) {
      for (const time of ['+1h', '-1h', '+0']) {
        writeFileSync(file, time);
        await load.makeProgress(20);
      }
      const now = Math.floor(Date.now() / 1000);
      const headers = {
        authorization: `Bearer ${await mintToken({ sub: 'late', iat: now - 7_200, exp: now - 600 })}`,
      };
      expect((await fetch(`${server.url}/api/late/tasks`, { headers })).status).toBe(401);
      return undefined;
    },
  });
  expect([writes.codes, reads.codes]).toEqual([{}, {}]);
});
