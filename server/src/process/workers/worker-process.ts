import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { MessageFromWorker, MessageToWorker } from './messages.ts';

/** How a worker ended. */
export interface WorkerExit {
  code: number | null;
  signal: string | null;
  /** Why it did not want to serve, if it said so. */
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

/** Another process that runs what this one runs, and knows by its channel that it is a worker. */
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
    // What a worker that is ending does not hear, it need not know.
    send: (message) => void worker.send(message, () => undefined),
    kill: () => worker.process.kill('SIGKILL'),
  };
}

async function waitForExit(worker: Worker): Promise<[code: number | null, signal: string | null]> {
  const exit = await new Promise<[number | null, string | null]>((settle) => {
    worker.once('exit', (code, signal) => settle([code, signal]));
    // One that could not be started at all.
    worker.on('error', () => worker.process.pid === undefined && settle([null, null]));
  });
  // What it said last may still be on its way.
  if (worker.isConnected()) await once(worker, 'disconnect');
  return exit;
}
