/**
 * How fast changes reach 5,000 open event streams of one server process, and how much memory that takes.
 *
 *   node_modules/node/bin/node server/bench/event-streams.ts [seconds]
 *
 * Starts the server on an embedded database in a temporary directory, or on the migrated database of DATABASE_URL. A
 * second process has all clients. It opens 20 streams for each of 250 users, and makes 20 changes a second for 30
 * seconds by default. A latency is the time from the write's response to the event on one of the user's streams.
 */

import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';
import { percentile } from './statistics.ts';

const users = 250;
const streamsPerUser = 20;
const changesPerSecond = 20;
const openingAtATime = 100;
const secret = 'a-secret-of-the-benchmark-with-32-characters';
const port = 18_437;
const url = `http://127.0.0.1:${port}`;

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

interface Result {
  opened: number;
  openingMs: number;
  changes: number;
  latenciesMs: number[];
  /** Number of events that did not arrive. */
  missing: number;
  /** Number of streams that closed early. */
  lost: number;
}

async function startServer(dataDir: string): Promise<ChildProcess> {
  const { PATH, HOME, DATABASE_URL } = process.env;
  const limits = { RATE_LIMIT_PER_USER: 'off', RATE_LIMIT_PER_IP: 'off', RATE_LIMIT_AUTH: 'off' };
  const settings = { BETTER_AUTH_SECRET: secret, DATA_DIR: dataDir, PORT: String(port), LOG_LEVEL: 'error' };
  const env = { PATH, HOME, ...(DATABASE_URL && { DATABASE_URL }), ...limits, ...settings };
  const server = spawn(process.execPath, [main, 'serve'], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  for (;;) {
    if (server.exitCode !== null) throw new Error('the server did not start');
    const response = await fetch(`${url}/health/ready`).catch(() => null);
    if (response?.status === 200) return server;
    await sleep(50);
  }
}

const rssMb = ({ pid }: ChildProcess) =>
  Math.round(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024);

/** Runs in the main process, which starts the server and the clients. */
async function measure(seconds: string): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'duly-bench-'));
  const server = await startServer(dataDir);
  const idleMb = rssMb(server);
  const clients = fork(fileURLToPath(import.meta.url), ['clients', seconds]);
  const peak = { mb: 0 };
  const watching = setInterval(() => {
    peak.mb = Math.max(peak.mb, rssMb(server));
  }, 500);
  const [result]: Result[] = await once(clients, 'message');
  clearInterval(watching);
  if (result !== undefined) report(result, { idleMb, peakMb: peak.mb });
  server.kill('SIGTERM');
  const began = performance.now();
  await once(server, 'exit');
  console.log(`stopped in ${Math.round(performance.now() - began)} ms`);
  clients.kill();
  rmSync(dataDir, { recursive: true, force: true });
}

function report(result: Result, { idleMb, peakMb }: { idleMb: number; peakMb: number }): void {
  const { latenciesMs } = result;
  const at = (share: number) => `${percentile(latenciesMs, share).toFixed(1)} ms`;
  console.log(`${result.opened} streams opened in ${Math.round(result.openingMs)} ms, ${result.lost} lost`);
  console.log(`${result.changes} changes, ${latenciesMs.length} events, ${result.missing} missing`);
  console.log(`latency p50 ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)}`);
  console.log(`memory of the server ${idleMb} MB idle, at most ${peakMb} MB`);
}

interface User {
  path: string;
  authorization: string;
}

async function createUser(_: unknown, index: number): Promise<User> {
  const id = `bench-${index}`;
  const now = Math.floor(Date.now() / 1000);
  const token = await new SignJWT({ sub: id, iat: now, exp: now + 3600 })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret));
  return { path: `${url}/api/v1/users/${id}`, authorization: `Bearer ${token}` };
}

const agent = new Agent({ keepAlive: true, maxSockets: 20 });

function createTask({ path, authorization }: User): Promise<string> {
  const headers = { authorization, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    request(`${path}/tasks`, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve(JSON.parse(text).data.id));
    })
      .on('error', reject)
      .end(JSON.stringify({ title: 'something to do', tags: ['bench'] }));
  });
}

/** Resolves when the stream is ready. Calls `onTask` with the task id of each event. */
function openStream(
  { path, authorization }: User,
  onTask: (id: string) => void,
  onLost: () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    request(`${path}/events`, { agent: false, headers: { authorization } }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`a stream got ${response.statusCode}`));
      response.setEncoding('utf8').on('data', (part: string) => {
        resolve();
        for (const [, id = ''] of part.matchAll(/"type":"task","id":"([\da-f-]{36})"/g)) onTask(id);
      });
      response.on('error', () => undefined).on('close', onLost);
    })
      .on('error', reject)
      .end();
  });
}

/** Runs in the process of the clients. */
async function runClients(seconds: number): Promise<Result> {
  const all = await Promise.all(Array.from({ length: users }, createUser));
  const arrivals = new Map<string, number[]>();
  let [opened, lost] = [0, 0];
  const onTask = (id: string) => {
    const times = arrivals.get(id) ?? [];
    times.push(performance.now());
    arrivals.set(id, times);
  };
  const queue = all.flatMap((user) => Array.from({ length: streamsPerUser }, () => user));
  const began = performance.now();
  const openStreams = async () => {
    for (let user = queue.pop(); user !== undefined; user = queue.pop()) {
      await openStream(user, onTask, () => {
        lost += 1;
      });
      opened += 1;
    }
  };
  await Promise.all(Array.from({ length: openingAtATime }, openStreams));
  const openingMs = performance.now() - began;

  const acknowledged = new Map<string, number>();
  const writes: Promise<void>[] = [];
  const changes = seconds * changesPerSecond;
  for (let count = 0; count < changes; count += 1) {
    const user = all[count % users];
    if (user !== undefined)
      writes.push(
        createTask(user).then((id) => {
          acknowledged.set(id, performance.now());
        }),
      );
    await sleep(1000 / changesPerSecond);
  }
  await Promise.all(writes);
  await sleep(2_000);
  // An event may arrive before the write's response.
  const latenciesMs = [...acknowledged].flatMap(([id, at]) =>
    (arrivals.get(id) ?? []).map((time) => Math.max(0, time - at)),
  );
  return {
    opened,
    openingMs,
    changes,
    latenciesMs,
    missing: changes * streamsPerUser - latenciesMs.length,
    lost,
  };
}

const [role = '30', seconds = '30'] = process.argv.slice(2);
if (role === 'clients') process.send?.(await runClients(Number(seconds)));
else await measure(role);
