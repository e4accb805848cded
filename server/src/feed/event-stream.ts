import { Readable } from 'node:stream';
import { endOfRevision, type FeedPosition } from './position.ts';
import type { Subscriber, Subscription } from './subscriptions.ts';

/** Who asks for a stream. */
export interface EventStreamRequest extends Omit<Subscriber, 'end'> {
  /** Where it goes on; null: now. */
  position: FeedPosition | null;
  /** Whether the client has taken all that was sent. */
  isDrained(): boolean;
}

/** One client's stream: no more than a place, and whether it can be given what is behind that. */
export interface EventStream {
  readonly request: EventStreamRequest;
  readonly readable: Readable;
  position: FeedPosition;
  /** The number of the wake-up that it was told everything of. */
  deliveredWakeUp: number;
  /** Gives it text; to be called while it is ready, or for the first time. */
  send(text: string | Buffer): void;
  /** Whether it has taken what it was given, and its token was good a moment ago. */
  isReady(): boolean;
  /** When it was given something, on the clock of `performance.now`. */
  sentAt(): number;
  /** Ends it in order if its client listens, and else by force. */
  end(): void;
}

/**
 * @param onDemand called when it can be given more
 * @param onClose called once, when it is over by whichever side
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
    // Asks for more only when everything has gone on.
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
    deliveredWakeUp: -1,
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
