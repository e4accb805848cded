import type { HookHandlerDoneFunction } from 'fastify';

/**
 * Ends a hook after `use` of a value. A value that is there is used at once: a promise for it would cost every request
 * a few microseconds. A rejection, or what `use` throws, refuses the request.
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
