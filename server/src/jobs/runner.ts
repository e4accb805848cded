import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { isUnavailableError } from '../db/failures.ts';
import type { Db } from '../db/schema.ts';
import type { ChangeNotifier } from '../feed/change-notifier.ts';

/** What a job works with. */
export interface JobContext {
  config: Config;
  db: Db;
  changeNotifier: Pick<ChangeNotifier, 'publish'>;
}

/**
 * Upkeep that nobody asks for. It may be broken off anywhere, done again, and done by several instances at once: what
 * one has done, the others do not find.
 */
export interface Job {
  name: string;
  /** @returns how many things it did; it ends early once `stop` is aborted. */
  run(ctx: JobContext, stop: AbortSignal): Promise<number>;
}

export interface Jobs {
  /** Does every job now, and again from time to time until it is closed. */
  start(): void;
  /** Does every job once, one after the other; a round that is under way is the one. Never fails. */
  runAll(): Promise<void>;
  /** When each job was last done without a fault, in seconds of Unix time; nothing of one that never was. */
  lastSuccess(): Readonly<Record<string, number>>;
  /** Waits for the statement under way, not for one that hangs. */
  close(): Promise<void>;
}

/** Not more often: a database that sleeps while nobody uses it is woken by this. */
const intervalMs = 15 * 60_000;
/** Instances that started together do not stay together. */
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
        const count = await run(ctx, stop);
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
