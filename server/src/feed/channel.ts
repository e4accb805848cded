import type { Logger } from 'pino';
import { AppError } from '../platform/errors.ts';
import { heartbeat } from './event-text.ts';
import { endOf, type Place } from './place.ts';
import type { FeedPage } from './queries.ts';
import type { Stream } from './stream.ts';

const heartbeatMs = 15_000;

/** A user's changes, page by page, and as text. */
export interface Feed {
  read(place: Place): Promise<FeedPage>;
  /** @param place that the page was read from */
  textOf(place: Place, page: FeedPage): string;
}

/** All streams of a user. */
export interface Channel {
  streams: Set<Stream>;
  /** There may be something new. */
  wake(): void;
  /**
   * Tells streams that can take it what they were not told yet. Never rejects; what fails is tried again at the next
   * call.
   */
  serve(): Promise<void>;
  /** Puts a stream behind what is at `place`. @returns that as text. */
  begin(stream: Stream, place: Place): Promise<string>;
  /** Puts a stream at the place that `find` gives. */
  beginAt(stream: Stream, find: () => Promise<Place>): Promise<void>;
  /** A sign of life for those who have been told nothing for long. */
  beat(): void;
}

export function createChannel(feed: Feed, log: Logger): Channel {
  const streams = new Set<Stream>();
  /** How many wake-ups there were. */
  let wakes = 0;
  let isServed = false;

  async function serve(): Promise<void> {
    if (isServed) return;
    isServed = true;
    try {
      for (let group = nextGroup(); group.length > 0; group = nextGroup()) await deliver(group);
    } catch (error) {
      log.debug({ reason: String(error) }, 'changes could not be read for streams');
    }
    isServed = false;
  }

  /** Streams that are to be told something and can take it, all of them at the same place. */
  function nextGroup(): Stream[] {
    const ready = [...streams].filter((stream) => stream.seen < wakes && stream.isReady());
    const [first] = ready;
    return first === undefined ? [] : ready.filter(({ place }) => isSamePlace(place, first.place));
  }

  async function deliver(group: readonly Stream[]): Promise<void> {
    const before = wakes;
    const place = group[0]?.place ?? endOf(null, 0);
    const page = await feed.read(place).catch((error) => {
      if (!(error instanceof AppError) || error.code !== 'CURSOR_EXPIRED') throw error;
      // Their clients will hear so when they come back.
      for (const stream of group) stream.end();
      return null;
    });
    if (page === null) return;
    const text = feed.textOf(place, page);
    // Made once, whoever gets it.
    const bytes = text === '' ? null : Buffer.from(text);
    for (const stream of group) {
      if (!stream.isReady()) continue;
      goOn(stream, page, before);
      if (bytes !== null) stream.send(bytes);
    }
  }

  return {
    streams,
    wake() {
      wakes += 1;
      void serve();
    },
    serve,
    async begin(stream, place) {
      const before = wakes;
      const page = await feed.read(place);
      goOn(stream, page, before);
      return feed.textOf(place, page);
    },
    async beginAt(stream, find) {
      const before = wakes;
      stream.place = await find();
      stream.seen = before;
    },
    beat() {
      for (const stream of streams) beat(stream);
    },
  };
}

function goOn(stream: Stream, { next, hasMore }: FeedPage, wakes: number): void {
  stream.place = next;
  if (!hasMore) stream.seen = wakes;
}

/**
 * Whatever is written looks like life to the limit for connections that stand still: a client that takes nothing gets
 * no heartbeat.
 */
function beat(stream: Stream): void {
  const isDue = performance.now() - stream.sentAt() > heartbeatMs;
  if (isDue && stream.isReady() && stream.request.isTaking()) stream.send(heartbeat);
}

const isSamePlace = (a: Place, b: Place): boolean =>
  a === b ||
  (a.revision === b.revision &&
    a.type === b.type &&
    a.id === b.id &&
    a.base === b.base &&
    a.epoch === b.epoch);
