import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { CursorScope } from '../db/cursors.ts';
import type { Db } from '../db/schema.ts';
import { createConcurrencyLimiter } from '../platform/concurrency-limiter.ts';
import type { GetRevision } from '../response-cache/revision-reader.ts';
import type { ChangeNotifier } from './change-notifier.ts';
import { formatChanges, formatReady } from './event-format.ts';
import { createEventStream, type EventStream, type EventStreamRequest } from './event-stream.ts';
import { endOfRevision, feedCursorScope } from './position.ts';
import { findChanges } from './queries.ts';
import type { Subscriptions } from './subscriptions.ts';
import { createUserStreams, type FeedReader, type UserStreams } from './user-streams.ts';

const pageSize = 100;
/** The number of pool connections that streams may use at a time; the others are for requests. */
const maxConcurrentReads = 3;

export interface EventStreams {
  /**
   * The changes after a position, then new ones, as an event stream. It ends with its token or the service.
   * @throws AppError CURSOR_EXPIRED, RATE_LIMITED, UNAUTHORIZED, SERVICE_LOCKED, SERVICE_UNAVAILABLE
   */
  open(request: EventStreamRequest): Promise<Readable>;
  /** The number of open streams. */
  count(): number;
}

interface StreamSources {
  db: Db;
  log: Logger;
  secrets: CursorScope['secrets'];
  changeNotifier: ChangeNotifier;
  subscriptions: Subscriptions;
  getRevision: GetRevision;
}

/**
 * After a notification there may be changes after the positions of a user's streams. They are read once for all streams
 * at the same position. Nothing is read for a client that has not received everything sent: it resumes later at its
 * position, or is disconnected when it stalls.
 */
export function createEventStreams(sources: StreamSources): EventStreams {
  const { db, log, secrets, changeNotifier, subscriptions, getRevision } = sources;
  const streamsByUser = new Map<string, { userStreams: UserStreams; unwatch: () => void }>();
  const limiter = createConcurrencyLimiter(maxConcurrentReads, Number.POSITIVE_INFINITY);

  subscriptions.onChecked(() => {
    for (const { userStreams } of streamsByUser.values()) {
      userStreams.sendHeartbeats();
      void userStreams.deliver();
    }
  });

  const feedReaderOf = (userId: string): FeedReader => ({
    read: (position) => limiter(() => findChanges(db, userId, position, pageSize)),
    format: ({ initialSyncRevision }, { changes, next }) =>
      formatChanges(changes, next, initialSyncRevision ?? 0, feedCursorScope(secrets, userId)),
  });

  function userStreamsOf(userId: string): UserStreams {
    const known = streamsByUser.get(userId);
    if (known !== undefined) return known.userStreams;
    const userStreams = createUserStreams(feedReaderOf(userId), log);
    streamsByUser.set(userId, { userStreams, unwatch: changeNotifier.watch(userId, userStreams.wake) });
    return userStreams;
  }

  function leave(userId: string, stream: EventStream): void {
    const found = streamsByUser.get(userId);
    found?.userStreams.streams.delete(stream);
    if (found === undefined || found.userStreams.streams.size > 0) return;
    streamsByUser.delete(userId);
    found.unwatch();
  }

  /** The first events of a stream. */
  async function begin(userStreams: UserStreams, stream: EventStream): Promise<string> {
    const { userId, position } = stream.request;
    const scope = feedCursorScope(secrets, userId);
    if (position !== null)
      return formatReady(position, scope) + (await userStreams.resumeAfter(stream, position));
    await userStreams.startAt(stream, async () => {
      const { epoch, revision } = await getRevision(userId);
      return endOfRevision(epoch, Number(revision));
    });
    return formatReady(stream.position, scope);
  }

  return {
    async open(request) {
      let stream: EventStream | undefined;
      const { userId, authorization } = request;
      const subscription = await subscriptions.subscribe({ userId, authorization, end: () => stream?.end() });
      const userStreams = userStreamsOf(userId);
      stream = createEventStream(request, subscription, userStreams.deliver, (self) => leave(userId, self));
      userStreams.streams.add(stream);
      try {
        stream.send(await begin(userStreams, stream));
        return stream.readable;
      } catch (error) {
        stream.readable.destroy();
        throw error;
      }
    },
    count: () =>
      [...streamsByUser.values()].reduce((sum, { userStreams }) => sum + userStreams.streams.size, 0),
  };
}
