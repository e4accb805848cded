import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../../config/config.ts';
import type { CounterRequest } from '../../limits/memory-counters.ts';
import type { MetricFamily } from '../../metrics/text-format.ts';
import { StartError } from '../../platform/errors.ts';
import { watchWorkers } from './liveness.ts';
import type { MessageToWorker } from './messages.ts';
import { createWorkerMetrics } from './worker-metrics.ts';
import { startWorker, type WorkerExit, type WorkerProcess } from './worker-process.ts';

/** After this many failures in a row, with no worker that served in between, the primary process gives up. */
const maxFailures = 5;
/** Delay before a replacement starts; doubled with each failure. */
const firstRestartDelayMs = 250;
/** A worker that served for less than this is replaced after a delay too. */
const minLifeMs = 10_000;
const shortLifeRestartDelayMs = 1_000;
/** What this process needs after the workers, of SHUTDOWN_TIMEOUT_SECONDS. */
const closeSeconds = 1;

export interface WorkerPool {
  /** Resolves when all first workers serve. */
  serving: Promise<unknown>;
  /** Rejects with a StartError when the primary process gives up. */
  failed: Promise<never>;
  /** Lets workers finish their requests. Kills those that still run near the end of SHUTDOWN_TIMEOUT_SECONDS. */
  stop(): Promise<void>;
}

interface PrimaryHandlers {
  /** The first message to the worker of this number. */
  startMessage(worker: number): MessageToWorker;
  replyMessage(request: CounterRequest): MessageToWorker;
  /** Metrics of the primary process itself. */
  metrics(): MetricFamily[];
  /** A worker has found that the database may be another server now. */
  onServerChange(): void;
}

/** Starts the workers, from number 1, and replaces each that ends or hangs before `stop`. */
export function startWorkerPool(
  { workers: count, workerTimeoutSeconds, shutdownSeconds }: Config,
  log: Logger,
  handlers: PrimaryHandlers,
): WorkerPool {
  const running = new Set<WorkerProcess>();
  const serving = new Set<WorkerProcess>();
  const metrics = createWorkerMetrics<WorkerProcess>(handlers.metrics);
  const failed = Promise.withResolvers<never>();
  let failures = 0;
  let hasServed = false;
  let isStopping = false;
  const liveness = killHungWorkers(serving, workerTimeoutSeconds, log);

  async function gather(requester: WorkerProcess): Promise<void> {
    const families = await metrics.gather(serving, (worker) => worker.send({ type: 'report' }));
    requester.send({ type: 'metrics', families });
  }

  function start(number: number, onServing: () => void): void {
    const worker = startWorker((message) => {
      if (message.type === 'ready')
        worker.send(isStopping ? { type: 'stop' } : handlers.startMessage(number));
      if (message.type === 'counter-request') worker.send(handlers.replyMessage(message.request));
      if (message.type === 'pong') liveness.answered(worker);
      if (message.type === 'report') metrics.report(worker, message.families);
      if (message.type === 'metrics-request') void gather(worker);
      if (message.type === 'server-change') handlers.onServerChange();
      if (message.type === 'serving') {
        failures = 0;
        hasServed = true;
        serving.add(worker);
        log.info({ worker: number, worker_pid: worker.pid }, 'a worker serves');
        onServing();
      }
    });
    running.add(worker);
    void worker.exit.then(async (exit) => {
      running.delete(worker);
      serving.delete(worker);
      metrics.remove(worker);
      if (isStopping) return;
      const { code, signal, startError } = exit;
      log.error(
        { worker: number, worker_pid: worker.pid, code, signal, reason: startError },
        'a worker died',
      );
      if (!exit.hasServed) failures += 1;
      if (!hasServed && startError !== null) failed.reject(new StartError(startError));
      else if (failures >= maxFailures) failed.reject(new StartError(giveUpMessage(exit)));
      else {
        await sleep(restartDelayMs(exit, failures));
        if (!isStopping) start(number, onServing);
      }
    });
  }

  const first = Array.from(
    { length: count },
    (_, index) => new Promise<void>((serving) => start(index + 1, serving)),
  );
  return {
    serving: Promise.all(first),
    failed: failed.promise,
    async stop() {
      isStopping = true;
      liveness.close();
      await stopWorkers(running, shutdownSeconds - closeSeconds, log);
    },
  };
}

/** A killed worker is replaced like one that died. */
const killHungWorkers = (workers: ReadonlySet<WorkerProcess>, seconds: number, log: Logger) =>
  watchWorkers(
    workers,
    seconds * 1_000,
    (worker) => worker.send({ type: 'ping' }),
    (worker) => {
      log.error({ worker_pid: worker.pid, seconds }, 'a worker hangs, and is killed');
      worker.kill();
    },
  );

async function stopWorkers(workers: ReadonlySet<WorkerProcess>, seconds: number, log: Logger) {
  for (const worker of workers) worker.send({ type: 'stop' });
  const timer = setTimeout(() => {
    log.error({ workers: workers.size }, 'workers do not end, and are killed');
    for (const worker of workers) worker.kill();
  }, seconds * 1_000);
  await Promise.all([...workers].map(({ exit }) => exit));
  clearTimeout(timer);
}

function restartDelayMs({ hasServed, livedMs }: WorkerExit, failures: number): number {
  if (!hasServed) return firstRestartDelayMs * 2 ** (failures - 1);
  return livedMs < minLifeMs ? shortLifeRestartDelayMs : 0;
}

const giveUpMessage = ({ code, signal, startError }: WorkerExit) =>
  `WEB_CONCURRENCY: ${maxFailures} workers ended before they served, the last with ${startError ?? signal ?? `code ${code}`}`;
