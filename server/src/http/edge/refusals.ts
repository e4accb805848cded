import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/** The most refusals that are sent at a time, and the pause after that: 1,600 a second take a tenth of a processor. */
const batchSize = 32;
const pauseMs = 20;

/**
 * Sends refusals at once while there are few. A client that does not wait after a refusal would otherwise take the time
 * of those who are served: the faster it is refused, the sooner it asks again.
 */
export function createRefusals(refuse: (exchange: Exchange) => void) {
  const waiting: Exchange[] = [];
  let isScheduled = false;
  let resumesAt = 0;
  let count = 0;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setTimeout(sendBatch, Math.max(0, resumesAt - performance.now()));
  }

  function sendBatch(): void {
    isScheduled = false;
    resumesAt = performance.now() + pauseMs;
    for (const exchange of waiting.splice(0, batchSize)) if (!exchange.response.destroyed) refuse(exchange);
    if (waiting.length > 0) schedule();
  }

  return {
    add(exchange: Exchange): void {
      count += 1;
      waiting.push(exchange);
      schedule();
    },
    count: () => count,
  };
}
