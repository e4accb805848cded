/** A pause that ends at its time, or earlier when it rings. */
export interface Alarm {
  /** Ends the current pause, or the next one. */
  ring(): void;
  /** Pauses for `ms`. It rings after the minimum at the earliest. */
  wait(ms: number): Promise<void>;
}

/** @param stop ends every pause at once */
export function createAlarm(stop: AbortSignal, minMs: number): Alarm {
  let hasRung = false;
  let end = () => {};

  return {
    ring() {
      hasRung = true;
      end();
    },
    async wait(ms) {
      if (stop.aborted) return;
      const { promise, resolve } = Promise.withResolvers<unknown>();
      const now = performance.now();
      let timer = setTimeout(resolve, ms);
      end = () => {
        clearTimeout(timer);
        timer = setTimeout(resolve, Math.max(0, now + Math.min(ms, minMs) - performance.now()));
      };
      if (hasRung) end();
      stop.addEventListener('abort', resolve, { once: true });
      await promise;
      stop.removeEventListener('abort', resolve);
      clearTimeout(timer);
      end = () => {};
      hasRung = false;
    },
  };
}
