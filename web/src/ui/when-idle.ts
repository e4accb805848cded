/** Resolves once the browser has nothing more urgent to do, at the latest after `atMostMs`. */
export const whenIdle = (atMostMs = 1_000): Promise<void> =>
  new Promise((resolve) => {
    if ('requestIdleCallback' in window) requestIdleCallback(() => resolve(), { timeout: atMostMs });
    // Safari has none. By then it has painted.
    else setTimeout(resolve, 100);
  });
