import type { Logger } from 'pino';
import { AppError } from '../platform/errors.ts';
import { heartbeatText } from './event-format.ts';
import type { EventStream } from './event-stream.ts';
import { endOfRevision, type FeedPosition } from './position.ts';
import type { FeedPage } from './queries.ts';

const heartbeatMs = 15_000;

/** Reads a user's changes page by page, and formats them as events. */
export interface FeedReader {
  read(position: FeedPosition): Promise<FeedPage>;
  /** @param position the position that the page was read from */
  format(position: FeedPosition, page: FeedPage): string;
}

/** All streams of a user. */
export interface UserStreams {
  streams: Set<EventStream>;
  /** There may be something new. */
  wake(): void;
  /** Sends new changes to the streams that are ready. Never rejects; a failure is retried at the next call. */
  deliver(): Promise<void>;
  /** Moves a stream past the page at `position`. @returns the page as events. */
  resumeAfter(stream: EventStream, position: FeedPosition): Promise<string>;
  /** Moves a stream to the position that `find` resolves to. */
  startAt(stream: EventStream, find: () => Promise<FeedPosition>): Promise<void>;
  /** Sends a comment to streams that were sent nothing for 15 s. */
  sendHeartbeats(): void;
}

export function createUserStreams(feed: FeedReader, log: Logger): UserStreams {
  const streams = new Set<EventStream>();
  /** The number of notifications so far. */
  let notifications = 0;
  let isDelivering = false;

  async function deliver(): Promise<void> {
    if (isDelivering) return;
    isDelivering = true;
    try {
      for (let group = nextGroup(); group.length > 0; group = nextGroup()) await deliverTo(group);
    } catch (error) {
      log.debug({ reason: String(error) }, 'changes could not be read for streams');
    }
    isDelivering = false;
  }

  /** Ready streams with changes to send, all at the same position. */
  function nextGroup(): EventStream[] {
    const ready = [...streams].filter(
      (stream) => stream.deliveredNotification < notifications && stream.isReady(),
    );
    const [first] = ready;
    return first === undefined
      ? []
      : ready.filter(({ position }) => isSamePosition(position, first.position));
  }

  async function deliverTo(group: readonly EventStream[]): Promise<void> {
    const before = notifications;
    const position = group[0]?.position ?? endOfRevision(null, 0);
    const page = await feed.read(position).catch((error) => {
      if (!(error instanceof AppError) || error.code !== 'CURSOR_EXPIRED') throw error;
      // The clients get the error when they reconnect.
      for (const stream of group) stream.end();
      return null;
    });
    if (page === null) return;
    const text = feed.format(position, page);
    // Encoded once for all streams.
    const bytes = text === '' ? null : Buffer.from(text);
    for (const stream of group) {
      if (!stream.isReady()) continue;
      advance(stream, page, before);
      if (bytes !== null) stream.send(bytes);
    }
  }

  return {
    streams,
    wake() {
      notifications += 1;
      void deliver();
    },
    deliver,
    async resumeAfter(stream, position) {
      const before = notifications;
      const page = await feed.read(position);
      advance(stream, page, before);
      return feed.format(position, page);
    },
    async startAt(stream, find) {
      const before = notifications;
      stream.position = await find();
      stream.deliveredNotification = before;
    },
    sendHeartbeats() {
      for (const stream of streams) sendHeartbeat(stream);
    },
  };
}

function advance(stream: EventStream, { next, hasMore }: FeedPage, notification: number): void {
  stream.position = next;
  if (!hasMore) stream.deliveredNotification = notification;
}

/** Every write restarts the limit for idle connections, so a client that reads nothing gets no heartbeat. */
function sendHeartbeat(stream: EventStream): void {
  const isDue = performance.now() - stream.sentAt() > heartbeatMs;
  if (isDue && stream.isReady() && stream.request.isDrained()) stream.send(heartbeatText);
}

const isSamePosition = (a: FeedPosition, b: FeedPosition): boolean =>
  a === b ||
  (a.revision === b.revision &&
    a.type === b.type &&
    a.id === b.id &&
    a.initialSyncRevision === b.initialSyncRevision &&
    a.epoch === b.epoch);
