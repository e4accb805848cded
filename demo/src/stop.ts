/** Aborts when the demonstration is told to stop: Ctrl-C, a closed terminal, or the end of the launcher. */
export function createStopSignal(): AbortSignal {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, stop);
  process.on('disconnect', stop);
  return stopping.signal;
}
