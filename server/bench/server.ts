/** The processes under test, and the CPU time and memory that they take. */

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const secret = randomBytes(32).toString('base64');
export const issuer = 'https://bench.example';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** An HTTP server in a process of its own. */
export interface Server {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

/**
 * Production settings: tokens of a named issuer, request log, metrics, audit and rate limits. The limits are above the
 * defaults, because all requests come from few addresses.
 */
const production = {
  NODE_ENV: 'production',
  BETTER_AUTH_SECRET: secret,
  BETTER_AUTH_URL: 'https://duly.bench.example',
  JWT_ISSUER: issuer,
  JWT_AUDIENCE: issuer,
  RATE_LIMIT_PER_USER: '1000000/60',
  RATE_LIMIT_PER_IP: '1000000/60',
  RATE_LIMIT_AUTH: '1000000/60',
  METRICS_TOKEN: 'a-token-of-the-benchmark',
};

/** Starts the server that the launcher has built with this process' runtime options, and waits until it is ready. */
export const startServer = (env: Record<string, string>): Promise<Server> =>
  start([...process.execArgv, file('../dist/main.js'), 'serve'], env);

/** The same from another checkout with installed dependencies: what was built there, or the sources. */
export const startOtherCheckout = (directory: string, env: Record<string, string>): Promise<Server> =>
  start([...process.execArgv, mainOf(directory), 'serve'], env);

/** Checkouts before the workspaces have no folder `server`. */
export const partOf = (directory: string, path: string): string =>
  [resolve(directory, 'server', path), resolve(directory, path)].find(existsSync) ?? directory;

function mainOf(directory: string): string {
  const built = partOf(directory, 'dist/main.js');
  return built === directory ? partOf(directory, 'src/main.ts') : built;
}

/** The same by the launcher, as `npm start` does. */
export const launchServer = (env: Record<string, string>): Promise<Server> =>
  start([file('../../scripts/run.mjs'), 'serve'], env);

async function start(args: string[], env: Record<string, string>): Promise<Server> {
  const port = await freePort();
  const settings = { ...production, PORT: String(port), ...env };
  return startProgram(process.execPath, args, { env: settings, port, readyPath: '/health/ready' });
}

interface ProgramOptions {
  env: Record<string, string>;
  /** Where it will listen. */
  port: number;
  readyPath: string;
  cwd?: string;
  /** Where its standard error goes, instead of this process'. */
  stderrFile?: string;
}

/** Starts a program, and waits until the path answers 200. Its standard output is discarded. */
export async function startProgram(
  program: string,
  args: string[],
  { env, port, readyPath, cwd, stderrFile }: ProgramOptions,
): Promise<Server> {
  // The launcher sets the last two.
  const inheritedNames = ['PATH', 'HOME', 'NODE_COMPILE_CACHE', 'MALLOC_ARENA_MAX'];
  const inherited = Object.entries(process.env).filter(([name]) => inheritedNames.includes(name));
  const child = spawn(program, args, {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'ignore', stderrFile === undefined ? 'inherit' : openSync(stderrFile, 'w')],
    ...(cwd !== undefined && { cwd }),
  });
  stopAtExit(child);
  for (;;) {
    if (child.exitCode !== null) {
      const reason = stderrFile === undefined ? '' : `: ${readFileSync(stderrFile, 'utf8')}`;
      throw new Error(`${program} did not start${reason}`);
    }
    const response = await fetch(`http://127.0.0.1:${port}${readyPath}`).catch(() => null);
    if (response?.status === 200) break;
    await sleep(20);
  }
  return asServer(child, port);
}

/**
 * Starts `bare-route.ts` with a body of the given length. `verified` verifies the token of each request, `cached` only
 * new tokens.
 */
export const startBareRoute = (bodyBytes: number, tokens: 'verified' | 'cached'): Promise<Server> =>
  startBare('bare-route.ts', [secret, String(bodyBytes), tokens]);

/** Starts `bare-list.ts`. */
export const startBareList = (databaseUrl: string): Promise<Server> =>
  startBare('bare-list.ts', [databaseUrl]);

/** Starts `bare-constant.ts` with a body of the given length. */
export const startBareConstant = (bodyBytes: number): Promise<Server> =>
  startBare('bare-constant.ts', [String(bodyBytes)]);

async function startBare(program: string, args: string[]): Promise<Server> {
  const child = fork(file(program), args);
  stopAtExit(child);
  const [url] = await once(child, 'message');
  return asServer(child, Number(new URL(url).port));
}

const running = new Set<ChildProcess>();
let isWatching = false;

/** No server outlives this process, however it ends. */
function stopAtExit(child: ChildProcess): void {
  if (!isWatching) {
    isWatching = true;
    process.once('exit', () => {
      for (const one of running) one.kill();
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  }
  running.add(child);
  child.once('exit', () => running.delete(child));
}

function asServer(child: ChildProcess, port: number): Server {
  const { pid } = child;
  if (pid === undefined) throw new Error('a process without an id');
  return {
    port,
    pid,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A shared-secret token (HS256) as a front end mints it, valid for a day. */
export function mintToken(userId: string): string {
  const now = Math.floor(Date.now() / 1_000);
  const claims = { sub: userId, iss: issuer, aud: issuer, iat: now, exp: now + 86_400 };
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** CPU time and memory of a process and its children. Only Linux has these figures. */
export interface Usage {
  cpuMs: number;
  rssMb: number;
}

const ticksPerSecond = 100;

export function usageOf(pid: number): Usage | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpuMs = ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond;
    const own = { cpuMs, rssMb: rssOf(pid) };
    return childrenOf(pid).reduce((sum, child) => {
      const usage = usageOf(child) ?? { cpuMs: 0, rssMb: 0 };
      return { cpuMs: sum.cpuMs + usage.cpuMs, rssMb: sum.rssMb + usage.rssMb };
    }, own);
  } catch {
    return null;
  }
}

const rssOf = (pid: number) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;

export const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
