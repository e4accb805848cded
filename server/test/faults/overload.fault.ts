import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Connection } from '../../bench/connection.ts';
import { type LoadResult, runLoad } from '../../bench/load.ts';
import { usageOf } from '../../bench/server.ts';
import { mintToken } from '../support/app.ts';
import { recordFault } from '../support/faults-table.ts';
import { postTask } from '../support/process.ts';
import { createMigratedDatabase, newDataDirectory, startTestServer } from '../support/servers.ts';

const users = Array.from({ length: 20 }, (_, index) => `user_${index}`);
const durationMs = 6_000;
const many = 2_000;
const few = 200;

interface Waits {
  worstMs: number;
  p95Ms: number;
  failures: number;
}

/** Asks one after the other until `isOver`. */
async function askOften(url: string, token: string, isOver: () => boolean): Promise<Waits> {
  const waits: number[] = [];
  let failures = 0;
  while (!isOver()) {
    const begin = performance.now();
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    await response.text();
    if (response.status !== 200) failures += 1;
    waits.push(Math.round(performance.now() - begin));
    await sleep(100);
  }
  waits.sort((a, b) => a - b);
  return { worstMs: waits.at(-1) ?? 0, p95Ms: waits[Math.floor(waits.length * 0.95)] ?? 0, failures };
}

const goodOf = ({ statuses, seconds }: LoadResult) => (statuses[200] ?? 0) / seconds;

test('2,000 connections without a pause', async () => {
  const server = await startTestServer({
    DATA_DIR: await newDataDirectory(),
    DATABASE_URL: await createMigratedDatabase(),
    CACHE_MAX_BYTES: '0',
  });
  const port = Number(new URL(server.url).port);
  for (const user of users)
    for (let count = 0; count < 20; count += 1) await postTask(server.url, user, 'milk');
  const requests = await Promise.all(
    users.map(async (user) =>
      Buffer.from(
        `GET /api/${user}/tasks HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${await mintToken({ sub: user })}\r\n\r\n`,
      ),
    ),
  );
  const token = await mintToken({ sub: 'quiet' });

  async function measure(connections: number, idleCount: number, userCount: number) {
    const idle = Array.from({ length: idleCount }, () => new Connection(port, () => undefined));
    await Promise.all(idle.map((one) => one.open()));
    let [isOver, sent] = [false, 0];
    const next = () => requests[sent++ % userCount] ?? '';
    const over = () => isOver;
    const health = askOften(`${server.url}/health`, token, over);
    const quiet = askOften(`${server.url}/api/quiet/tasks`, token, over);
    const [cpu, own] = [usageOf(server.child.pid ?? 0)?.cpuMs ?? 0, process.cpuUsage()];
    const isGood = (status: number) => status === 200;
    const result = await runLoad({ port, connections, durationMs, rate: null, next, isGood });
    const used = process.cpuUsage(own);
    const cpuMs = (usageOf(server.child.pid ?? 0)?.cpuMs ?? 0) - cpu;
    isOver = true;
    for (const one of idle) one.close();
    return {
      result,
      perCpuSecond: ((result.statuses[200] ?? 0) / cpuMs) * 1_000,
      clientCores: (used.user + used.system) / 1_000_000 / result.seconds,
      health: await health,
      quiet: await quiet,
    };
  }

  const capacity = await measure(few, many - few, users.length);
  const over = await measure(many, 0, users.length);
  const begin = performance.now();
  while ((await askOften(`${server.url}/api/quiet/tasks`, token, once())).worstMs > 100) await sleep(50);
  const recoveredMs = performance.now() - begin;
  const noisy = await measure(many / 2, 0, 1);

  const ratio = (a: number, b: number) => (a / b).toFixed(2);
  const statuses = JSON.stringify(over.result.statuses).replaceAll('"', '');
  recordFault({
    fault: '2,000 connections without a pause, lists that are not cached',
    asked: '0.8 of what 200 get beside 1,800 idle ones; health within 100 ms; back within 5 s',
    seen: [
      `${ratio(goodOf(over.result), goodOf(capacity.result))} by time`,
      `${ratio(over.perCpuSecond, capacity.perCpuSecond)} by the service's processor time`,
      `statuses ${statuses}; health at worst ${over.health.worstMs} ms, p95 ${over.health.p95Ms} ms`,
      `back after ${(recoveredMs / 1000).toFixed(1)} s; the client took ${over.clientCores.toFixed(2)} processors`,
    ].join('; '),
  });
  recordFault({
    fault: 'one user with 1,000 connections without a pause',
    asked: 'another user: p95 within 100 ms, no failure',
    seen: `p95 ${noisy.quiet.p95Ms} ms, ${noisy.quiet.failures} failures`,
  });
  for (const { result, health } of [capacity, over, noisy]) {
    expect(Object.keys(result.statuses).filter((status) => !['200', '503'].includes(status))).toEqual([]);
    expect(health.failures).toBe(0);
  }
  expect(noisy.quiet.failures).toBe(0);
});

/** Ends `askOften` after one request. */
function once(): () => boolean {
  let count = 0;
  return () => count++ > 0;
}
