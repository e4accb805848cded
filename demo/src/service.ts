import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { responseStatus } from '../../server/test/support/waiting.ts';

const main = fileURLToPath(new URL('../../server/src/main.ts', import.meta.url));
const pollMs = 50;

export interface Service {
  child: ChildProcess;
  /** Resolves once it has ended. */
  ended: Promise<unknown>;
}

/**
 * Starts `serve` as a process of its own. It ends when this one does, however that ends.
 * @param env all of its settings; its log is dropped
 */
export function startService(env: NodeJS.ProcessEnv): Service {
  const child = spawn(process.execPath, [main, 'serve'], {
    env,
    // The server stops when the channel closes.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  return { child, ended: once(child, 'exit') };
}

export const isReady = async (url: string): Promise<boolean> =>
  (await responseStatus(`${url}/health/ready`)) === 200;

/**
 * Waits until the service is ready.
 * @returns false if it ended instead, or `signal` was aborted
 */
export async function untilReady({ child }: Service, url: string, signal?: AbortSignal): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null && signal?.aborted !== true) {
    if (await isReady(url)) return true;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return false;
}
