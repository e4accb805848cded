import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Servers close idle connections, Node's after five seconds. */
const maxIdleMs = 4_000;
const endOfHead = Buffer.from('\r\n\r\n');
/** No JSON has a line break of its own, so only the end of a chunked body looks like this. */
const lastChunk = Buffer.from('\r\n0\r\n\r\n');

/** The head of an HTTP/1.1 response. */
export interface Head {
  status: number;
  headBytes: number;
  /** Length of the body; null if it is chunked. */
  bodyBytes: number | null;
  /** Whether the server closes the connection after this response. */
  isLast: boolean;
}

/** @returns null while the head is incomplete */
export function readHead(bytes: Buffer): Head | null {
  const end = bytes.indexOf(endOfHead);
  if (end < 0) return null;
  const text = bytes.toString('latin1', 0, end).toLowerCase();
  const length = text.indexOf('\r\ncontent-length: ');
  const isChunked = text.includes('\r\ntransfer-encoding: chunked');
  const bodyBytes = length < 0 ? 0 : Number.parseInt(text.slice(length + 18), 10);
  return {
    status: Number(text.slice(9, 12)),
    headBytes: end + endOfHead.length,
    bodyBytes: isChunked ? null : bodyBytes,
    isLast: text.includes('\r\nconnection: close'),
  };
}

/** Whether a chunked body ends here. `tail` is the last bytes of the response, the head's end included. */
export const endsChunked = (tail: Buffer): boolean => tail.subarray(-lastChunk.length).equals(lastChunk);

/**
 * One keep-alive connection with one request at a time. A client library would take more CPU than the server under
 * test.
 */
export class Connection {
  readonly #port: number;
  readonly #onResponse: (status: number, bodyBytes: number) => void;
  #socket: Socket | null = null;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #head: Head | null = null;
  #tail: Buffer = Buffer.alloc(0);
  #isWaiting = false;
  #usedAt = 0;

  /** @param onResponse gets status 0 if the connection broke; the size of a chunked body includes the chunks' heads */
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
    this.#usedAt = performance.now();
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
    if (this.#head === null) {
      this.#received.push(part);
      const all = this.#received.length === 1 ? part : Buffer.concat(this.#received);
      this.#head = readHead(all);
      if (this.#head === null) return;
      this.#received = [];
      this.#tail = all;
    } else if (this.#head.bodyBytes === null) {
      this.#tail = part.length < lastChunk.length ? Buffer.concat([this.#tail, part]) : part;
    }
    const { status, headBytes, bodyBytes, isLast } = this.#head;
    const isComplete =
      bodyBytes === null ? endsChunked(this.#tail) : this.#receivedBytes >= headBytes + bodyBytes;
    if (!isComplete) return;
    const receivedBytes = this.#receivedBytes - headBytes;
    if (isLast) this.close();
    this.#finish(status, receivedBytes);
  }

  #finish(status: number, bodyBytes: number): void {
    this.#received = [];
    this.#receivedBytes = 0;
    this.#head = null;
    this.#isWaiting = false;
    this.#onResponse(status, bodyBytes);
  }
}
