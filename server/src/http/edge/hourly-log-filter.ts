const periodMs = 3_600_000;

/**
 * Says of each text whether it is to be logged: once an hour, and at most `max` texts an hour. Strangers choose the
 * texts, so neither the log nor the memory may grow with them, and they must not use up the lines for good.
 */
export function createHourlyLogFilter(max: number): (text: string) => boolean {
  const noted = new Set<string>();
  let begunAt = performance.now();
  return (text) => {
    const now = performance.now();
    if (now - begunAt > periodMs) {
      noted.clear();
      begunAt = now;
    }
    if (noted.size >= max || noted.has(text)) return false;
    noted.add(text);
    return true;
  };
}
