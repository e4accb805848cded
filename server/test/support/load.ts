import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { mintToken } from './app.ts';

/** Results of a group of clients. */
export interface LoadResults {
  /** Number of responses by status; 0 for no response. */
  statuses: Record<string, number>;
  /** Longest time between two successful responses. */
  longestGapMs: number;
}

export interface RunningLoad {
  writes: LoadResults;
  reads: LoadResults;
  /** Ids of the tasks whose creation was acknowledged. */
  acknowledged: string[];
  userIds: string[];
  stop(): Promise<void>;
}

/** A client waits after a refusal. */
const pauseMs = 20;

/** Clients that create tasks and read lists in a loop, until `stop`. */
export function startLoad(url: string, writers: number, readers: number): RunningLoad {
  let isOver = false;
  const newResults = (): LoadResults => ({ statuses: {}, longestGapMs: 0 });
  const load = { writes: newResults(), reads: newResults(), acknowledged: [] as string[] };
  const userIds = Array.from({ length: writers }, () => `user_${randomUUID()}`);

  async function send(userId: string, body?: string): Promise<{ status: number; text: string }> {
    const token = await mintToken({ sub: userId });
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
    const path = `/api/${userId}/tasks${body ? '' : `?limit=5&search=${randomUUID().slice(0, 4)}`}`;
    try {
      const response = await fetch(url + path, { headers, ...(body && { method: 'POST', body }) });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      return { status: 0, text: String(error) };
    }
  }

  async function run(answers: LoadResults, send: () => Promise<{ status: number; text: string }>) {
    let succeededAt = performance.now();
    while (!isOver) {
      const { status, text } = await send();
      answers.statuses[status] = (answers.statuses[status] ?? 0) + 1;
      if (status >= 200 && status < 300) {
        answers.longestGapMs = Math.max(answers.longestGapMs, performance.now() - succeededAt);
        succeededAt = performance.now();
        if (status === 201) load.acknowledged.push(JSON.parse(text).id);
      }
      await sleep(status === 200 || status === 201 ? 1 : pauseMs);
    }
  }

  const write = JSON.stringify({ title: 'milk', tags: ['home'] });
  const running = [
    ...userIds.map((id) => run(load.writes, () => send(id, write))),
    ...Array.from({ length: readers }, (_, index) => userIds[index % writers] ?? '').map((id) =>
      run(load.reads, () => send(id)),
    ),
  ];
  return {
    ...load,
    userIds,
    async stop() {
      isOver = true;
      await Promise.all(running);
    },
  };
}
