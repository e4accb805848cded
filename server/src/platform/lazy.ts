/**
 * Calls `load` at the first call, and returns its result from then on. After a failure the next call loads again. For
 * packages that many processes never need: what is not loaded takes no memory.
 */
export function lazy<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}
