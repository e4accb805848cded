/** How long a request waits for a look-up in the database, in ms, before it fails as unavailable. */
const defaultTimeoutMs = 2_000;

class DeadlineError extends Error {
  override name = 'DeadlineError';
  readonly code = 'ETIMEDOUT';
}

/**
 * Resolves as `work` does, or rejects with an error for which `isUnavailableError` holds. A frozen database closes no
 * connection, so that callers would wait for the statement time-out of 30 s. The work itself is not cancelled.
 * @param timeoutMs 2 s by default
 */
export async function withDeadline<T>(work: Promise<T>, timeoutMs = defaultTimeoutMs): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  // After a pause of the whole process, timers fire before received data is read. `setImmediate` lets that data count.
  const expire = () => setImmediate(() => reject(new DeadlineError(`no answer in ${timeoutMs} ms`)));
  const timer = setTimeout(expire, timeoutMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
