import { setTimeout as sleep } from 'node:timers/promises';
import type { Change } from '../../src/feed/model.ts';
import { createLocalCopy, type FeedReply, type LocalCopy } from './feed.ts';
import type { Random } from './random.ts';

/** How a feed client reaches the service: any of its instances, some of them down at times. */
export interface ServiceAddress {
  /** Base URL for the next request. */
  url(): string;
  /** `/api/v1/users/{id}` */
  path: string;
  token: string;
}

export interface FeedClient {
  name: string;
  mirror: LocalCopy;
  /** How often the client lost its connection or had to start over. */
  interruptions(): number;
  /** Resolves when the client has every change up to the revision. Rejects with the first fault. */
  finish(revision: number): Promise<void>;
}

/** @throws Error if changes arrive out of the feed's order */
function createOrderCheck() {
  let last: string[] = [];
  return {
    restart(): void {
      last = [];
    },
    check({ revision, type, id }: Change): void {
      const place = [String(revision).padStart(9, '0'), type, id];
      const order = place.map((part, index) =>
        Buffer.compare(Buffer.from(part), Buffer.from(last[index] ?? '')),
      );
      if (last.length > 0 && (order.find((one) => one !== 0) ?? 0) <= 0)
        throw new Error(`${place} came after ${last}`);
      last = place;
    },
  };
}

/** Keeps a rejection until the promise is awaited: it is not reported as unhandled. */
function runInBackground(run: () => Promise<void>) {
  const going = run();
  going.catch(() => undefined);
  return going;
}

/** The instance is starting or stopping, or the machine is so busy that the request arrived too slowly. */
const isTemporary = (status: number): boolean => status === 503 || status === 408;

type PageReply = { status: number; page: FeedReply };

async function get({ url, path, token }: ServiceAddress, query: string): Promise<PageReply | null> {
  try {
    const response = await fetch(`${url()}${path}/changes?${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: response.status, page: JSON.parse(await response.text()) };
  } catch {
    return null;
  }
}

/** Reads the feed page by page; `query` gives the parameters of each page. */
export function pollFeed(name: string, reach: ServiceAddress, query: () => string): FeedClient {
  const mirror = createLocalCopy();
  const order = createOrderCheck();
  let isDone = false;
  let interruptions = 0;
  const going = runInBackground(async () => {
    for (let cursor: string | undefined; ; ) {
      const wasDone = isDone;
      const since = cursor === undefined ? '' : `&since=${encodeURIComponent(cursor)}`;
      const answer = await get(reach, query() + since);
      if (answer?.status === 410) {
        mirror.clear();
        order.restart();
        cursor = undefined;
        interruptions += 1;
      } else if (answer?.status !== 200) {
        if (answer !== null && !isTemporary(answer.status))
          throw new Error(`${name} got ${JSON.stringify(answer)}`);
        interruptions += 1;
        await sleep(10);
      } else {
        const { data, next_cursor, has_more } = answer.page;
        for (const change of data) {
          order.check(change);
          mirror.apply(change);
        }
        cursor = next_cursor;
        if (wasDone && !has_more) return;
      }
    }
  });
  return {
    name,
    mirror,
    interruptions: () => interruptions,
    finish() {
      isDone = true;
      return going;
    },
  };
}

/** Reads the event stream, and disconnects at random, also within a revision. */
export function streamFeed(name: string, reach: ServiceAddress, random: Random): FeedClient {
  const mirror = createLocalCopy();
  const order = createOrderCheck();
  let lastId: string | undefined;
  let wanted = Number.POSITIVE_INFINITY;
  let interruptions = 0;
  let current = new AbortController();
  /** Within a revision an event id has more parts, and is no number. */
  const isDone = () => Number(lastId?.replace(/@[0-9a-f]+$/, '')) >= wanted;

  async function startAnew(): Promise<string | undefined> {
    mirror.clear();
    lastId = undefined;
    for (let cursor = ''; ; ) {
      const answer = await get(reach, cursor && `since=${encodeURIComponent(cursor)}`);
      if (answer?.status !== 200) return undefined;
      for (const change of answer.page.data) mirror.apply(change);
      cursor = answer.page.next_cursor;
      if (!answer.page.has_more) return cursor;
    }
  }

  /** @returns whether the cursor expired, so that the client has to start over */
  async function followOnce(since: string | undefined): Promise<boolean> {
    current = new AbortController();
    const breakOff = setTimeout(() => current.abort(), 100 + random.below(2_000));
    const mostEvents = 1 + random.below(200);
    try {
      const query = lastId === undefined ? `?since=${encodeURIComponent(since ?? '')}` : '';
      const response = await fetch(`${reach.url()}${reach.path}/events${query}`, {
        headers: {
          authorization: `Bearer ${reach.token}`,
          ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
        },
        signal: current.signal,
      });
      if (response.status === 410) return true;
      if (response.status !== 200) {
        if (!isTemporary(response.status)) throw new Error(`${name} got ${response.status}`);
        return false;
      }
      order.restart();
      let count = 0;
      for await (const { event, id, data } of eventsOf(response)) {
        if (event === 'change') {
          order.check(data);
          mirror.apply(data);
        }
        lastId = id ?? lastId;
        count += 1;
        if (count === mostEvents || isDone()) return false;
      }
      return false;
    } catch (error) {
      if (error instanceof Error && / (?:got|came after) /.test(error.message)) throw error;
      return false;
    } finally {
      clearTimeout(breakOff);
      current.abort();
    }
  }

  const going = runInBackground(async () => {
    let since = await startAnew();
    while (!isDone()) {
      const isOld = since === undefined || (await followOnce(since));
      if (isOld) since = await startAnew();
      interruptions += 1;
      await sleep(random.below(20));
    }
  });
  return {
    name,
    mirror,
    interruptions: () => interruptions,
    finish(revision) {
      wanted = revision;
      current.abort();
      return going;
    },
  };
}

interface Event {
  event: string | undefined;
  id: string | undefined;
  data: Change;
}

async function* eventsOf(response: Response): AsyncGenerator<Event> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const part of response.body ?? []) {
    const blocks = (rest + decoder.decode(part, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      const event = field('event');
      if (event !== undefined) yield { event, id: field('id'), data: JSON.parse(field('data') ?? '') };
    }
  }
}
