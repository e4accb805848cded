import { AsyncLocalStorage } from 'node:async_hooks';
import { isUnavailableError } from './failures.ts';

const records = new AsyncLocalStorage<{ failure: unknown }>();

/** Call it with every error of a statement or a connection. */
export function recordFailure(error: unknown): void {
  const record = records.getStore();
  if (record !== undefined && record.failure === undefined && isUnavailableError(error))
    record.failure = error;
}

/** Call it before a failed transaction is retried: only the failure of the last attempt counts. */
export function clearFailure(): void {
  const record = records.getStore();
  if (record !== undefined) record.failure = undefined;
}

/**
 * Runs code of a library that turns database errors into results: "no session", "wrong code", or even success. If the
 * database was unavailable meanwhile, the promise rejects with that error instead of the library's result.
 */
export function rethrowDatabaseFailure<T>(work: () => Promise<T>): Promise<T> {
  const record: { failure: unknown } = { failure: undefined };
  return records.run(record, async () => {
    let value: T;
    try {
      value = await work();
    } catch (error) {
      throw record.failure ?? error;
    }
    if (record.failure !== undefined) throw record.failure;
    return value;
  });
}

/** Runs background work that a request starts. Its failures do not count as the request's. */
export const outsideFailureRecord = <T>(work: () => T): T => records.exit(work);
