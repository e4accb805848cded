import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createDb } from '../../src/db/pool.ts';
import { buildApp } from '../../src/http/app.ts';
import type { App } from '../../src/http/app-type.ts';
import { createContext } from '../../src/process/context.ts';
import { startApp, type TestApp, type TestUser } from '../support/app.ts';
import { patience } from '../support/patience.ts';
import { expectRefusal, host, json, openSocket, parseResponses } from '../support/raw-http.ts';

let app: TestApp;
let user: TestUser;
let server: App;
let url: string;
let db: ReturnType<typeof createDb>;
/** The log lines. */
const written: { level: number; status?: number }[] = [];
beforeAll(async () => {
  app = await startApp();
  user = await app.newUser();
  const log = pino({}, { write: (line: string) => void written.push(JSON.parse(line)) });
  db = createDb({ connection: app.database.connection, max: 5, log });
  server = await buildApp(createContext(app.ctx.config, db, log));
  server.get('/slow', async () => {
    await sleep(1_000);
    return 'done';
  });
  url = await server.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  server.server.closeAllConnections();
  await server.close();
  await db.destroy();
  await app.close();
});

/** The server's side of a connection; those of earlier tests may still be accepted meanwhile. */
function accepted(isOurs: (socket: Socket) => boolean): Promise<Socket> {
  return new Promise((resolve) => {
    server.server.on('connection', function note(socket: Socket) {
      if (!isOurs(socket)) return;
      server.server.off('connection', note);
      resolve(socket);
    });
  });
}

interface Slow {
  what: string;
  said: string;
  closedMs: number;
}

/** Sends `start`, then `drop` each second, until the server closes the connection. */
async function slow(what: string, start: string, drop: string): Promise<Slow> {
  const began = performance.now();
  const socket = openSocket(url);
  let said = '';
  socket.setEncoding('latin1').on('data', (part) => {
    said += part;
  });
  socket.write(start);
  const dripping = setInterval(() => socket.writable && socket.write(drop), 1_000);
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(dripping);
  return { what, said, closedMs: performance.now() - began };
}

const kinds = (): [what: string, start: string, drop: string, limitMs: number][] => [
  ['headers', `GET /health HTTP/1.1\r\n${host}`, 'X: y\r\n', 6_000],
  ['body', `${postTask()}Content-Length: 1000\r\n\r\n{`, ' ', 11_000],
  ['silent', '', '', 6_000],
];
const postTask = () => `POST ${user.bare}/tasks HTTP/1.1\r\n${json}Authorization: Bearer ${user.token}\r\n`;
/** Allows for a busy machine. */
const graceMs = 4_000;

async function healthLatencies(done: () => boolean): Promise<number[]> {
  const latencies: number[] = [];
  while (!done()) {
    const began = performance.now();
    const response = await fetch(`${url}/health`);
    await response.text();
    expect(response.status).toBe(200);
    latencies.push(performance.now() - began);
    await sleep(20);
  }
  return latencies.sort((a, b) => a - b);
}

const longest = (found: Slow[], what: string) =>
  Math.max(...found.filter((one) => one.what === what).map(({ closedMs }) => closedMs));

