import { Readable } from 'node:stream';
import { endOfRevision, type FeedPosition } from './position.ts';
import type { Subscriber, Subscription } from './subscriptions.ts';

/** A client's request for a stream. */
export interface EventStreamRequest extends Omit<Subscriber, 'end'> {
  /** Where the stream resumes; null: at the newest revision. */
  position: FeedPosition | null;
  /** Whether the socket's write buffer is empty. */
  isDrained(): boolean;
}

/** One client's stream. It buffers no changes: its state is a position. */
export interface EventStream {
  readonly request: EventStreamRequest;
  readonly readable: Readable;
  position: FeedPosition;
  /** The number of the last notification whose changes were all sent. */
  deliveredNotification: number;
  /** To be called while `isReady`, or for the first time. */
  send(text: string | Buffer): void;
  /** Whether everything sent was taken, and the token was valid at the last check. */
  isReady(): boolean;
  /** The time of the last `send`, on the clock of `performance.now`. */
  sentAt(): number;
  /** Ends the response if the client reads, and else destroys the connection. */
  end(): void;
}

/**
 * @param onDemand called when the stream can take more
 * @param onClose called once, whichever side ends the stream
 */
export function createEventStream(
  request: EventStreamRequest,
  subscription: Subscription,
  onDemand: () => unknown,
  onClose: (stream: EventStream) => void,
): EventStream {
  let hasDemand = false;
  let isOver = false;
  let sentAt = performance.now();

  function close(): void {
    if (isOver) return;
    isOver = true;
    subscription.unsubscribe();
    onClose(stream);
  }

  const readable = new Readable({
    // `read` is called only when everything was consumed.
    highWaterMark: 0,
    read() {
      hasDemand = true;
      onDemand();
    },
    destroy(error, done) {
      close();
      done(error);
    },
  });

  const stream: EventStream = {
    request,
    readable,
    position: endOfRevision(null, 0),
    deliveredNotification: -1,
    send(text) {
      if (isOver) return;
      hasDemand = false;
      sentAt = performance.now();
      readable.push(text);
    },
    isReady: () => hasDemand && !isOver && subscription.isTokenValid(),
    sentAt: () => sentAt,
    end() {
      if (isOver) return;
      close();
      if (request.isDrained()) readable.push(null);
      else readable.destroy();
    },
  };
  return stream;
}
