import { readFileSync } from 'node:fs';
import { type Server, status, until } from './process.ts';
import { dataDirectory, start } from './servers.ts';

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

/** A server of two workers that both serve, until the end of the test. */
export async function startWorkers(env: Record<string, string>): Promise<WorkersServer> {
  const DATA_DIR = env.DATA_DIR ?? (await dataDirectory());
  const server = await start({ ...env, DATA_DIR, WEB_CONCURRENCY: '2' }, true);
  let text = '';
  server.child.stdout?.on('data', (part: string) => {
    text += part;
  });
  const lines = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line): Line => JSON.parse(line));
  await until(async () => {
    await status(`${server.url}/health/live`);
    return new Set(lines().map(({ worker }) => worker)).has(1) && lines().some(({ worker }) => worker === 2);
  });
  return { ...server, lines, pids: () => workersOf(server.child.pid) };
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
export const visibleOf = (pid: number): string => commandOf(pid) + read(`/proc/${pid}/environ`);

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
