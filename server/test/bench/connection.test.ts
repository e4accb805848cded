import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { Connection, endsChunked, readHead } from '../../bench/connection.ts';
import { runLoad } from '../../bench/load.ts';

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : expect.fail('no port');
}

const get = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';

test('a head has a status, and a length unless it is chunked', () => {
  const head = (text: string) => readHead(Buffer.from(text));
  expect(head('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r')).toBeNull();
  expect(head('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello')).toEqual({
    status: 200,
    headBytes: 57,
    bodyBytes: 5,
    isLast: true,
  });
  expect(head('HTTP/1.1 204 No Content\r\n\r\n')).toMatchObject({ status: 204, bodyBytes: 0, isLast: false });
  expect(head('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')).toMatchObject({ bodyBytes: null });
});

test('a chunked body ends with an empty chunk', () => {
  expect(endsChunked(Buffer.from('5\r\nhello\r\n0\r\n\r\n'))).toBe(true);
  expect(endsChunked(Buffer.from('a\r\n"10\\r\\n0"'))).toBe(false);
  expect(endsChunked(Buffer.from('\r\n10\r\n\r\n'))).toBe(false);
});

test('requests on one connection get their responses, chunked in any way or with a length', async () => {
  let count = 0;
  const port = await listen((_, response) => {
    count += 1;
    if (count % 2 === 0) response.writeHead(200, { 'content-length': 4 }).end('done');
    else {
      response.write('x'.repeat(70_000), () => response.end('yz'));
    }
  });
  const responses: [status: number, bytes: number][] = [];
  await new Promise<void>((resolve) => {
    const connection = new Connection(port, (status, bytes) => {
      responses.push([status, bytes]);
      if (responses.length < 4) connection.send(get);
      else {
        connection.close();
        resolve();
      }
    });
    connection.send(get);
  });
  expect(responses.map(([status]) => status)).toEqual([200, 200, 200, 200]);
  expect(responses[1]?.[1]).toBe(4);
  expect(responses[0]?.[1]).toBeGreaterThan(70_002);
});

test('a closed loop counts responses, and errors by status', async () => {
  let count = 0;
  const port = await listen((_, response) => {
    count += 1;
    response.writeHead(count % 10 === 0 ? 500 : 200).end('{}');
  });
  const isGood = (status: number) => status === 200;
  const result = await runLoad({
    port,
    connections: 3,
    durationMs: 100,
    rate: null,
    next: () => get,
    isGood,
  });
  expect(result.requests).toBe(count);
  expect(result.errors).toBe(Math.floor(count / 10));
  expect(result.statuses['500']).toBe(result.errors);
  expect(result.latencyMs.p50).toBeLessThanOrEqual(result.latencyMs.p95);
});

test('an open loop starts as many requests as its rate says', async () => {
  const port = await listen((_, response) => response.end('{}'));
  const isGood = (status: number) => status === 200;
  const result = await runLoad({ port, connections: 5, durationMs: 200, rate: 100, next: () => get, isGood });
  expect(result).toMatchObject({ requests: 20, errors: 0 });
});
