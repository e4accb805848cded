const periodMs = 3_600_000;

/**
 * Returns true for a text that should be logged: each once an hour, and at most `max` texts an hour. Unauthenticated
 * clients choose the texts. The limit bounds log and memory; the hourly reset lets other texts through again.
 */
export function createHourlyLogFilter(max: number): (text: string) => boolean {
  const logged = new Set<string>();
  let periodStart = performance.now();
  return (text) => {
    const now = performance.now();
    if (now - periodStart > periodMs) {
      logged.clear();
      periodStart = now;
    }
    if (logged.size >= max || logged.has(text)) return false;
    logged.add(text);
    return true;
  };
}
