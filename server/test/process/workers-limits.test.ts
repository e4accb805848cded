import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { mintToken } from '../support/app.ts';
import { afterFile } from '../support/clean-up.ts';
import { createDatabase, urlOf } from '../support/database.ts';
import { openEventStream } from '../support/events.ts';
import { betterAuthLogin, type InjectedRequest, password, v1Login } from '../support/limited-server.ts';
import { postTask, waitUntil } from '../support/process.ts';
import { startWorkers, type WorkersServer } from '../support/workers.ts';

let server: WorkersServer;
beforeAll(async () => {
  const database = await createDatabase();
  afterFile.push(() => database.drop());
  const limits = { RATE_LIMIT_PER_IP: '20/60', RATE_LIMIT_PER_USER: '12/60', RATE_LIMIT_AUTH: '2/60' };
  server = await startWorkers({ DATABASE_URL: urlOf(database.connection), ...limits }, afterFile);
});

/** Sends a request on a new connection, which either worker may get. */
async function send(from: string, { method = 'GET', url, headers = {}, payload }: InjectedRequest) {
  const sent = request(server.url + url, {
    agent: false,
    localAddress: from,
    method,
    headers: { ...headers, ...(payload === undefined ? {} : { 'content-type': 'application/json' }) },
  });
  sent.end(payload === undefined ? undefined : JSON.stringify(payload));
  const [reply]: IncomingMessage[] = await once(sent, 'response');
  if (reply === undefined) throw new Error('no answer');
  await readText(reply);
  return { status: reply.statusCode ?? 0, ratelimit: String(reply.headers.ratelimit) };
}

let last = 1;
/** An address that no test has used before. */
const newAddress = () => {
  last += 1;
  return `127.0.${last >> 8}.${last & 255}`;
};

async function together(
  times: number,
  from: () => string,
  sent: InjectedRequest,
): Promise<Record<number, number>> {
  const replies = await Promise.all(Array.from({ length: times }, () => send(from(), sent)));
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const nowhere = { url: '/nowhere' };
let before = 0;
beforeEach(() => {
  before = server.lines().length;
});
/** The workers that handled requests of this test. */
const answering = () =>
  new Set(
    server
      .lines()
      .slice(before)
      .flatMap(({ msg, worker }) => (msg === 'request' ? [worker] : [])),
  );

test('an address has its quota once, whichever worker it meets', async () => {
  const address = newAddress();
  expect(await together(60, () => address, nowhere)).toEqual({ 404: 20, 429: 40 });
  const { status, ratelimit } = await send(address, nowhere);
  expect([status, ratelimit]).toEqual([429, expect.stringMatching(/^"address";r=0;t=(60|5\d)$/)]);
  expect(answering().size).toBe(2);
});

test('a user has a quota once, from however many addresses', async () => {
  const sub = randomUUID();
  const headers = { authorization: `Bearer ${await mintToken({ sub })}` };
  expect(await together(40, newAddress, { url: `/api/${sub}/tasks`, headers })).toEqual({ 200: 12, 429: 28 });
  expect(answering().size).toBe(2);
});

test('log-ins are counted to the request, by address and by account', async () => {
  const address = newAddress();
  const email = () => `${randomUUID()}@example.com`;
  const logins = Array.from({ length: 10 }, (_, index) =>
    send(address, (index % 2 === 0 ? v1Login : betterAuthLogin)(email())),
  );
  const statuses = (await Promise.all(logins)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(2);
  expect(statuses.filter((status) => status === 429)).toHaveLength(8);
  expect(await together(8, newAddress, v1Login(email()))).toEqual({ 401: 2, 429: 6 });
});

test('an address that logged in through one worker is known to the other while others guess passwords', async () => {
  const email = `${randomUUID()}@example.com`;
  const account = { email, password, first_name: 'Ada', last_name: 'Lovelace' };
  const registration: InjectedRequest = { method: 'POST', url: '/api/v1/auth/register', payload: account };
  expect((await send(newAddress(), registration)).status).toBe(201);
  const home = newAddress();
  expect((await send(home, v1Login(email))).status).toBe(200);
  await together(12, newAddress, v1Login(email, 'a wrong password'));
  expect((await send(newAddress(), v1Login(email))).status).toBe(429);
  expect((await send(home, v1Login(email))).status).toBe(200);
});

test('a change by one worker reaches streams of the other', async () => {
  const sub = randomUUID();
  const token = await mintToken({ sub });
  const path = `/api/v1/users/${sub}/events`;
  const streams = await Promise.all(
    Array.from({ length: 8 }, () => openEventStream(server.url, path, token)),
  );
  expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
  await postTask(server.url, sub, 'told to all');
  await Promise.all(
    streams.map(({ take }) => take(1, ({ data }) => JSON.stringify(data).includes('told to all'))),
  );
});

test('while the primary process does not answer each worker counts for itself, and nobody waits for long', async () => {
  const says = (words: string) =>
    server
      .lines()
      .slice(before)
      .filter(({ msg }) => msg.startsWith(words));
  const primary = server.child.pid ?? 0;
  process.kill(primary, 'SIGSTOP');
  try {
    const begin = performance.now();
    const address = newAddress();
    const counts = await together(60, () => address, nowhere);
    expect(performance.now() - begin).toBeLessThan(20_000);
    expect(counts[404]).toBeGreaterThanOrEqual(20);
    expect(counts[404]).toBeLessThanOrEqual(40);
    await waitUntil(() => says('the primary process does not answer').length === 2);
  } finally {
    process.kill(primary, 'SIGCONT');
  }
  await waitUntil(async () => {
    await send(newAddress(), nowhere);
    return says('the primary process answers').length === 2;
  });
  const address = newAddress();
  expect(await together(30, () => address, nowhere)).toEqual({ 404: 20, 429: 10 });
});
