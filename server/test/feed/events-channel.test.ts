import { expect, test } from 'vitest';
import { createChannel } from '../../src/feed/channel.ts';
import { endOf } from '../../src/feed/place.ts';
import type { FeedPage } from '../../src/feed/queries.ts';
import type { Stream } from '../../src/feed/stream.ts';
import { silentLog as log } from '../support/log.ts';

const nothing: FeedPage = { changes: [], next: endOf(null, 1), hasMore: false };

/** A stream as the channel sees it, and what it was given. */
function fakeStream(fields: { silentMs?: number; isTaking?: boolean; isReady?: boolean } = {}) {
  const { silentMs = 0, isTaking = true, isReady = true } = fields;
  const given: string[] = [];
  const stream: Stream = {
    request: { userId: 'ada', authorization: [], place: null, isTaking: () => isTaking },
    // Not looked at.
    readable: Reflect.get({}, 'readable'),
    place: endOf(null, 1),
    seen: 0,
    send: (text) => void given.push(String(text)),
    isReady: () => isReady,
    sentAt: () => performance.now() - silentMs,
    end: () => void given.push('end'),
  };
  return { stream, given };
}

test('a heartbeat comes after 15 s of silence, to those who took everything', () => {
  const { streams, beat } = createChannel({ read: async () => nothing, textOf: () => '' }, log);
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
  const channel = createChannel(
    {
      async read() {
        if (isAway) throw new Error('away');
        return { ...nothing, next: endOf(null, 2) };
      },
      textOf: () => 'news',
    },
    log,
  );
  const { stream, given } = fakeStream();
  channel.streams.add(stream);
  channel.wake();
  await new Promise(setImmediate);
  await channel.serve();
  expect([given, stream.place]).toEqual([[], endOf(null, 1)]);
  isAway = false;
  await channel.serve();
  expect([given, stream.place]).toEqual([['news'], endOf(null, 2)]);
});

test('a wake-up while changes are read lets them be read again', async () => {
  let reads = 0;
  const channel = createChannel(
    {
      async read() {
        reads += 1;
        if (reads === 1) channel.wake();
        return nothing;
      },
      textOf: () => '',
    },
    log,
  );
  channel.streams.add(fakeStream().stream);
  channel.wake();
  await new Promise(setImmediate);
  expect(reads).toBe(2);
});
