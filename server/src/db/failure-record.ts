import { AsyncLocalStorage } from 'node:async_hooks';
import { isUnavailableError } from './failures.ts';

const records = new AsyncLocalStorage<{ failure: unknown }>();

/** To be called with every error of a statement or a connection. */
export function recordFailure(error: unknown): void {
  const record = records.getStore();
  if (record !== undefined && record.failure === undefined && isUnavailableError(error))
    record.failure = error;
}

/** To be called before a transaction that failed is tried again: what it gives then is what counts. */
export function clearFailure(): void {
  const record = records.getStore();
  if (record !== undefined) record.failure = undefined;
}

/**
 * Does work of a library that makes something of its own of an error of the database: "no session", "wrong code", or
 * even success. When the database was unavailable during it, that is the outcome, whatever the library says.
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

/** Starts work that a request only sets off: its failures are not the request's. */
export const outsideFailureRecord = <T>(work: () => T): T => records.exit(work);
