import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const tenSecondsMs = 10_000;
/** The share of time that the event loop is busy. An idle server has less than 0.001. */
const idleShare = 0.01;

/**
 * Returns the memory that the start has taken to the system, once: a fifth of the process. V8 alone would keep it,
 * because it collects only when something is allocated. The event loop stands still for some 0.2 s, so this waits for
 * 10 s in which there was nothing to do.
 * @param lookMs for tests, as `onReleased` is
 * @returns a function that ends the waiting
 */
export function releaseMemoryWhenIdle(
  lookMs = tenSecondsMs,
  onReleased: () => void = () => undefined,
): () => void {
  let last = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    if (utilization > idleShare) return;
    clearInterval(timer);
    collectGarbage();
    onReleased();
  }, lookMs).unref();
  return () => clearInterval(timer);
}

type Collect = (options: { type: 'major'; flavor: 'last-resort' }) => void;

/** A full collection that also shrinks the young generation, and unmaps what is free. */
function collectGarbage(): void {
  // The flag acts on contexts that are made after it; this one's globals do not get the function.
  setFlagsFromString('--expose-gc');
  const collect: Collect = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', flavor: 'last-resort' });
}
