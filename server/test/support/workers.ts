import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterTest } from './clean-up.ts';
import { type Server, startServer, temporaryDirectory, waitUntil } from './process.ts';

interface Line {
  msg: string;
  worker?: number;
  worker_pid?: number;
  seconds?: number;
  reason?: string;
}

export interface WorkersServer extends Server {
  /** Log lines since the server was ready. */
  lines(): Line[];
  /** Pids of the running workers. */
  pids(): number[];
}

/** A server whose two workers both serve. It stops when `undo` runs, by default after the test. */
export async function startWorkers(env: Record<string, string>, undo = afterTest): Promise<WorkersServer> {
  const directory = await temporaryDirectory();
  undo.push(directory.remove);
  const DATA_DIR = join(directory.path, 'data');
  const server = await startServer({ DATA_DIR, WEB_CONCURRENCY: '2', ...env }, true);
  undo.push(() => {
    server.child.kill('SIGTERM');
    return server.ended;
  });
  let text = '';
  server.child.stdout?.on('data', (part: string) => {
    text += part;
  });
  const lines = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line): Line => JSON.parse(line));
  await waitUntil(async () => {
    await requestOnce(`${server.url}/health/live`);
    const answering = new Set(lines().flatMap(({ msg, worker }) => (msg === 'request' ? [worker] : [])));
    return answering.size === 2;
  });
  return { ...server, lines, pids: () => workersOf(server.child.pid) };
}

/** A GET on a new connection, which any worker may accept. */
async function requestOnce(url: string): Promise<void> {
  const sent = request(url, { agent: false }).end();
  const [response] = await once(sent, 'response');
  response.resume();
}

/** Pids of the running children of a process. */
export function workersOf(pid: number | undefined): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).trim().split(' ');
  return children.map(Number).filter((child) => commandOf(child).includes('main.ts serve'));
}

/** Whether the process runs; a zombie does not. */
export const isAlive = (pid: number): boolean => commandOf(pid) !== '';

const commandOf = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');

/** What other processes, also of the same account, can read about a process. */
export const commandAndEnvironmentOf = (pid: number): string => commandOf(pid) + read(`/proc/${pid}/environ`);

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
