import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mintToken, secret, withoutLimits } from './app.ts';
import { coverageVariable } from './process-coverage.ts';
import { statementsFile, statementsVariable } from './sql/processes.ts';
import { freePort, responseStatus, waitUntil } from './waiting.ts';

export { freePort, responseStatus, waitUntil };

/** Modules that every process loads first. */
const preloaded = ['./quick-resolve.ts', './process-coverage.ts', './sql/collect.ts'].flatMap((path) => [
  '--import',
  new URL(path, import.meta.url).href,
]);
/** The pinned Node.js: the client's tests also run on an older one, which the service does not support. */
const runtime = fileURLToPath(new URL('../../../node_modules/node/bin/node', import.meta.url));
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** The launcher's compile cache: without it a start takes twice the CPU time. */
export const compileCache = fileURLToPath(new URL('../../../node_modules/.cache/node', import.meta.url));

export interface ExitResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface ServerProcess {
  child: ChildProcess;
  /** Exit code and output, after the process has ended. */
  ended: Promise<ExitResult>;
}

/** Starts `src/main.ts` in a process with PATH, HOME and these variables only. */
export function startProcess(
  args: string[],
  env: Record<string, string>,
  ipc = false,
  stdout: 'pipe' | number = 'pipe',
): ServerProcess {
  const { PATH, HOME, NODE_V8_COVERAGE: coverage } = process.env;
  const collected = {
    ...{ [statementsVariable]: statementsFile, NODE_COMPILE_CACHE: compileCache },
    // Node.js would pass its own variable on.
    ...(coverage && { NODE_V8_COVERAGE: '', [coverageVariable]: coverage }),
  };
  const child = spawn(runtime, [...preloaded, main, ...args], {
    env: { ...(PATH ? { PATH } : {}), ...(HOME ? { HOME } : {}), ...collected, ...env },
    cwd: tmpdir(),
    stdio: ['ignore', stdout, 'pipe', ...(ipc ? (['ipc'] as const) : [])],
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  // 'close' would never fire if this side has closed the IPC channel.
  const ended = Promise.all([
    once(child, 'exit'),
    ...[child.stdout, child.stderr].map((stream) => stream && once(stream, 'close')),
  ]).then(([[code, signal]]) => ({ code, signal, ...output }));
  return { child, ended };
}

export interface Server extends ServerProcess {
  url: string;
}

/** Starts `serve` and waits until it is ready. */
export async function startServer(env: Record<string, string>, ipc = false): Promise<Server> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const running = startProcess(
    ['serve'],
    { PORT: String(port), BETTER_AUTH_SECRET: secret, ...withoutLimits, ...env },
    ipc,
  );
  const isReady = async () =>
    running.child.exitCode !== null || (await responseStatus(`${url}/health/ready`)) === 200;
  await waitUntil(isReady).catch(() => running.child.kill('SIGKILL'));
  if (running.child.exitCode !== null || running.child.killed)
    throw new Error(`serve is not ready: ${JSON.stringify(await running.ended)}`);
  return { ...running, url };
}

export async function temporaryDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'duly-process-'));
  // As root, the server runs under another account, which must traverse this directory.
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Creates a task. @returns its id if the server acknowledged it, otherwise null */
export async function postTask(url: string, userId: string, title: string): Promise<string | null> {
  try {
    const response = await fetch(`${url}/api/${userId}/tasks`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await mintToken({ sub: userId })}`,
      },
      body: JSON.stringify({ title }),
    });
    const text = await response.text();
    return response.status === 201 ? JSON.parse(text).id : null;
  } catch {
    return null;
  }
}

/** Ids of all of a user's live tasks. */
export async function taskIds(url: string, userId: string): Promise<Set<string>> {
  const token = await mintToken({ sub: userId });
  const ids = new Set<string>();
  for (let offset = 0; ; offset += 100) {
    const response = await fetch(`${url}/api/${userId}/tasks?limit=100&offset=${offset}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const tasks: { id: string }[] = JSON.parse(await response.text());
    for (const { id } of tasks) ids.add(id);
    if (tasks.length < 100) return ids;
  }
}
