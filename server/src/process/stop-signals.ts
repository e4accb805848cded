import type { Logger } from 'pino';
import { StartError } from '../platform/errors.ts';

/** Signals that stop a process: from a service manager, Ctrl-C, Ctrl-\ and a closed terminal. */
export const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

/** Aborts at a stop signal, the end of the launcher, or an uncaught exception. Installs its listeners at once. */
export function createStopSignal(log: Logger): AbortSignal {
  const stopping = new AbortController();
  const stop = (reason: string) => {
    if (!stopping.signal.aborted) log.info({ reason }, 'stopping');
    stopping.abort();
  };
  for (const signal of stopSignals) process.on(signal, () => stop(signal));
  process.on('disconnect', () => stop('the launcher is gone'));
  onUncaughtException(log, () => stop('a fault'));
  return stopping.signal;
}

/**
 * For a command: rejects with a StartError at a stop signal. Race it with the work before the database is opened; then
 * an embedded database that the command started is stopped.
 */
export function rejectOnStopSignal(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  for (const signal of stopSignals) process.on(signal, () => reject(new StartError(`stopped by ${signal}`)));
  return promise;
}

/** An uncaught exception ends the process with code 1, after a regular stop. */
export function onUncaughtException(log: Logger, stop: () => void): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: { type: error.name, stack: error.stack } }, 'a fault that nothing caught');
    process.exitCode = 1;
    stop();
  });
}
