import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFairQueue } from '../../src/http/edge/fair-queue.ts';
import { startApp, type TestApp, type TestUser } from '../support/app.ts';
import { openSocket, parseResponses, type RawResponse } from '../support/raw-http.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ ALLOWED_ORIGINS: 'https://app.example' });
});
afterAll(() => app.close());

const figures = (name: string) => app.ctx.metrics.families().find((each) => each.name === name)?.values ?? {};

/** Requests of one user, many on each of a few connections. `answers` grows as they are answered. */
function flood(user: TestUser, connections: number, each: number) {
  const answers: RawResponse[] = [];
  const lines = [`GET ${user.bare}/tasks HTTP/1.1`, 'Host: a', `Authorization: Bearer ${user.token}`];
  const request = `${[...lines, 'Origin: https://app.example'].join('\r\n')}\r\n\r\n`;
  const ended = Array.from({ length: connections }, async () => {
    const socket = openSocket(app.url).setEncoding('latin1');
    let received = '';
    let missing = each;
    socket.on('data', (part) => {
      const { answers: found, rest } = parseResponses(received + part);
      received = rest;
      answers.push(...found);
      missing -= found.length;
      if (missing === 0) socket.destroy();
    });
    socket.write(request.repeat(each));
    await once(socket, 'close');
  });
  return { answers, ended: Promise.all(ended) };
}

test('who sends little is answered before who sends much; what is too much is refused', async () => {
  const [noisy, quiet] = [await app.newUser(), await app.newUser()];
  for (const { bare, token } of [noisy, quiet]) await app.request('GET', `${bare}/tasks`, { token });
  const { answers, ended } = flood(noisy, 60, 40);
  while (figures('duly_requests')['{state="waiting"}'] !== 1_000) await turn();
  const health = await app.request('GET', '/health');
  const beforeHealth = answers.length;
  const answer = await app.request('GET', `${quiet.bare}/tasks`, { token: quiet.token });
  const before = answers.filter(({ status }) => status === 200).length;
  await ended;
  expect([health.status, answer.status]).toEqual([200, 200]);
  expect(answers.length).toBe(2_400);
  const refused = answers.filter(({ status }) => status !== 200);
  // Of the 1,000 that wait, a busy machine refuses some, because they have waited for too long.
  expect(answers.length - refused.length).toBeGreaterThan(500);
  // A few turns of 64 requests each, and not all of those that waited before.
  expect(before).toBeLessThan(500);
  expect(beforeHealth).toBeLessThan(1_000);
  expect(refused.length).toBeGreaterThan(100);
  for (const { status, headers, text } of refused) {
    expect([status, JSON.parse(text).error_code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(headers).toMatchObject({
      'retry-after': '1',
      'access-control-allow-origin': 'https://app.example',
      'x-content-type-options': 'nosniff',
    });
  }
  expect(figures('duly_requests_refused_total')['']).toBe(refused.length);
});

test('after that, requests are answered as before', async () => {
  const user = await app.newUser();
  const { answers, ended } = flood(user, 20, 5);
  await ended;
  expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
});

test('in the queue users take turns, and the longest line gives way', () => {
  const queue = createFairQueue<string>();
  for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) queue.add(item.slice(0, 1), item);
  expect(queue.giveWay('b')).toBe('a3');
  expect(queue.giveWay('a')).toBeUndefined();
  expect(Array.from({ length: 6 }, () => queue.take())).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', undefined]);
  for (const item of ['d1', 'd2', 'e1']) queue.add(item.slice(0, 1), item);
  expect(queue.removeWhile((item) => item.endsWith('1'))).toEqual(['d1', 'e1']);
  expect([queue.size(), queue.take(), queue.take(), queue.size()]).toEqual([1, 'd2', undefined, 0]);
});
