import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDb } from '../../src/db/pool.ts';
import { buildApp } from '../../src/http/app.ts';
import type { App } from '../../src/http/app-type.ts';
import { abortSignalOf } from '../../src/http/hooks/handler-timeout.ts';
import { createContext } from '../../src/process/context.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { patience } from '../support/patience.ts';
import { host, openSocket } from '../support/raw-http.ts';

let app: TestApp;
let server: App;
let url: string;
let db: ReturnType<typeof createDb>;
/** The log lines, and the abort signals that handlers asked for. */
const written: Record<string, unknown>[] = [];
const signals: AbortSignal[] = [];

/** Ends the requests to `/held`, in their order. */
const held: ((body: object) => void)[] = [];

const waitForever = (request: FastifyRequest, _reply: FastifyReply): Promise<never> => {
  signals.push(abortSignalOf(request));
  return new Promise(() => {});
};

beforeAll(async () => {
  app = await startApp();
  const log = pino({}, { write: (line: string) => void written.push(JSON.parse(line)) });
  db = createDb({ connection: app.database.connection, max: 5, log });
  server = await buildApp(createContext(app.ctx.config, db, log));
  const short = { config: { handlerTimeoutMs: 100 } };
  server.get('/endless', short, waitForever);
  server.get('/held', () => new Promise((resolve) => held.push(resolve)));
  server.post('/endless', short, waitForever);
  server.get('/begun', short, (_request, reply) => reply.send(Readable.from(begin())));
  server.get('/common', (_request, reply) => {
    // As if it had begun a minute ago.
    Object.defineProperty(reply, 'elapsedTime', { value: 60_000 });
    return new Promise(() => {});
  });
  server.get('/late', { config: { handlerTimeoutMs: Number.POSITIVE_INFINITY } }, waitForever);
  url = await server.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  server.server.closeAllConnections();
  await server.close();
  await db.destroy();
  await app.close();
});

async function* begin() {
  yield 'begun';
  await new Promise(() => {});
}

const errorLine = () => written.findLast(({ level }) => level === 50);

test.each([
  ['GET', '/endless', null],
  ['POST', '/endless', '{}'],
  ['GET', '/common', null],
])('%s %s responds with 503 after its time-out, and logs it', async (method, path, body) => {
  const headers = body === null ? {} : { 'content-type': 'application/json' };
  const response = await fetch(url + path, { method, headers, body });
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  const id = response.headers.get('x-request-id');
  expect(await response.json()).toMatchObject({
    error_code: 'SERVICE_UNAVAILABLE',
    status_code: 503,
    request_id: id,
  });
  expect(errorLine()).toMatchObject({ request_id: id, err: { code: 'FST_ERR_HANDLER_TIMEOUT' } });
});

test('an open request times out after requests before and after it have ended', async () => {
  const statusOf = async (path: string) => (await fetch(url + path)).status;
  signals.length = 0;
  const before = statusOf('/held');
  await expect.poll(() => held.length, patience).toBe(1);
  const endless = statusOf('/endless');
  await expect.poll(() => signals.length, patience).toBe(1);
  const after = statusOf('/held');
  await expect.poll(() => held.length, patience).toBe(2);
  held[0]?.({});
  expect(await before).toBe(200);
  held[1]?.({});
  expect(await after).toBe(200);
  expect(await endless).toBe(503);
});

test('the time-out aborts the signal of the handler', async () => {
  signals.length = 0;
  await fetch(`${url}/endless`);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});

test('a client that disconnects aborts it too, and is not logged as an error', async () => {
  signals.length = 0;
  written.length = 0;
  const socket = openSocket(url);
  socket.write(`GET /late HTTP/1.1\r\n${host}\r\n`);
  await expect.poll(() => signals.length, patience).toBe(1);
  expect(signals[0]?.aborted).toBe(false);
  socket.destroy();
  await expect.poll(() => signals[0]?.aborted, patience).toBe(true);
  expect(errorLine()).toBeUndefined();
});

test('a response that has begun is cut', async () => {
  const socket = openSocket(url);
  let text = '';
  socket.setEncoding('latin1').on('data', (part) => {
    text += part;
  });
  socket.write(`GET /begun HTTP/1.1\r\n${host}\r\n`);
  await once(socket, 'close');
  expect(text).toMatch(/^HTTP\/1\.1 200 .*begun/s);
  expect(text).not.toContain('\r\n0\r\n');
});
