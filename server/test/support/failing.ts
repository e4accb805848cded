import pg from 'pg';

/** Statements that are not the request's own: they check connections, notify instances, or end a failed transaction. */
const backgroundStatements =
  /access_events|^select (pg_is_in_recovery|current_setting|pg_notify)|pg_backend_pid|^set |^rollback/;

/** Makes the statement of that index fail (from 0), among those that this process sends during `work`. */
export async function withFailure<T>(
  statementIndex: number,
  error: Error,
  work: () => Promise<T>,
): Promise<{ value: T; failed: string | null }> {
  const { prototype } = pg.Client;
  const original = prototype.query;
  let count = 0;
  let failed: string | null = null;
  prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [query] = args;
    const isConfig = typeof query === 'object' && query !== null && 'text' in query;
    const text = String(isConfig ? query.text : query);
    if (!backgroundStatements.test(text) && count++ === statementIndex) {
      failed = text;
      return Promise.reject(error);
    }
    return Reflect.apply(original, this, args);
  };
  try {
    return { value: await work(), failed };
  } finally {
    prototype.query = original;
  }
}

/** An error of PostgreSQL as the driver throws it. */
export const databaseError = (code: string, message: string) =>
  Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code });
