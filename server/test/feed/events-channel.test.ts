import { expect, test } from 'vitest';
import type { EventStream } from '../../src/feed/event-stream.ts';
import { endOfRevision } from '../../src/feed/position.ts';
import type { FeedPage } from '../../src/feed/queries.ts';
import { createUserStreams } from '../../src/feed/user-streams.ts';
import { silentLog as log } from '../support/log.ts';

const nothing: FeedPage = { changes: [], next: endOfRevision(null, 1), hasMore: false };

/** A fake event stream, and the texts that it was sent. */
function fakeStream(fields: { silentMs?: number; isTaking?: boolean; isReady?: boolean } = {}) {
  const { silentMs = 0, isTaking = true, isReady = true } = fields;
  const given: string[] = [];
  const stream: EventStream = {
    request: { userId: 'ada', authorization: [], position: null, isDrained: () => isTaking },
    // Not used.
    readable: Reflect.get({}, 'readable'),
    position: endOfRevision(null, 1),
    deliveredNotification: 0,
    send: (text) => void given.push(String(text)),
    isReady: () => isReady,
    sentAt: () => performance.now() - silentMs,
    end: () => void given.push('end'),
  };
  return { stream, given };
}

test('a heartbeat comes after 15 s of silence, to those who took everything', () => {
  const { streams, sendHeartbeats: beat } = createUserStreams(
    { read: async () => nothing, format: () => '' },
    log,
  );
  const [due, early, blocked, doubtful] = [
    fakeStream({ silentMs: 15_100 }),
    fakeStream({ silentMs: 14_000 }),
    fakeStream({ silentMs: 60_000, isTaking: false }),
    fakeStream({ silentMs: 60_000, isReady: false }),
  ];
  for (const { stream } of [due, early, blocked, doubtful]) streams.add(stream);
  beat();
  expect([due, early, blocked, doubtful].map(({ given }) => given)).toEqual([[':\n\n'], [], [], []]);
});

test('what fails to be read is read at the next call', async () => {
  let isAway = true;
  const channel = createUserStreams(
    {
      async read() {
        if (isAway) throw new Error('away');
        return { ...nothing, next: endOfRevision(null, 2) };
      },
      format: () => 'news',
    },
    log,
  );
  const { stream, given } = fakeStream();
  channel.streams.add(stream);
  channel.wake();
  await new Promise(setImmediate);
  await channel.deliver();
  expect([given, stream.position]).toEqual([[], endOfRevision(null, 1)]);
  isAway = false;
  await channel.deliver();
  expect([given, stream.position]).toEqual([['news'], endOfRevision(null, 2)]);
});

test('a wake-up while changes are read lets them be read again', async () => {
  let reads = 0;
  const channel = createUserStreams(
    {
      async read() {
        reads += 1;
        if (reads === 1) channel.wake();
        return nothing;
      },
      format: () => '',
    },
    log,
  );
  channel.streams.add(fakeStream().stream);
  channel.wake();
  await new Promise(setImmediate);
  expect(reads).toBe(2);
});
