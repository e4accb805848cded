import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { isUnavailableError } from '../db/failures.ts';
import type { Db } from '../db/schema.ts';
import type { ChangeNotifier } from '../feed/change-notifier.ts';
import { workTraces } from '../platform/traces.ts';

export interface JobContext {
  config: Config;
  db: Db;
  changeNotifier: Pick<ChangeNotifier, 'publish'>;
}

/** Periodic upkeep. A job must be safe to stop anywhere, to repeat, and to run on several instances at once. */
export interface Job {
  /** For the log, and the label `job` in metrics. */
  name: string;
  /** Returns early once `stop` is aborted. @returns the number of items that it changed */
  run(ctx: JobContext, stop: AbortSignal): Promise<number>;
}

export interface Jobs {
  /** Runs every job now, and again every 15 to 16 min until `close`. */
  start(): void;
  /** Runs every job once, in sequence; during a run, waits for that one. Never rejects: failures are logged. */
  runAll(): Promise<void>;
  /** When each job last succeeded, in seconds of Unix time; without jobs that never did. */
  lastSuccess(): Readonly<Record<string, number>>;
  /** Stops the jobs, and waits at most 2 s for the running statement. */
  close(): Promise<void>;
}

/** Long, because each run wakes a serverless database that sleeps while it is idle. */
const intervalMs = 15 * 60_000;
/** Spreads the runs of instances that started at the same time. */
const jitterMs = 60_000;
const closeTimeoutMs = 2_000;

export function createJobs(ctx: JobContext, log: Logger, jobs: readonly Job[]): Jobs {
  const stopping = new AbortController();
  const stop = stopping.signal;
  const lastSuccess: Record<string, number> = {};
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  async function runJobs(): Promise<void> {
    for (const { name, run } of jobs) {
      if (stop.aborted) return;
      try {
        const count = await workTraces.tracePromise(() => run(ctx, stop), { name: `job ${name}` });
        if (!stop.aborted) lastSuccess[name] = Date.now() / 1000;
        if (count > 0) log.info({ job: name, count }, 'upkeep done');
      } catch (error) {
        if (stop.aborted) return;
        const level = isUnavailableError(error) ? 'warn' : 'error';
        log[level]({ job: name, reason: String(error) }, 'upkeep failed, to be tried again');
      }
    }
  }

  function runAll(): Promise<void> {
    running ??= runJobs().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function runAndReschedule(): Promise<void> {
    await runAll();
    if (stop.aborted) return;
    timer = setTimeout(() => void runAndReschedule(), intervalMs + Math.random() * jitterMs).unref();
  }

  return {
    start: () => void runAndReschedule(),
    runAll,
    lastSuccess: () => lastSuccess,
    async close() {
      stopping.abort();
      clearTimeout(timer);
      await Promise.race([running, sleep(closeTimeoutMs, undefined, { ref: false })]);
    },
  };
}
