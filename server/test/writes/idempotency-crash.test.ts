import { randomUUID } from 'node:crypto';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { mintToken } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { createDatabase, urlOf } from '../support/database.ts';
import { isLong } from '../support/long-tests.ts';
import { type Server, startServer, taskIds } from '../support/process.ts';
import { newDataDirectory } from '../support/servers.ts';

const rounds = isLong ? 20 : 4;
const writers = 4;
const retryMs = 50;

/** A relay between the clients and the running server, which changes. */
async function createRelay() {
  const relay = { port: 0, target: 0, onAnswer: null as (() => void) | null };
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((client) => {
    const upstream = connect(relay.target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          client.destroy();
          upstream.destroy();
          sockets.delete(socket);
        });
    }
    client.pipe(upstream);
    upstream.on('data', (chunk) => {
      if (relay.onAnswer === null) client.write(chunk);
      else relay.onAnswer();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  relay.port = (server.address() as AddressInfo).port;
  afterTest.push(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return relay;
}

test(`${rounds} rounds of kill -9 under retries: nothing is lost and nothing is doubled`, {
  timeout: 180_000,
}, async () => {
  const database = await createDatabase();
  afterTest.push(() => database.drop());
  const env = {
    DATABASE_URL: urlOf(database.connection),
    DATA_DIR: await newDataDirectory(),
    LOG_LEVEL: 'silent',
  };
  const relay = await createRelay();
  let server: Server | undefined;
  const start = async () => {
    server = await startServer(env);
    relay.target = Number(new URL(server.url).port);
    return server;
  };
  afterTest.push(async () => {
    server?.child.kill('SIGKILL');
    await server?.ended;
  });
  const userId = `user_${randomUUID()}`;
  const authorization = `Bearer ${await mintToken({ sub: userId })}`;
  const acknowledged: string[] = [];
  let replays = 0;

  /** One write of a client that retries until it succeeds. */
  async function write(title: string): Promise<void> {
    const headers = { authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    for (;;) {
      try {
        const response = await fetch(`http://127.0.0.1:${relay.port}/api/${userId}/tasks`, {
          method: 'POST',
          headers: { ...headers, connection: 'close' },
          body: JSON.stringify({ title }),
        });
        const text = await response.text();
        if (response.status === 201) {
          if (response.headers.has('idempotency-replayed')) replays += 1;
          acknowledged.push(JSON.parse(text).id);
          return;
        }
        expect([409, 503]).toContain(response.status);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
      await sleep(retryMs);
    }
  }

  let running = await start();
  for (let round = 0; round < rounds; round += 1) {
    // In even rounds the server is killed at its first response, when the write is stored; the client does not get it.
    // In odd rounds it is killed at any time.
    const killed =
      round % 2 === 0
        ? new Promise<void>((resolve) => {
            relay.onAnswer = resolve;
          })
        : sleep(round * 2);
    const writes = Array.from({ length: writers }, (_, index) => write(`round ${round}, write ${index}`));
    await killed;
    running.child.kill('SIGKILL');
    await running.ended;
    relay.onAnswer = null;
    running = await start();
    await Promise.all(writes);
  }

  const stored = await taskIds(running.url, userId);
  expect(acknowledged).toHaveLength(rounds * writers);
  expect(stored).toEqual(new Set(acknowledged));
  expect(stored.size).toBe(rounds * writers);
  expect(replays).toBeGreaterThanOrEqual(rounds / 2);
});
