/** Runs one function after the other, also after one that failed. */
export function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return {
    inTurn<T>(run: () => Promise<T>): Promise<T> {
      const result = last.then(run);
      last = result.catch(() => undefined);
      return result;
    },
    /** Resolves once all of them have ended. */
    ended: (): Promise<unknown> => last,
  };
}