describe('slow clients', () => {
  test('300 of them get a 408 in time and are closed, while health answers', async () => {
    const sockets = kinds().flatMap(([what, start, drop]) =>
      Array.from({ length: 100 }, () => slow(what, start, drop)),
    );
    let isDone = false;
    const health = healthLatencies(() => isDone);
    // Its headers alone are refused. Its body never ends, and gets no second response.
    const early = slow('early', `POST /api/ada/tasks HTTP/1.1\r\n${json}Content-Length: 1000\r\n\r\n{`, ' ');
    const found = await Promise.all(sockets);
    isDone = true;
    for (const { said, what } of found) {
      const { answers, rest } = parseResponses(said);
      expect([what, answers.length, rest]).toEqual([what, 1, '']);
      expectRefusal(answers[0], 408, 'REQUEST_TIMEOUT');
    }
    for (const [what, , , limitMs] of kinds())
      expect(longest(found, what), what).toBeLessThan(limitMs + graceMs);
    expect(parseResponses((await early).said).answers.map(({ status }) => status)).toEqual([401]);

    const latencies = await health;
    const at = (share: number) =>
      Math.round((latencies[Math.floor(latencies.length * share)] ?? 0) * 10) / 10;
    console.log(
      `300 slow sockets: ${kinds()
        .map(([what]) => `${what} closed in ${(longest(found, what) / 1000).toFixed(1)} s`)
        .join(', ')};`,
      `health p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(0.999999)} ms of ${latencies.length}`,
    );
    expect(at(0.95)).toBeLessThan(1_000);
  });

  test('2,000 idle connections leave health and the database to others', async () => {
    const idle: Socket[] = [];
    for (let batch = 0; batch < 20; batch += 1) {
      const sockets = Array.from({ length: 100 }, () => openSocket(url));
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      idle.push(...sockets);
    }
    try {
      expect((await fetch(`${url}/health`)).status).toBe(200);
      const list = await fetch(`${url}${user.bare}/tasks`, {
        headers: { authorization: `Bearer ${user.token}` },
      });
      expect(list.status).toBe(200);
    } finally {
      for (const socket of idle) socket.destroy();
    }
  });
});

describe('a connection that stands still', () => {
  test('with answers half sent is cut; one that waits for us is not', async () => {
    expect(server.server.timeout).toBe(30_000);
    const reader = openSocket(url);
    reader.pause();
    const socket = await accepted(({ remotePort }) => remotePort === reader.localPort);
    const large = `GET /docs/static/swagger-ui-bundle.js HTTP/1.1\r\n${host}\r\n`;
    reader.write(large.repeat(30));
    // A shorter limit from here on only: until the first answer a busy machine may take longer than that.
    await expect.poll(() => socket.bytesWritten).toBeGreaterThan(100_000);
    const closed = once(socket, 'close');
    const began = performance.now();
    socket.setTimeout(400);
    await closed;
    expect(performance.now() - began).toBeLessThan(10_000);
    reader.destroy();

    const waiting = openSocket(url);
    let said = '';
    waiting.setEncoding('latin1').on('data', (part) => {
      said += part;
    });
    waiting.write(`GET /slow HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
    (await accepted(({ remotePort }) => remotePort === waiting.localPort)).setTimeout(400);
    await once(waiting, 'close');
    expect(parseResponses(said).answers.map(({ status }) => status)).toEqual([200]);
  });
});

test('requests that the client gives up at any point are no failures of ours', async () => {
  written.length = 0;
  const body = JSON.stringify({ title: 'x'.repeat(100) });
  const whole = `${postTask()}Content-Length: ${body.length}\r\n\r\n${body}`;
  const headersOnly = whole.length - body.length;
  const cuts = [10, headersOnly - 2, headersOnly, headersOnly + 1, whole.length - 1, whole.length];
  await Promise.all(
    cuts.flatMap((cut) =>
      ['destroy', 'resetAndDestroy', 'end'].flatMap((how) =>
        Array.from({ length: 5 }, async (_, index) => {
          const socket = openSocket(url);
          await once(socket, 'connect');
          socket.write(whole.slice(0, cut));
          await sleep(index);
          if (how === 'end') socket.end();
          else if (how === 'destroy') socket.destroy();
          else socket.resetAndDestroy();
        }),
      ),
    ),
  );
  const connections = () =>
    new Promise<number>((resolve) => server.server.getConnections((_error, count) => resolve(count)));
  server.server.closeIdleConnections();
  await vi.waitFor(async () => expect(await connections()).toBeLessThanOrEqual(1), patience);
  expect(written.filter(({ level, status }) => level >= 50 || (status ?? 0) >= 500)).toEqual([]);
});
