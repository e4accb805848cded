import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createHistogram } from 'node:perf_hooks';

/** What is to be sent and how. */
export interface Load {
  port: number;
  connections: number;
  /** How long requests are begun, in ms. */
  durationMs: number;
  /**
   * Requests a second, begun on time whether earlier ones are answered or not; null: each connection sends its next
   * request when it has its answer.
   */
  rate: number | null;
  /** The next request, whole, as bytes of HTTP/1.1 with `Connection: keep-alive` understood. */
  next(): Buffer | string;
  /** What a good answer's status is. */
  isGood(status: number): boolean;
}

export interface Measured {
  requests: number;
  /** Answers with another status than a good one, and connections that broke under a request. */
  errors: number;
  seconds: number;
  perSecond: number;
  /** From the moment the request was due (open loop) or sent (closed loop) to the last byte of its answer, in ms. */
  latencyMs: { p50: number; p95: number; p99: number; max: number };
  /** Of the answers, by status. */
  statuses: Record<string, number>;
  /** Of the last answer, in bytes. */
  bodyBytes: number;
}

/** Servers close idle connections, Node's after five seconds. */
const longestIdleMs = 4_000;
const endOfHead = Buffer.from('\r\n\r\n');

/**
 * One keep-alive connection that has one request under way at a time. A client library would take more of the machine
 * than the server under test.
 */
class Connection {
  readonly #port: number;
  readonly #onAnswer: (status: number, bodyBytes: number) => void;
  #socket: Socket | null = null;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #wantedBytes = 0;
  #headBytes = 0;
  #status = 0;
  #isLast = false;
  #isAsking = false;
  #usedAt = 0;

  constructor(port: number, onAnswer: (status: number, bodyBytes: number) => void) {
    this.#port = port;
    this.#onAnswer = onAnswer;
  }

  async open(): Promise<void> {
    const socket = connect(this.#port, '127.0.0.1');
    socket.setNoDelay(true);
    socket.on('data', (part) => this.#take(part));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      // Idle, it may go; the next request opens another.
      if (this.#isAsking) this.#answer(0, 0);
    });
    await once(socket, 'connect');
    this.#socket = socket;
  }

  send(request: Buffer | string): void {
    this.#isAsking = true;
    // A request may cross with the server's end of a connection that was idle for long.
    if (performance.now() - this.#usedAt > longestIdleMs) this.close();
    this.#usedAt = performance.now();
    if (this.#socket === null) {
      this.open().then(
        () => this.#socket?.write(request),
        () => this.#answer(0, 0),
      );
    } else this.#socket.write(request);
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
  }

  #take(part: Buffer): void {
    if (!this.#isAsking) {
      // A server that tires of waiting for a first request says so.
      this.close();
      return;
    }
    this.#receivedBytes += part.length;
    if (this.#wantedBytes === 0) {
      this.#received.push(part);
      const all = this.#received.length === 1 ? part : Buffer.concat(this.#received);
      if (!this.#readHead(all)) return;
      this.#received = [];
    }
    if (this.#receivedBytes < this.#wantedBytes) return;
    const [status, bodyBytes] = [this.#status, this.#wantedBytes - this.#headBytes];
    this.#receivedBytes = 0;
    this.#wantedBytes = 0;
    if (this.#isLast) this.close();
    this.#answer(status, bodyBytes);
  }

  /** Reads the status, the length, and whether the connection ends. False when the head is not there yet. */
  #readHead(bytes: Buffer): boolean {
    const end = bytes.indexOf(endOfHead);
    if (end < 0) return false;
    const head = bytes.toString('latin1', 0, end).toLowerCase();
    this.#status = Number(head.slice(9, 12));
    const length = head.indexOf('\r\ncontent-length: ');
    this.#headBytes = end + endOfHead.length;
    this.#wantedBytes = this.#headBytes + (length < 0 ? 0 : Number.parseInt(head.slice(length + 18), 10));
    this.#isLast = head.includes('\r\nconnection: close');
    return true;
  }

  #answer(status: number, bodyBytes: number): void {
    this.#received = [];
    this.#isAsking = false;
    this.#onAnswer(status, bodyBytes);
  }
}

/** Counts answers and their times. */
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
    result(elapsedMs: number): Measured {
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

export const runLoad = (load: Load): Promise<Measured> =>
  load.rate === null ? closedLoop(load) : openLoop(load, load.rate);

/** Each connection asks again as soon as it is answered. */
async function closedLoop({ port, connections, durationMs, next, isGood }: Load): Promise<Measured> {
  const meter = createMeter(isGood);
  const begin = performance.now();
  let open = connections;
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const all = Array.from({ length: connections }, () => {
    let sentAt = 0;
    const connection = new Connection(port, (status, bytes) => {
      meter.count(status, bytes, sentAt);
      ask();
    });
    function ask(): void {
      sentAt = performance.now();
      if (sentAt - begin < durationMs) connection.send(next());
      else {
        open -= 1;
        if (open === 0) end();
      }
    }
    return { connection, ask };
  });
  for (const { ask } of all) ask();
  await ended;
  const result = meter.result(performance.now() - begin);
  for (const { connection } of all) connection.close();
  return result;
}

/** Requests begin when they are due; one that finds no free connection waits for it, and its time runs all the same. */
async function openLoop(
  { port, connections, durationMs, next, isGood }: Load,
  rate: number,
): Promise<Measured> {
  const meter = createMeter(isGood);
  const free: { begin(dueAt: number): void }[] = [];
  const due: number[] = [];
  const all: Connection[] = [];
  let underWay = 0;
  for (let index = 0; index < connections; index += 1) {
    let dueAt = 0;
    const connection = new Connection(port, (status, bytes) => {
      meter.count(status, bytes, dueAt);
      const waiting = due.shift();
      if (waiting !== undefined) lane.begin(waiting);
      else {
        underWay -= 1;
        free.push(lane);
      }
    });
    const lane = {
      begin(at: number) {
        dueAt = at;
        connection.send(next());
      },
    };
    free.push(lane);
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
      const lane = free.pop();
      if (lane === undefined) due.push(at);
      else {
        underWay += 1;
        lane.begin(at);
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
