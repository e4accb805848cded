import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { buildApp } from '../../src/http/app.ts';
import type { App } from '../../src/http/app-type.ts';
import { serviceUnavailable } from '../../src/platform/errors.ts';
import { createContext } from '../../src/process/context.ts';
import { clockToleranceSeconds } from '../../src/tokens/issuers.ts';
import { password, registerAccount } from '../support/accounts.ts';
import { mintToken, startApp, type TestApp } from '../support/app.ts';
import { urlOf } from '../support/database.ts';
import { openEventStream, type TestEventStream } from '../support/events.ts';
import { readFeedPage } from '../support/feed.ts';
import { silentLog as log } from '../support/log.ts';
import { patience } from '../support/patience.ts';
import { recordStatements } from '../support/record-statements.ts';
import { newDataDirectory, startTestServer } from '../support/servers.ts';
import { newClient } from '../support/tasks.ts';

let app: TestApp;
/** Another instance on the same database. */
let second: TestApp;
let admin: { token: string };
beforeAll(async () => {
  app = await startApp();
  second = await startApp({}, app);
  const account = await registerAccount(app);
  await sql`update better_auth."user" set role = 'admin' where id = ${account.id}`.execute(app.ctx.db);
  admin = { token: await account.newToken() };
});
afterAll(async () => {
  await second.close();
  await app.close();
});

const asAdmin = (method: string, path: string, body?: unknown) =>
  app.request(method, `/api/v1/admin${path}`, { token: admin.token, body });

const streamOf = async (path: string, token: string, on = app): Promise<TestEventStream> => {
  const stream = await openEventStream(on.url, `${path}/events`, token);
  await stream.take(1);
  return stream;
};

/** Starts a long poll; resolves to its response and the time of it. */
async function waitOn(path: string, token: string, on = app) {
  const send = (query: string) => on.request('GET', `${path}/changes?${query}`, { token });
  const { next_cursor } = (await send('limit=100')).body;
  const asked = send(`wait=30&since=${next_cursor}`);
  // The subscriber exists as soon as the server waits.
  await vi.waitFor(() => expect(on.ctx.subscriptions.count()).toBeGreaterThan(0), patience);
  return asked.then(({ status, body }) => ({ status, code: body.error_code, at: performance.now() }));
}

describe('streams and waits end soon on every instance', () => {
  async function expectEnded(path: string, token: string, kill: () => Promise<unknown>, status = 401) {
    const streams = [await streamOf(path, token), await streamOf(path, token, second)];
    const waits = [waitOn(path, token), waitOn(path, token, second)];
    await Promise.all(
      [app, second].map((on) =>
        vi.waitFor(() => expect(on.ctx.subscriptions.count()).toBeGreaterThanOrEqual(2), patience),
      ),
    );
    await kill();
    const killedAt = performance.now();
    const times = await Promise.all([
      ...streams.map(({ ended }) => ended.then(() => performance.now())),
      ...waits.map(async (wait) => {
        const answer = await wait;
        expect(answer.status).toBe(status);
        return answer.at;
      }),
    ]);
    // A long poll or stream that nothing ends lasts 25 s or longer.
    expect(Math.max(...times) - killedAt).toBeLessThan(15_000);
    for (const { events } of streams) expect(events.map(({ event }) => event)).toEqual(['ready']);
  }

  test('of a log-out', async () => {
    const { path, token } = await registerAccount(app);
    await expectEnded(path, token, () => app.request('POST', '/api/v1/auth/logout', { token }));
  });

  test("of the log-out of a front end's token", async () => {
    const { v1, token } = await app.newUser();
    await expectEnded(v1, token, () => second.request('POST', '/api/v1/auth/logout', { token }));
  });

  test('of a ban', async () => {
    const { path, token, id } = await registerAccount(app);
    await expectEnded(path, token, () => asAdmin('PUT', `/users/${id}/ban`, {}));
  });

  test('of the end of the token', async () => {
    const { v1, id } = await app.newUser();
    const endsAt = Math.floor(Date.now() / 1000) + 3;
    const token = await mintToken({ sub: id, exp: endsAt - clockToleranceSeconds });
    await expectEnded(v1, token, () => sleep(endsAt * 1000 - Date.now()));
  });

  test('of the service lock, with 503', async () => {
    const { v1, token } = await app.newUser();
    try {
      await expectEnded(v1, token, () => asAdmin('PUT', '/lock'), 503);
    } finally {
      await asAdmin('DELETE', '/lock');
    }
    for (const on of [app, second])
      await vi.waitFor(
        async () => expect((await on.request('GET', v1, { token })).status).toBe(200),
        patience,
      );
  });

  test('but those of other tokens of the user go on', async () => {
    const account = await registerAccount(app);
    const other = await account.newToken();
    const [dying, living] = [
      await streamOf(account.path, account.token),
      await streamOf(account.path, other),
    ];
    await app.request('POST', '/api/v1/auth/logout', { token: account.token });
    await dying.ended;
    await app.request('POST', `${account.path}/tasks`, { token: other, body: { title: 'x' } });
    await living.take(2);
    expect(dying.events).toHaveLength(1);
  });
});

