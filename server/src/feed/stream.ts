import { Readable } from 'node:stream';
import type { Follower, Stay } from './followers.ts';
import { endOf, type Place } from './place.ts';

/** Who asks for a stream. */
export interface StreamRequest extends Omit<Follower, 'end'> {
  /** Where it goes on; null: now. */
  place: Place | null;
  /** Whether the client has taken all that was sent. */
  isTaking(): boolean;
}

/** One client's stream: no more than a place, and whether it can be given what is behind that. */
export interface Stream {
  readonly request: StreamRequest;
  readonly readable: Readable;
  place: Place;
  /** The number of the wake-up that it was told everything of. */
  seen: number;
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
 * @param onWanting called when it can be given more
 * @param onLeave called once, when it is over by whichever side
 */
export function createStream(
  request: StreamRequest,
  stay: Stay,
  onWanting: () => unknown,
  onLeave: (stream: Stream) => void,
): Stream {
  let isWanting = false;
  let isOver = false;
  let sentAt = performance.now();

  function leave(): void {
    if (isOver) return;
    isOver = true;
    stay.leave();
    onLeave(stream);
  }

  const readable = new Readable({
    // Asks for more only when everything has gone on.
    highWaterMark: 0,
    read() {
      isWanting = true;
      onWanting();
    },
    destroy(error, done) {
      leave();
      done(error);
    },
  });

  const stream: Stream = {
    request,
    readable,
    place: endOf(null, 0),
    seen: -1,
    send(text) {
      if (isOver) return;
      isWanting = false;
      sentAt = performance.now();
      readable.push(text);
    },
    isReady: () => isWanting && !isOver && stay.isGood(),
    sentAt: () => sentAt,
    end() {
      if (isOver) return;
      leave();
      if (request.isTaking()) readable.push(null);
      else readable.destroy();
    },
  };
  return stream;
}
