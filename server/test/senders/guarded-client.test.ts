import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createGuardedClient, type GuardOptions } from '../../src/senders/guarded-request.ts';
import { selfSigned } from '../support/certificate.ts';
import { patience } from '../support/patience.ts';
import { startReceiver } from '../support/receivers.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

function newPost(options: GuardOptions = {}) {
  const client = createGuardedClient({ allowsLoopback: true, requiresHttps: false }, options);
  cleanUp.push(() => client.close());
  return (url: string, signal = new AbortController().signal) =>
    client.post({ url, headers: { 'x-a': 'b' }, body: Buffer.from('{"a":1}') }, signal);
}

async function receiver(...options: Parameters<typeof startReceiver>) {
  const started = await startReceiver(...options);
  cleanUp.push(() => started.close());
  return started;
}

/** A TCP server. @param onData for each piece of a request */
async function rawServer(onData: (socket: Socket, count: number) => void) {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => {
      count += 1;
      onData(socket, count);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

test('a request arrives as it is, and requests after each other share a connection', async () => {
  const { url, received, connections } = await receiver();
  const post = newPost();
  for (let count = 0; count < 5; count += 1) expect(await post(`${url}/a%20b?c=d`)).toEqual({ status: 204 });
  expect(connections()).toBe(1);
  expect(received[0]).toMatchObject({ path: '/a%20b?c=d', body: Buffer.from('{"a":1}') });
  expect(received[0]?.headers).toMatchObject({ 'x-a': 'b', 'content-length': '7' });
});

describe('failures have a class', () => {
  test('nobody listens: connection', async () => {
    const { url, close } = await receiver();
    await close();
    expect(await newPost()(url)).toEqual({ error: 'connection' });
  });

  test('a receiver that does not speak HTTP, or hangs up: connection', async () => {
    const talker = await rawServer((socket) => socket.end('220 mail.example.com ESMTP\r\n'));
    expect(await newPost()(talker.url)).toEqual({ error: 'connection' });
    const silent = await rawServer((socket) => socket.destroy());
    expect(await newPost()(silent.url)).toEqual({ error: 'connection' });
  });

  test('headers beyond 16 KiB: connection', async () => {
    const { url } = await receiver((_request, response) => {
      response.writeHead(200, { 'x-long': 'a'.repeat(20_000) }).end();
    });
    expect(await newPost()(url)).toEqual({ error: 'connection' });
  });

  test('an unknown certificate, and no TLS at all: tls', async () => {
    const server = createTlsServer(selfSigned(), (_request, response) => response.end()).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    cleanUp.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    expect(await newPost()(`https://127.0.0.1:${port}/`)).toEqual({ error: 'tls' });
    const plain = await receiver();
    expect(await newPost()(plain.url.replace('http:', 'https:'))).toEqual({ error: 'tls' });
  });

  test('no answer, and one that never ends its headers: timeout', async () => {
    const silent = await rawServer(() => undefined);
    expect(await newPost({ timeoutMs: 50 })(silent.url)).toEqual({ error: 'timeout' });
    const slow = await rawServer((socket) => socket.write('HTTP/1.1 200 OK\r\nx-a: '));
    expect(await newPost({ timeoutMs: 50 })(slow.url)).toEqual({ error: 'timeout' });
  });

  test('the signal ends a request, and its connection', async () => {
    const silent = await rawServer(() => undefined);
    const stop = new AbortController();
    const result = newPost()(silent.url, stop.signal);
    await vi.waitFor(() => expect(silent.sockets.size).toBe(1), patience);
    const [socket] = silent.sockets;
    const closed = socket && once(socket, 'close');
    stop.abort();
    expect(await result).toEqual({ error: 'timeout' });
    await closed;
    expect(await newPost()(silent.url, AbortSignal.abort())).toEqual({ error: 'timeout' });
  });
});

test('an answer that never ends is not waited for, and its connection is closed', async () => {
  let sentBytes = 0;
  const chunk = Buffer.alloc(65_536);
  const { url, openSockets } = await receiver((_request, response) => {
    const pump = () => {
      sentBytes += chunk.length;
      if (!response.destroyed) response.write(chunk, pump);
    };
    response.writeHead(200);
    pump();
  });
  expect(await newPost()(url)).toEqual({ status: 200 });
  await vi.waitFor(() => expect(openSockets()).toBe(0), patience);
  expect(sentBytes).toBeLessThan(16_777_216);
});

test('a kept connection that the receiver closed is replaced', async () => {
  const server = await rawServer((socket, count) => {
    if (count === 2) socket.resetAndDestroy();
    else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  });
  const post = newPost();
  expect(await post(server.url)).toEqual({ status: 200 });
  await new Promise(setImmediate);
  expect(await post(server.url)).toEqual({ status: 200 });
  expect(server.sockets.size).toBe(2);
});

test('a receiver that did not answer gets one request at a time until it answers', async () => {
  let isDead = true;
  const { url, connections, received } = await receiver((_request, response) => {
    if (!isDead) response.writeHead(204).end();
  });
  const post = newPost({ timeoutMs: 2_000 });
  const timeout = { error: 'timeout' };
  expect(await Promise.all([post(url), post(url)])).toEqual([timeout, timeout]);
  expect(connections()).toBe(2);
  const finished: string[] = [];
  const trial = post(url).then(() => finished.push('the trial'));
  const others = Array.from({ length: 50 }, () => post(url).then(() => finished.push('another')));
  await Promise.all([trial, ...others]);
  expect(finished.at(-1)).toBe('the trial');
  expect(received).toHaveLength(3);
  isDead = false;
  expect(await post(url)).toEqual({ status: 204 });
  const results = await Promise.all(Array.from({ length: 20 }, () => post(url)));
  expect(results.filter((result) => 'status' in result)).toHaveLength(20);
});

test('of 1,000 requests, those to a receiver that never answers delay no other', async () => {
  const dead = await rawServer(() => undefined);
  const alive = await receiver();
  // Longer than a busy machine takes for the others.
  const post = newPost({ timeoutMs: 120_000 });
  const stop = new AbortController();
  const finished: string[] = [];
  const toDead = Array.from({ length: 100 }, async () => {
    await post(dead.url, stop.signal);
    finished.push('dead');
  });
  const toAlive = Array.from({ length: 900 }, async () => {
    expect(await post(alive.url)).toEqual({ status: 204 });
    finished.push('alive');
  });
  await Promise.all(toAlive);
  expect(finished.filter((one) => one === 'dead')).toEqual([]);
  expect(dead.sockets.size).toBe(8);
  expect(alive.connections()).toBeLessThanOrEqual(8);
  stop.abort();
  await Promise.all(toDead);
  expect(alive.received).toHaveLength(900);
});
