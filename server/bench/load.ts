import { createHistogram } from 'node:perf_hooks';
import { Connection } from './connection.ts';

/** What is to be sent and how. */
export interface Load {
  port: number;
  connections: number;
  /** For how long new requests are started, in ms. */
  durationMs: number;
  /**
   * Open loop: requests started per second, whether or not earlier ones are answered. Null: closed loop, each
   * connection sends its next request after the response.
   */
  rate: number | null;
  /** The whole next request, as bytes of HTTP/1.1 on a keep-alive connection. */
  next(): Buffer | string;
  /** Whether the status is an expected one. */
  isGood(status: number): boolean;
}

export interface LoadResult {
  requests: number;
  /** Responses with an unexpected status, and connections that broke during a request. */
  errors: number;
  seconds: number;
  perSecond: number;
  /** In ms, until the last byte of the response. Starts when the request is due (open loop) or sent (closed loop). */
  latencyMs: { p50: number; p95: number; p99: number; max: number };
  /** Number of responses by status; 0 for a broken connection. */
  statuses: Record<string, number>;
  /** Size of the last good response. */
  bodyBytes: number;
}

/** Counts responses and their latencies. */
function createMeter(isGood: Load['isGood']) {
  const histogram = createHistogram();
  const statuses: Record<string, number> = {};
  let [requests, errors, bodyBytes] = [0, 0, 0];
  return {
    count(status: number, bytes: number, sinceMs: number): void {
      requests += 1;
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (!isGood(status)) errors += 1;
      else bodyBytes = bytes;
      histogram.record(Math.max(1, Math.round((performance.now() - sinceMs) * 1_000)));
    },
    result(elapsedMs: number): LoadResult {
      const at = (percentile: number) => histogram.percentile(percentile) / 1_000;
      const seconds = elapsedMs / 1_000;
      return {
        requests,
        errors,
        seconds,
        perSecond: requests / seconds,
        latencyMs: { p50: at(50), p95: at(95), p99: at(99), max: histogram.max / 1_000 },
        statuses,
        bodyBytes,
      };
    },
  };
}

export const runLoad = (load: Load): Promise<LoadResult> =>
  load.rate === null ? runClosedLoop(load) : runOpenLoop(load, load.rate);

/** Each connection sends its next request after the response. */
async function runClosedLoop({ port, connections, durationMs, next, isGood }: Load): Promise<LoadResult> {
  const meter = createMeter(isGood);
  let open = connections;
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const all = Array.from({ length: connections }, () => {
    let sentAt = 0;
    const connection = new Connection(port, (status, bytes) => {
      meter.count(status, bytes, sentAt);
      sendNext();
    });
    function sendNext(): void {
      sentAt = performance.now();
      if (sentAt - begin < durationMs) connection.send(next());
      else {
        open -= 1;
        if (open === 0) end();
      }
    }
    return { connection, sendNext };
  });
  // Many connections take longer to open than a short measurement lasts.
  await Promise.all(all.map(({ connection }) => connection.open().catch(() => undefined)));
  const begin = performance.now();
  for (const { sendNext } of all) sendNext();
  await ended;
  const result = meter.result(performance.now() - begin);
  for (const { connection } of all) connection.close();
  return result;
}

/** Starts requests when they are due. Without a free connection a request waits, and the wait counts as latency. */
async function runOpenLoop(
  { port, connections, durationMs, next, isGood }: Load,
  rate: number,
): Promise<LoadResult> {
  const meter = createMeter(isGood);
  const free: { begin(dueAt: number): void }[] = [];
  const due: number[] = [];
  const all: Connection[] = [];
  let underWay = 0;
  for (let index = 0; index < connections; index += 1) {
    let dueAt = 0;
    const connection = new Connection(port, (status, bytes) => {
      meter.count(status, bytes, dueAt);
      const nextDueAt = due.shift();
      if (nextDueAt !== undefined) client.begin(nextDueAt);
      else {
        underWay -= 1;
        free.push(client);
      }
    });
    const client = {
      begin(at: number) {
        dueAt = at;
        connection.send(next());
      },
    };
    free.push(client);
    all.push(connection);
  }
  const begin = performance.now();
  let begun = 0;
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    const elapsed = performance.now() - begin;
    const isOver = elapsed >= durationMs;
    for (; begun < (Math.min(elapsed, durationMs) / 1_000) * rate; begun += 1) {
      const at = begin + (begun / rate) * 1_000;
      const client = free.pop();
      if (client === undefined) due.push(at);
      else {
        underWay += 1;
        client.begin(at);
      }
    }
    if (isOver && underWay === 0) {
      clearInterval(timer);
      end();
    }
  }, 1);
  await ended;
  const result = meter.result(performance.now() - begin);
  for (const connection of all) connection.close();
  return result;
}
