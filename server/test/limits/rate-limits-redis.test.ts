import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import {
  createLimitedAccount,
  type LimitedServer,
  startLimitedServer,
  testAddresses,
  v1Login,
} from '../support/limited-server.ts';
import { freePort, temporaryDirectory, waitUntil } from '../support/process.ts';

const binary = ['/usr/bin/redis-server', '/usr/bin/valkey-server'].find((path) => existsSync(path));
if (binary === undefined) console.warn('skipped: limits shared through Redis, for want of redis-server');

describe.skipIf(binary === undefined)('two servers with one Redis', () => {
  const password = 'for this test: only';
  let directory: { path: string; remove(): Promise<void> };
  let port: number;
  let redis: ChildProcess;
  let app: TestApp;
  let one: LimitedServer;
  let two: LimitedServer;

  async function startRedis(): Promise<void> {
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--requirepass', password];
    redis = spawn(binary ?? '', [...settings, '--dir', directory.path], { stdio: 'ignore' });
    await waitUntil(answers);
  }
  async function answers(): Promise<boolean> {
    const socket = connect(port, '127.0.0.1');
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    return isThere;
  }
  async function stopRedis(): Promise<void> {
    redis.kill('SIGKILL');
    await once(redis, 'exit');
  }

  beforeAll(async () => {
    directory = await temporaryDirectory();
    port = await freePort();
    await startRedis();
    app = await startApp();
    const limits = {
      RATE_LIMIT_PER_IP: '20/60',
      RATE_LIMIT_PER_USER: '4/60',
      RATE_LIMIT_AUTH: '2/60',
      REDIS_URL: `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}/1`,
    };
    one = await startLimitedServer(app, limits, log);
    two = await startLimitedServer(app, limits);
  });
  afterAll(async () => {
    await app.close();
    redis.kill('SIGKILL');
    await directory.remove();
  });

  const away = 'Redis is away: rate limits are counted by each process for itself';
  const back = 'Redis is back: rate limits are shared again';
  /** The first server's log lines about Redis. */
  const lines: { level: number; msg: string }[] = [];
  const log = pino(
    {},
    {
      write(line) {
        const { level, msg } = JSON.parse(line);
        if (/redis/i.test(msg)) lines.push({ level, msg });
      },
    },
  );

  let last = 0;
  const newAddress = () => {
    last += 1;
    return testAddresses(last).at(-1) ?? '';
  };
  const nowhere = { url: '/nowhere' };

  /** Whether the second server uses counts of the first one. */
  async function countsAreShared(): Promise<boolean> {
    const from = newAddress();
    await one.repeat(5, from, nowhere);
    const { headers } = await two.send(from, nowhere);
    return String(headers.ratelimit).startsWith('"address";r=14;');
  }

  test('count requests together, to the request, also when they come at once', async () => {
    const from = newAddress();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? one : two).send(from, nowhere)),
    );
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(20);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30);
    const { headers } = await two.send(from, nowhere);
    expect(headers['retry-after']).toMatch(/^(60|5\d)$/);
  });

  test('count users, accounts and addresses each for itself', async () => {
    const { v1, token } = await app.newUser();
    const list = { url: `${v1}/tasks`, headers: { authorization: `Bearer ${token}` } };
    const statuses = [];
    for (const server of [one, two, one, two, one])
      statuses.push((await server.send('127.0.0.1', list)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 429]);

    const { email } = await createLimitedAccount(app);
    const home = newAddress();
    expect((await one.send(home, v1Login(email))).status).toBe(200);
    for (let index = 0; index < 10; index += 1) {
      await (index % 2 === 0 ? one : two).send(newAddress(), v1Login(email, 'a wrong password'));
    }
    expect((await two.send(newAddress(), v1Login(email))).status).toBe(429);
    // The first server knows the address, and the second one learns it from Redis.
    expect((await two.send(home, v1Login(email))).status).toBe(200);
  });

  test('go on, each for itself, while Redis is away, and share again once it is back', async () => {
    expect(await countsAreShared()).toBe(true);
    lines.splice(0);
    await stopRedis();
    const from = newAddress();
    expect(await one.repeat(21, from, nowhere)).toEqual([...new Array(20).fill(404), 429]);
    expect(await two.repeat(21, from, nowhere)).toEqual([...new Array(20).fill(404), 429]);
    expect(lines).toEqual([{ level: 40, msg: away }]);
    await startRedis();
    await waitUntil(countsAreShared);
    expect(lines).toEqual([
      { level: 40, msg: away },
      { level: 30, msg: back },
    ]);
  });

  test('do not wait for a Redis that hangs', async () => {
    await waitUntil(countsAreShared);
    redis.kill('SIGSTOP');
    try {
      const begin = performance.now();
      const from = newAddress();
      expect(await one.repeat(21, from, nowhere)).toEqual([...new Array(20).fill(404), 429]);
      expect(performance.now() - begin).toBeLessThan(15_000);
    } finally {
      redis.kill('SIGCONT');
    }
    await waitUntil(countsAreShared);
  });

  test('start without it', async () => {
    await stopRedis();
    const third = await startLimitedServer(app, {
      RATE_LIMIT_PER_IP: '2/60',
      REDIS_URL: `redis://127.0.0.1:${port}`,
    });
    expect(await third.repeat(3, newAddress(), nowhere)).toEqual([404, 404, 429]);
    await startRedis();
  });
});
