export interface Query<T> {
  /** The result. It is the same value as before, unless the data has changed. */
  get(): T;
  /** Calls the listener after each change of the data, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

/** Arrays with the same items are the same result. */
const isSame = (a: unknown, b: unknown): boolean =>
  a === b ||
  (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => item === b[i]));

/** @param changeCount a number that every change of the data raises */
export function createQuery<T>(
  select: () => T,
  changeCount: () => number,
  subscribe: Query<T>['subscribe'],
): Query<T> {
  let last: { count: number; value: T } | undefined;
  return {
    subscribe,
    get() {
      const count = changeCount();
      if (last?.count !== count) {
        const value = select();
        last = { count, value: last !== undefined && isSame(last.value, value) ? last.value : value };
      }
      return last.value;
    },
  };
}
