import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Writers {
  /** Titles of acknowledged tasks. */
  acknowledged: Set<string>;
  /** How many requests were sent again under their key. */
  repeated(): number;
  /** Rejects when the server refuses a write for good. */
  running: Promise<void>;
  /** Resolves once the last writes are acknowledged. */
  finish(): Promise<void>;
}

/** Between two writes, and before a request is sent again. */
const [pauseMs, retryMs] = [25, 50];
/** The first request under the same key still runs. */
const inFlight = 409;

/**
 * Writers that create one task after the other. Each sends a request again, with the same Idempotency-Key, until it is
 * acknowledged: so each title has to be there once, whatever was killed meanwhile.
 */
export function startWriters(
  url: string,
  { token, userId }: { token: string; userId: string },
  count: number,
): Writers {
  const acknowledged = new Set<string>();
  let repeated = 0;
  let isOver = false;

  /** @returns the status; 0 without an answer */
  const create = (title: string, key: string): Promise<number> =>
    fetch(`${url}/api/v1/users/${userId}/tasks`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        'idempotency-key': key,
      },
      body: JSON.stringify({ title }),
      signal: AbortSignal.timeout(10_000),
    })
      .then((response) => response.arrayBuffer().then(() => response.status))
      .catch(() => 0);

  async function write(): Promise<void> {
    while (!isOver) {
      const key = randomUUID();
      const title = `writer ${key}`;
      for (let status = await create(title, key); status !== 201; status = await create(title, key)) {
        if (status >= 400 && status < 500 && status !== inFlight)
          throw new Error(`a writer was refused with status ${status}`);
        repeated += 1;
        await sleep(retryMs);
      }
      acknowledged.add(title);
      await sleep(pauseMs);
    }
  }

  const running = Promise.all(Array.from({ length: count }, write)).then(() => undefined);
  return {
    acknowledged,
    repeated: () => repeated,
    running,
    async finish() {
      isOver = true;
      await running;
    },
  };
}
