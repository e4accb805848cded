import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { CursorScope } from '../db/cursors.ts';
import type { Db } from '../db/schema.ts';
import { createTurns } from '../platform/turns.ts';
import type { RevisionOf } from '../response-cache/revision-reader.ts';
import { type Channel, createChannel, type Feed } from './channel.ts';
import { changesText, readyText } from './event-text.ts';
import type { Followers } from './followers.ts';
import { endOf, scopeOf } from './place.ts';
import { findChanges } from './queries.ts';
import { createStream, type Stream, type StreamRequest } from './stream.ts';
import type { WakeUps } from './wake-ups.ts';

const pageSize = 100;
/** Connections of the pool that streams may use at a time: the others are for requests. */
const readsAtATime = 3;

export interface EventStreams {
  /**
   * The changes behind a place, then those that come, as an event stream. It ends with its token or the service.
   * @throws AppError CURSOR_EXPIRED, RATE_LIMITED, UNAUTHORIZED, SERVICE_LOCKED, SERVICE_UNAVAILABLE
   */
  open(request: StreamRequest): Promise<Readable>;
  /** How many are open. */
  count(): number;
}

interface Sources {
  db: Db;
  log: Logger;
  secrets: CursorScope['secrets'];
  wakeUps: WakeUps;
  followers: Followers;
  revisionOf: RevisionOf;
}

/**
 * Wake-ups say that there may be something behind the places of a user's streams; then it is read, once for all that
 * are at the same place. For a client that does not take what was sent nothing is read, so nothing piles up: it goes on
 * from its place, or is cut for standing still and comes back for the rest.
 */
export function createEventStreams(sources: Sources): EventStreams {
  const { db, log, secrets, wakeUps, followers, revisionOf } = sources;
  const channels = new Map<string, { channel: Channel; unwatch: () => void }>();
  const inTurn = createTurns(readsAtATime, Number.POSITIVE_INFINITY);

  followers.afterChecks(() => {
    for (const { channel } of channels.values()) {
      channel.beat();
      void channel.serve();
    }
  });

  const feedOf = (userId: string): Feed => ({
    read: (place) => inTurn(() => findChanges(db, userId, place, pageSize)),
    textOf: ({ base }, { changes, next }) => changesText(changes, next, base ?? 0, scopeOf(secrets, userId)),
  });

  function channelOf(userId: string): Channel {
    const known = channels.get(userId);
    if (known !== undefined) return known.channel;
    const channel = createChannel(feedOf(userId), log);
    channels.set(userId, { channel, unwatch: wakeUps.watch(userId, channel.wake) });
    return channel;
  }

  function leave(userId: string, stream: Stream): void {
    const found = channels.get(userId);
    found?.channel.streams.delete(stream);
    if (found === undefined || found.channel.streams.size > 0) return;
    channels.delete(userId);
    found.unwatch();
  }

  /** What a stream begins with. */
  async function begin(channel: Channel, stream: Stream): Promise<string> {
    const { userId, place } = stream.request;
    const scope = scopeOf(secrets, userId);
    if (place !== null) return readyText(place, scope) + (await channel.begin(stream, place));
    await channel.beginAt(stream, async () => {
      const { epoch, revision } = await revisionOf(userId);
      return endOf(epoch, Number(revision));
    });
    return readyText(stream.place, scope);
  }

  return {
    async open(request) {
      let stream: Stream | undefined;
      const { userId, authorization } = request;
      const stay = await followers.admit({ userId, authorization, end: () => stream?.end() });
      const channel = channelOf(userId);
      stream = createStream(request, stay, channel.serve, (self) => leave(userId, self));
      channel.streams.add(stream);
      try {
        stream.send(await begin(channel, stream));
        return stream.readable;
      } catch (error) {
        stream.readable.destroy();
        throw error;
      }
    },
    count: () => [...channels.values()].reduce((sum, { channel }) => sum + channel.streams.size, 0),
  };
}
