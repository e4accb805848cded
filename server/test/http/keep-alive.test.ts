import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createDb } from '../../src/db/pool.ts';
import { buildApp } from '../../src/http/app.ts';
import type { App } from '../../src/http/app-type.ts';
import { createContext } from '../../src/process/context.ts';
import { startApp, type TestApp, type TestUser } from '../support/app.ts';
import { silentLog } from '../support/log.ts';
import { hasNginx, startKeepAliveNginx } from '../support/nginx.ts';
import { patience } from '../support/patience.ts';
import { host, openSocket } from '../support/raw-http.ts';

/** Longer than Node's default keep-alive time-out of 5 s. */
const oldLimitMs = 6_500;

let app: TestApp;
let user: TestUser;
let db: ReturnType<typeof createDb>;
const servers: App[] = [];
beforeAll(async () => {
  app = await startApp();
  user = await app.newUser();
  db = createDb({ connection: app.database.connection, max: 10, log: silentLog });
});
afterAll(async () => {
  for (const server of servers) {
    server.server.closeAllConnections();
    await server.close();
  }
  await db.destroy();
  await app.close();
});

/** A server of its own, because its connections are counted. */
async function startServer() {
  const server = await buildApp(createContext(app.ctx.config, db, silentLog));
  servers.push(server);
  let opened = 0;
  server.server.on('connection', () => {
    opened += 1;
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return { server, url, opened: () => opened };
}

const ask = `GET /health HTTP/1.1\r\n${host}\r\n`;

/** A connection whose first request got its response. */
async function idleConnection(url: string) {
  const socket = openSocket(url);
  socket.write(ask);
  await once(socket, 'data');
  return socket;
}

describe.concurrent('a connection that is idle between requests', () => {
  test('is kept for KEEP_ALIVE_SECONDS, and its next request is answered', async () => {
    const { url } = await startServer();
    const socket = await idleConnection(url);
    await sleep(oldLimitMs);
    socket.write(ask);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });

  test('has no more time than others for the headers of the next one', async () => {
    const { url } = await startServer();
    const socket = await idleConnection(url);
    const began = performance.now();
    socket.write(`GET /health HTTP/1.1\r\n${host}`);
    const dripping = setInterval(() => socket.writable && socket.write('X: y\r\n'), 500);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(dripping);
    // The limit is 5 s, a busy machine is later, and the normal idle time-out is 75 s.
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  test('does not hold up the end of the server', async () => {
    const { server, url } = await startServer();
    const socket = await idleConnection(url);
    const closed = once(socket, 'close');
    await server.close();
    await closed;
  });

  test('is refused beyond the limit, whichever listener of the server took it', async () => {
    const { server, url } = await startServer();
    const second = createServer((socket) => server.server.emit('connection', socket));
    await once(second.listen(0, '127.0.0.1'), 'listening');
    const address = second.address();
    const secondUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    server.server.maxConnections = 2;
    const kept = [await idleConnection(url), await idleConnection(secondUrl)];
    const third = openSocket(secondUrl);
    await new Promise((resolve) => third.once('close', resolve));
    for (const socket of kept) socket.destroy();
    second.close();
  });

  test('makes room while the server is crowded, also one that was idle before', async () => {
    const { server, url } = await startServer();
    const { maxConnections } = server.server;
    const idle = await idleConnection(url);
    const closed = vi.fn();
    idle.once('close', closed);
    server.server.maxConnections = 5;
    const others = await Promise.all(Array.from({ length: 4 }, () => idleConnection(url)));
    // Not by its idle time-out of 75 s.
    await vi.waitUntil(() => closed.mock.calls.length > 0, patience);
    for (const socket of others) socket.destroy();
    server.server.maxConnections = maxConnections;
    const later = await idleConnection(url);
    expect(server.server.keepAliveTimeout).toBe(75_000);
    later.destroy();
  });

  test.skipIf(!hasNginx('a proxy that keeps connections'))(
    'gets the POSTs of a proxy that keeps its connections for 60 s, and each is answered',
    async () => {
      const { url, opened } = await startServer();
      const proxy = await startKeepAliveNginx(url);
      const width = 20;
      const agent = new Agent({ keepAlive: true, maxSockets: width });
      const post = async (title: string) => {
        const sent = request(`${proxy}${user.bare}/tasks`, {
          agent,
          method: 'POST',
          headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
        });
        sent.end(JSON.stringify({ title }));
        const [response] = await once(sent, 'response');
        response.resume();
        await once(response, 'end');
        return response.statusCode;
      };
      const wave = (round: number) =>
        Promise.all(Array.from({ length: width }, (_item, index) => post(`${round} ${index}`)));
      const created = Array(width).fill(201);
      expect(await wave(0)).toEqual(created);
      const openedBefore = opened();
      await sleep(oldLimitMs);
      expect(await wave(1)).toEqual(created);
      expect(opened()).toBe(openedBefore);
      agent.destroy();
    },
  );
});
