import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { mintToken } from './app.ts';
import { judge, type Verdict } from './ledger.ts';
import { waitUntil } from './process.ts';

/** What a group of clients got since `forget`. */
export interface Seen {
  /** Responses by status; 0 for no response. */
  statuses: Record<string, number>;
  /** Responses by error code. */
  codes: Record<string, number>;
  slowestMs: number;
}

/** What became of the writes, by title. */
export interface RecordedVerdict extends Verdict {
  acknowledged: number;
}

export interface Recorder {
  writes: Seen;
  reads: Seen;
  /** Begins to count anew. */
  forget(): void;
  /** Resolves after `count` more acknowledged writes and answered reads. */
  makeProgress(count: number): Promise<void>;
  /** Ends the clients, and compares what was acknowledged with what is there. */
  stop(): Promise<RecordedVerdict>;
}

/** A client waits after a refusal. */
const pauseMs = 20;

interface Client {
  userId: string;
  token: string;
  /** Of acknowledged writes. */
  titles: Set<string>;
}

/** A proxy answers with a page of its own when no instance does. */
const codeIn = (text: string): string =>
  text.startsWith('{') ? String(JSON.parse(text).error_code) : text.replace(/<[^>]*>/g, '').trim();

const newSeen = (): Seen => ({ statuses: {}, codes: {}, slowestMs: 0 });

/**
 * Clients that create tasks and read lists in a loop. Every second one of them sends an Idempotency-Key, and repeats
 * the request until it is acknowledged; the others send each title once.
 * @param server its `url` may change meanwhile
 */
export async function startRecorder(server: { url: string }, clientCount: number): Promise<Recorder> {
  const [writes, reads] = [newSeen(), newSeen()];
  let isOver = false;
  let [written, read] = [0, 0];

  async function send(seen: Seen, { userId, token }: Client, path: string, init: RequestInit, key?: string) {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (init.body !== undefined) headers['content-type'] = 'application/json';
    if (key !== undefined) headers['idempotency-key'] = key;
    const begin = performance.now();
    const [status, text] = await fetch(`${server.url}/api/${userId}/tasks${path}`, { ...init, headers }).then(
      async (response): Promise<[number, string]> => [response.status, await response.text()],
      (): [number, string] => [0, ''],
    );
    seen.slowestMs = Math.max(seen.slowestMs, performance.now() - begin);
    seen.statuses[status] = (seen.statuses[status] ?? 0) + 1;
    if (status >= 400) {
      const code = codeIn(text);
      seen.codes[code] = (seen.codes[code] ?? 0) + 1;
    }
    return status;
  }

  async function writeAll(client: Client, isKeyed: boolean): Promise<void> {
    while (!isOver) {
      const title = randomUUID();
      const init = { method: 'POST', body: JSON.stringify({ title }) };
      let status: number;
      do {
        status = await send(writes, client, '', init, isKeyed ? title : undefined);
        await sleep(status === 201 ? 1 : pauseMs);
      } while (isKeyed && status !== 201 && !isOver);
      if (status !== 201) continue;
      client.titles.add(title);
      written += 1;
    }
  }

  async function readAll(client: Client): Promise<void> {
    for (let count = 0; !isOver; count += 1) {
      // Every second list is not in the cache.
      const query = count % 2 === 0 ? '?limit=5' : `?limit=5&search=${randomUUID().slice(0, 4)}`;
      const status = await send(reads, client, query, {});
      if (status === 200) read += 1;
      await sleep(status === 200 ? 1 : pauseMs);
    }
  }

  const now = Math.floor(Date.now() / 1000);
  const clients = await Promise.all(
    Array.from({ length: clientCount }, async (): Promise<Client> => {
      const userId = `user_${randomUUID()}`;
      return {
        userId,
        // For clocks that are not right.
        token: await mintToken({ sub: userId, iat: now - 7_200, exp: now + 86_400 }),
        titles: new Set(),
      };
    }),
  );
  const running = clients.flatMap((client, index) => [writeAll(client, index % 2 === 1), readAll(client)]);
  return {
    writes,
    reads,
    forget: () => {
      for (const seen of [writes, reads]) Object.assign(seen, newSeen());
    },
    async makeProgress(count) {
      const [writtenBefore, readBefore] = [written, read];
      await waitUntil(() => written >= writtenBefore + count && read >= readBefore + count);
    },
    async stop() {
      isOver = true;
      await Promise.all(running);
      const verdicts: Verdict[] = [];
      for (const client of clients) verdicts.push(judge(client.titles, await titlesOf(server.url, client)));
      return {
        acknowledged: written,
        lost: verdicts.flatMap(({ lost }) => lost),
        doubled: verdicts.flatMap(({ doubled }) => doubled),
      };
    },
  };
}

/** Of everything that is there. */
async function titlesOf(url: string, { userId, token }: Client): Promise<string[]> {
  const titles: string[] = [];
  for (let offset = 0; ; offset += 100) {
    const response = await fetch(`${url}/api/${userId}/tasks?limit=100&offset=${offset}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const tasks: { title: string }[] = JSON.parse(await response.text());
    titles.push(...tasks.map(({ title }) => title));
    if (tasks.length < 100) return titles;
  }
}
