import type { HookHandlerDoneFunction } from 'fastify';

/**
 * Ends a hook after `use(value)`. A value that is no promise is used synchronously: a promise would cost every request
 * a few microseconds. If the promise rejects or `use` throws, the request fails with that error.
 */
export function continueWith<T>(
  value: T | Promise<T>,
  use: (value: T) => void,
  done: HookHandlerDoneFunction,
): void {
  if (value instanceof Promise) value.then(use).then(() => done(), done);
  else {
    use(value);
    done();
  }
}
