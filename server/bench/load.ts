import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createHistogram } from 'node:perf_hooks';

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

/** Servers close idle connections, Node's after five seconds. */
const maxIdleMs = 4_000;
const endOfHead = Buffer.from('\r\n\r\n');

/**
 * One keep-alive connection with one request at a time. A client library would take more CPU than the server under
 * test.
 */
class Connection {
  readonly #port: number;
  readonly #onResponse: (status: number, bodyBytes: number) => void;
  #socket: Socket | null = null;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #expectedBytes = 0;
  #headBytes = 0;
  #status = 0;
  #isLast = false;
  #isWaiting = false;
  #usedAt = 0;

  constructor(port: number, onResponse: (status: number, bodyBytes: number) => void) {
    this.#port = port;
    this.#onResponse = onResponse;
  }

  async open(): Promise<void> {
    const socket = connect(this.#port, '127.0.0.1');
    socket.setNoDelay(true);
    socket.on('data', (part) => this.#receive(part));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      // An idle connection may close; the next request opens another.
      if (this.#isWaiting) this.#finish(0, 0);
    });
    await once(socket, 'connect');
    this.#socket = socket;
  }

  send(request: Buffer | string): void {
    this.#isWaiting = true;
    // The server may close a long idle connection while the request is on its way.
    if (performance.now() - this.#usedAt > maxIdleMs) this.close();
    this.#usedAt = performance.now();
    if (this.#socket === null) {
      this.open().then(
        () => this.#socket?.write(request),
        () => this.#finish(0, 0),
      );
    } else this.#socket.write(request);
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
  }

  #receive(part: Buffer): void {
    if (!this.#isWaiting) {
      // A server that timed out waiting for a request sends a 408.
      this.close();
      return;
    }
    this.#receivedBytes += part.length;
    if (this.#expectedBytes === 0) {
      this.#received.push(part);
      const all = this.#received.length === 1 ? part : Buffer.concat(this.#received);
      if (!this.#readHead(all)) return;
      this.#received = [];
    }
    if (this.#receivedBytes < this.#expectedBytes) return;
    const [status, bodyBytes] = [this.#status, this.#expectedBytes - this.#headBytes];
    this.#receivedBytes = 0;
    this.#expectedBytes = 0;
    if (this.#isLast) this.close();
    this.#finish(status, bodyBytes);
  }

  /** Parses status, length and `Connection: close`. @returns false if the head is incomplete */
  #readHead(bytes: Buffer): boolean {
    const end = bytes.indexOf(endOfHead);
    if (end < 0) return false;
    const head = bytes.toString('latin1', 0, end).toLowerCase();
    this.#status = Number(head.slice(9, 12));
    const length = head.indexOf('\r\ncontent-length: ');
    this.#headBytes = end + endOfHead.length;
    this.#expectedBytes = this.#headBytes + (length < 0 ? 0 : Number.parseInt(head.slice(length + 18), 10));
    this.#isLast = head.includes('\r\nconnection: close');
    return true;
  }

  #finish(status: number, bodyBytes: number): void {
    this.#received = [];
    this.#isWaiting = false;
    this.#onResponse(status, bodyBytes);
  }
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
  const begin = performance.now();
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
