/** How long a request waits for what it asks the database on the way, before it is told that the database is away. */
const defaultTimeoutMs = 2_000;

class DeadlineError extends Error {
  override name = 'DeadlineError';
  readonly code = 'ETIMEDOUT';
}

/**
 * The outcome of `work`, or a rejection that `isUnavailable` knows when it takes longer. A frozen database closes no
 * connection: without this its callers would wait for the 30 s of a statement. The work itself goes on.
 */
export async function withDeadline<T>(work: Promise<T>, timeoutMs = defaultTimeoutMs): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  // After a pause of the whole process, timers run before answers that have arrived are read: those still count.
  const expire = () => setImmediate(() => reject(new DeadlineError(`no answer in ${timeoutMs} ms`)));
  const timer = setTimeout(expire, timeoutMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