test('nothing is sent while nobody can tell whether the token lives, and everything afterwards', async () => {
  const { v1, token } = await app.newUser();
  const stream = await streamOf(v1, token, second);
  const away = vi.spyOn(second.ctx.accessControl, 'refresh').mockRejectedValue(serviceUnavailable());
  // Verified tokens are trusted for a second after the last successful read of the access events.
  await sleep(1_100);
  await app.request('POST', `${v1}/tasks`, { token, body: { title: 'x' } });
  await sleep(500);
  expect([away.mock.calls.length > 3, stream.events.length, stream.isEnded()]).toEqual([true, 1, false]);
  away.mockRestore();
  expect((await stream.take(3)).map(({ data }) => data.type)).toEqual([undefined, 'profile', 'task']);
});

describe('of one user', () => {
  test('50 streams and waits are open at a time; more are told to come later, and others are not in their way', async () => {
    const client = await newClient(app);
    const { v1, token } = client.user;
    const { next_cursor: since } = await readFeedPage(client);
    const streams = await Promise.all(Array.from({ length: 49 }, () => streamOf(v1, token)));
    const before = app.ctx.subscriptions.count();
    const waiting = client.v1('GET', `/changes?wait=30&since=${since}`);
    await vi.waitFor(() => expect(app.ctx.subscriptions.count()).toBe(before + 1), patience);
    const refused = [
      await client.v1('GET', '/events'),
      await client.v1('GET', `/changes?wait=1&since=${since}`),
    ];
    for (const { status, headers, body } of refused)
      expect([status, headers.get('retry-after'), body.error_code]).toEqual([429, '5', 'RATE_LIMITED']);
    expect((await client.v1('GET', `/changes?since=${since}`)).status).toBe(200);
    const other = await app.newUser();
    await streamOf(other.v1, other.token);
    await client.create();
    expect((await waiting).body.data).toHaveLength(2);
    await streamOf(v1, token);
    streams[0]?.close();
    await vi.waitFor(() => expect(app.ctx.subscriptions.count()).toBe(before + 1), patience);
    await streamOf(v1, token);
  });

  test('what is given up at any moment is given up by the server', async () => {
    const client = await newClient(app);
    const { v1, token } = client.user;
    const { next_cursor: since } = await readFeedPage(client);
    const noneIsLeft = () => expect(app.ctx.subscriptions.count()).toBe(0);
    await vi.waitFor(noneIsLeft, patience);
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(
        Array.from({ length: 40 }, async (_, index) => {
          const given = new AbortController();
          const path = index % 2 === 0 ? 'events' : `changes?wait=30&since=${since}`;
          const asked = fetch(`${app.url}${v1}/${path}`, {
            headers: { authorization: `Bearer ${token}` },
            signal: given.signal,
          });
          await sleep(index);
          given.abort();
          await asked.catch(() => undefined);
        }),
      );
      await vi.waitFor(noneIsLeft, patience);
    }
  });
});

