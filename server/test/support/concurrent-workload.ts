import type { TestApp } from './app.ts';
import { createWorkload, type Observation, type TestClient } from './cache-workload.ts';
import type { History } from './history.ts';
import type { Random } from './random.ts';

/**
 * Reads and writes at the same time, for tests that compare each response with the states of its client.
 * @param instances requests go to a random one
 * @param writesEach how often each writer writes; a client has two writers, one for each of its histories
 */
export function createConcurrentWorkload(
  instances: readonly TestApp[],
  clients: readonly TestClient[],
  random: Random,
  writesEach: number,
) {
  const workload = createWorkload(instances, random);
  const observations: Observation[] = [];
  const histories = clients.flatMap((client) => client.histories.map((history) => ({ client, history })));
  let activeWriters = histories.length;

  async function observe(client: TestClient): Promise<void> {
    observations.push(await workload.readOnce(client));
  }

  async function runWriter(client: TestClient, history: History): Promise<void> {
    const trash: Parameters<typeof workload.writeOnce>[2] = [];
    try {
      for (let write = 0; write < writesEach; write += 1) {
        await workload.writeOnce(client, history, trash);
        for (let reads = random.below(6); reads > 0; reads -= 1) await observe(client);
      }
    } finally {
      activeWriters -= 1;
    }
  }

  return {
    observations,
    isWriting: () => activeWriters > 0,
    /** Reads once as a random client. */
    observeAny: () => observe(random.pick(clients)),
    /** Starts all writers. Each also reads as its own client. */
    runWriters: () => histories.map(({ client, history }) => runWriter(client, history)),
    /** Reads as random clients until the last writer has ended. */
    async runReader(): Promise<void> {
      while (activeWriters > 0) await observe(random.pick(clients));
    },
    close: workload.close,
  };
}
