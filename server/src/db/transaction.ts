import { clearFailure } from './failure-record.ts';
import { isSerializationFailure, isUnavailableError } from './failures.ts';
import { hasDirectSessions } from './pool.ts';
import type { Db, Tx } from './schema.ts';

const maxAttempts = 3;

/** Returned by the work of a transaction in place of its result: everything is rolled back, `value` is the result. */
export class Rollback<T> {
  readonly value: T;
  constructor(value: T) {
    this.value = value;
  }
}

/**
 * Runs `work` in one transaction (READ COMMITTED). Makes at most 3 attempts: after a serialization failure, a deadlock,
 * or a connection that failed before `work` began. So `work` must have no effect outside the database.
 */
export const inTransaction = <T>(db: Db, work: (tx: Tx) => Promise<T | Rollback<T>>): Promise<T> =>
  withRetries(
    async (tx: Tx) => {
      const outcome = await work(tx);
      // Kysely rolls back only when its callback throws.
      if (outcome instanceof Rollback) throw outcome;
      return outcome;
    },
    (begin) => db.transaction().execute(begin),
  );

/**
 * Runs one statement as its own transaction. Through a pooler it opens an explicit one, because only that has the
 * limits and the isolation. A connection lost after the statement was sent is an error: the statement may have been
 * executed.
 */
export const autocommit = <T>(db: Db, statement: (handle: Db) => Promise<T>): Promise<T> =>
  hasDirectSessions(db)
    ? withRetries(statement, (begin) => db.connection().execute(begin))
    : inTransaction(db, statement);

async function withRetries<H, T>(
  work: (handle: H) => Promise<T>,
  run: (begin: (handle: H) => Promise<T>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    let begun = false;
    try {
      return await run((handle) => {
        begun = true;
        return work(handle);
      });
    } catch (error) {
      if (error instanceof Rollback) return error.value as T;
      const retry = isSerializationFailure(error) || (!begun && isUnavailableError(error));
      if (!retry || attempt === maxAttempts) throw error;
      clearFailure();
    }
  }
}
