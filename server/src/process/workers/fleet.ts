import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Question } from '../../limits/memory.ts';
import type { Family } from '../../metrics/families.ts';
import { StartError } from '../../platform/errors.ts';
import { createFigures } from './figures.ts';
import type { ToWorker } from './messages.ts';
import { type End, startWorker, type WorkerProcess } from './process.ts';

/** So many ends of workers that have not served yet, with none between that does, are the end. */
const mostFailures = 5;
/** Before another one is tried; doubled with each. */
const firstPauseMs = 250;
/** One that served, but for less than this, is replaced after a pause too. */
const shortLifeMs = 10_000;
const shortLifePauseMs = 1_000;
/** More than a worker takes to finish what is under way and to close what it has open. */
const stopWithinMs = 15_000;

export interface Fleet {
  /** Settles when the first workers all serve. */
  serving: Promise<unknown>;
  /** Rejects with a StartError when there is no use in starting more. */
  failed: Promise<never>;
  /** Lets workers finish what is under way, and kills those that do not end. */
  stop(): Promise<void>;
}

interface Orders {
  /** What a worker of this number begins with. */
  start(worker: number): ToWorker;
  answer(question: Question): ToWorker;
  /** The metrics of the process that gives the orders. */
  figures(): Family[];
}

/** Workers 1 to `count`, each replaced when it ends before its time. */
export function startFleet(count: number, log: Logger, orders: Orders): Fleet {
  const live = new Set<WorkerProcess>();
  const serving = new Set<WorkerProcess>();
  const figures = createFigures<WorkerProcess>(orders.figures);
  const failed = Promise.withResolvers<never>();
  let failures = 0;
  let hasServed = false;
  let isStopping = false;

  async function gather(asker: WorkerProcess): Promise<void> {
    const families = await figures.gather(serving, (worker) => worker.tell({ type: 'report' }));
    asker.tell({ type: 'figures', families });
  }

  function start(number: number, onServing: () => void): void {
    const worker = startWorker((message) => {
      if (message.type === 'hello') worker.tell(isStopping ? { type: 'stop' } : orders.start(number));
      if (message.type === 'question') worker.tell(orders.answer(message.question));
      if (message.type === 'report') figures.report(worker, message.families);
      if (message.type === 'gather') void gather(worker);
      if (message.type === 'serving') {
        failures = 0;
        hasServed = true;
        serving.add(worker);
        log.info({ worker: number, worker_pid: worker.pid }, 'a worker serves');
        onServing();
      }
    });
    live.add(worker);
    void worker.ended.then(async (end) => {
      live.delete(worker);
      serving.delete(worker);
      figures.end(worker);
      if (isStopping) return;
      const { code, signal, refusal } = end;
      log.error({ worker: number, worker_pid: worker.pid, code, signal, reason: refusal }, 'a worker died');
      if (!end.hasServed) failures += 1;
      if (!hasServed && refusal !== null) failed.reject(new StartError(refusal));
      else if (failures >= mostFailures) failed.reject(new StartError(hopeless(end)));
      else {
        await sleep(pauseOf(end, failures));
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
      for (const worker of live) worker.tell({ type: 'stop' });
      const timer = setTimeout(() => {
        log.error({ workers: live.size }, 'workers do not end, and are killed');
        for (const worker of live) worker.kill();
      }, stopWithinMs);
      await Promise.all([...live].map(({ ended }) => ended));
      clearTimeout(timer);
    },
  };
}

function pauseOf({ hasServed, livedMs }: End, failures: number): number {
  if (!hasServed) return firstPauseMs * 2 ** (failures - 1);
  return livedMs < shortLifeMs ? shortLifePauseMs : 0;
}

const hopeless = ({ code, signal, refusal }: End) =>
  `WEB_CONCURRENCY: ${mostFailures} workers ended before they served, the last with ${refusal ?? signal ?? `code ${code}`}`;
