import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterTest } from './clean-up.ts';
import { type Server, startServer, temporaryDirectory, waitUntil } from './process.ts';

interface Line {
  msg: string;
  worker?: number;
  reason?: string;
}

export interface WorkersServer extends Server {
  /** Everything that was logged since it was ready. */
  lines(): Line[];
  /** The workers that run. */
  pids(): number[];
}

/** A server of two workers that both serve, until `undo`; otherwise until the end of the test. */
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

/** A GET on a connection of its own, which any worker may get. */
async function requestOnce(url: string): Promise<void> {
  const sent = request(url, { agent: false }).end();
  const [response] = await once(sent, 'response');
  response.resume();
}

/** The workers that a process has started and that still run. */
export function workersOf(pid: number | undefined): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).trim().split(' ');
  return children.map(Number).filter((child) => commandOf(child).includes('main.ts serve'));
}

/** Whether a process runs; one that has ended but that nobody has asked about does not. */
export const isAlive = (pid: number): boolean => commandOf(pid) !== '';

const commandOf = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');

/** What others can see of a process, its own account included. */
export const commandAndEnvironmentOf = (pid: number): string => commandOf(pid) + read(`/proc/${pid}/environ`);

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