describe('a client that is slow', () => {
  /** More tasks than the system's socket buffers hold: tens of megabytes. */
  const size = 12_000;
  let server: App;
  let url: string;
  beforeAll(async () => {
    server = await buildApp(createContext(app.ctx.config, app.ctx.db, log, app.database.connection));
    url = await server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    server.server.closeAllConnections();
    await server.close();
  });

  /** A user with `size` tasks of 4 kB. */
  async function newHeavyUser() {
    const user = await app.newUser();
    await sql`insert into duly.owners (user_id, revision) values (${user.id}, ${size})`.execute(app.ctx.db);
    await sql`insert into duly.tasks (user_id, title, description, revision)
      select ${user.id}, 'x', repeat('🌱', 1000), n from generate_series(1, ${size}::int) n`.execute(
      app.ctx.db,
    );
    return user;
  }

  async function openPaused(user: { v1: string; token: string }, lastId = '0') {
    const accepted = once(server.server, 'connection');
    const stream = await openEventStream(url, `${user.v1}/events`, user.token, { 'last-event-id': lastId });
    stream.response.pause();
    const [socket] = await accepted;
    return { stream, socket };
  }

  test('is sent as much as it takes and no more, and once it goes on, the rest without a gap', async () => {
    const user = await newHeavyUser();
    const { statements: asked, restore } = recordStatements(app.ctx.db);
    const reads = () => asked.filter((text) => text.includes('tombstones')).length;
    const { stream, socket } = await openPaused(user);
    // The server reads the feed until the socket buffers are full.
    const hasSettled = async () => {
      const before = reads();
      await sleep(1_000);
      expect(reads()).toBe(before);
      expect(socket.writableLength).toBeGreaterThan(0);
    };
    await vi.waitFor(hasSettled, patience);
    expect(socket.writableLength).toBeLessThan(1_000_000);
    expect(socket.bytesWritten).toBeLessThan(size * 4_000);
    restore();
    stream.response.resume();
    const taken = 3_000;
    const [ready, profile, ...tasks] = await stream.take(2 + taken);
    expect([ready?.id, profile?.id]).toEqual(['0', expect.stringMatching(/^1\/profile\//)]);
    expect(tasks.map(({ id }) => id)).toEqual(Array.from({ length: taken }, (_, index) => String(index + 1)));
  });

  test('is cut when it takes nothing for long, and goes on when it comes back', async () => {
    const user = await newHeavyUser();
    const { timeout } = server.server;
    server.server.timeout = 400;
    const { stream, socket } = await openPaused(user);
    await new Promise((resolve) => socket.once('close', resolve));
    server.server.timeout = timeout;
    stream.response.resume();
    await stream.ended;
    const { length } = stream.events;
    expect(length).toBeLessThan(size);
    const last = stream.events.at(-1)?.id ?? '';
    const again = await openEventStream(url, `${user.v1}/events`, user.token, { 'last-event-id': last });
    const rest = await again.take(1 + 500);
    expect(rest.map(({ id }) => id)).toEqual([
      last,
      ...Array.from({ length: 500 }, (_, index) => String(Number(last) + 1 + index)),
    ]);
  });

  test('is not one that has nothing to take: it stays', async () => {
    const { v1, token } = await app.newUser();
    const { timeout } = server.server;
    server.server.timeout = 300;
    const stream = await openEventStream(url, `${v1}/events`, token);
    await stream.take(1);
    server.server.timeout = timeout;
    await sleep(1_500);
    expect(stream.isEnded()).toBe(false);
    await app.request('POST', `${v1}/tasks`, { token, body: { title: 'x' } });
    await stream.take(3);
  });
});

describe('the end of the server', () => {
  test('is the end of streams and waits, at once', async () => {
    const third = await startApp({}, app);
    const { v1, token } = await app.newUser();
    const streams = await Promise.all(Array.from({ length: 20 }, () => streamOf(v1, token, third)));
    (await streamOf(v1, token, third)).response.pause();
    const waiting = waitOn(v1, token, third);
    await vi.waitFor(() => expect(third.ctx.subscriptions.count()).toBe(22), patience);
    const began = performance.now();
    await third.close();
    // Otherwise the long poll would take 30 s, and streams would not end.
    expect(performance.now() - began).toBeLessThan(20_000);
    await Promise.all(streams.map(({ ended }) => ended));
    // Its client asks again, and another instance answers.
    expect(await waiting).toMatchObject({ status: 200 });
  });

  test('comes at SIGTERM, also with clients that take nothing', async () => {
    const server = await startTestServer({
      DATA_DIR: await newDataDirectory(),
      DATABASE_URL: urlOf(app.database.connection),
    });
    const user = await app.newUser();
    const stream = await streamOf(user.v1, user.token, { ...app, url: server.url });
    const paused = await openEventStream(server.url, `${user.v1}/events`, user.token);
    paused.response.pause();
    server.child.kill('SIGTERM');
    await stream.ended;
    expect((await server.ended).code).toBe(0);
  });
});

test('a password that changes ends the streams of all other tokens', async () => {
  const account = await registerAccount(app);
  const other = await streamOf(account.path, await account.newToken());
  await account.send(account.token, 'POST', '/password', {
    current_password: password,
    new_password: 'quiet-heron-78',
  });
  await other.ended;
});
