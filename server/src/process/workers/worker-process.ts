import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { MessageFromWorker, MessageToWorker } from './messages.ts';

export interface WorkerExit {
  code: number | null;
  signal: string | null;
  /** Message of the StartError that the worker sent; null if it sent none. */
  startError: string | null;
  hasServed: boolean;
  livedMs: number;
}

export interface WorkerProcess {
  pid: number | undefined;
  exit: Promise<WorkerExit>;
  send(message: MessageToWorker): void;
  kill(): void;
}

/** Forks this program. The child recognizes by its IPC channel that it is a worker. */
export function startWorker(onMessage: (message: MessageFromWorker) => void): WorkerProcess {
  const startedAt = performance.now();
  const worker = cluster.fork();
  const exit: WorkerExit = { code: null, signal: null, startError: null, hasServed: false, livedMs: 0 };
  worker.on('message', (message: MessageFromWorker) => {
    if (message.type === 'start-error') exit.startError = message.reason;
    if (message.type === 'serving') exit.hasServed = true;
    onMessage(message);
  });
  return {
    pid: worker.process.pid,
    exit: waitForExit(worker).then(([code, signal]) => ({
      ...exit,
      code,
      signal,
      livedMs: performance.now() - startedAt,
    })),
    // An ending worker may miss a message: it does not need it.
    send: (message) => void worker.send(message, () => undefined),
    kill: () => worker.process.kill('SIGKILL'),
  };
}

async function waitForExit(worker: Worker): Promise<[code: number | null, signal: string | null]> {
  const exit = await new Promise<[number | null, string | null]>((settle) => {
    worker.once('exit', (code, signal) => settle([code, signal]));
    // The process could not be started.
    worker.on('error', () => worker.process.pid === undefined && settle([null, null]));
  });
  // Its last messages may still be in the channel.
  if (worker.isConnected()) await once(worker, 'disconnect');
  return exit;
}
