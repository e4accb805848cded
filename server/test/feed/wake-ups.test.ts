import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { encodeMessages, parseMessage } from '../../src/feed/notification-sender.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { asAdmin } from '../support/database.ts';
import { openEventStream, type TestEventStream } from '../support/events.ts';
import { patience } from '../support/patience.ts';
import { newClient } from '../support/tasks.ts';

/** Shorter than the polling interval of an instance that listens. */
const within = { timeout: 10_000, interval: 25 };

let app: TestApp;
/** Another instance on the same database. */
let second: TestApp;
beforeAll(async () => {
  app = await startApp();
  second = await startApp({}, app);
});
afterAll(async () => {
  await second.close();
  await app.close();
});

interface Listening {
  pid: number;
}

/** The connections that execute LISTEN, as the database reports them. */
const listening = (on = app) =>
  asAdmin<Listening>(
    `select pid from pg_stat_activity where datname = '${on.database.connection.database}' and application_name = 'duly listener'`,
  );

const cut = async (on = app) => {
  const found = await listening(on);
  expect(found).toHaveLength(1);
  await asAdmin(`select pg_terminate_backend(${found[0]?.pid})`);
};

const isListening = (on: TestApp) =>
  vi.waitFor(() => expect(on.ctx.changeNotifier.isListening()).toBe(true), patience);

async function follow(on: TestApp) {
  const client = await newClient(app);
  const stream = await openEventStream(on.url, `${client.user.v1}/events`, client.user.token);
  await stream.take(1);
  return { client, stream };
}

const ids = (stream: TestEventStream) => stream.events.map(({ data }) => data.id);

test('a write on one instance soon reaches a stream of another', async () => {
  const { client, stream } = await follow(second);
  await isListening(second);
  // After the first poll, the next one is 15 s later.
  await stream.take(1);
  const began = performance.now();
  for (let index = 0; index < 10; index += 1) {
    const { id } = await client.create();
    await vi.waitFor(() => expect(ids(stream)).toContain(id), patience);
  }
  // An instance that listens polls every 15 s, so polling delivered at most one of these changes.
  expect(second.ctx.changeNotifier.isListening()).toBe(true);
  expect(performance.now() - began).toBeLessThan(15_000);
});

describe('the connection that listens', () => {
  test('is there only while somebody waits, and a moment longer', async () => {
    const third = await startApp({});
    afterTest.push(() => third.close());
    const client = await newClient(third);
    await client.create();
    expect(await listening(third)).toEqual([]);
    const stream = await openEventStream(third.url, `${client.user.v1}/events`, client.user.token);
    await isListening(third);
    expect(await listening(third)).toHaveLength(1);
    stream.close();
    await vi.waitFor(async () => expect(await listening(third)).toEqual([]), patience);
    expect(third.ctx.changeNotifier.isListening()).toBe(false);
    await openEventStream(third.url, `${client.user.v1}/events`, client.user.token);
    await isListening(third);
  });

  test('is replaced by polling while it is lost', async () => {
    const third = await startApp({});
    const fourth = await startApp({}, third);
    afterTest.push(() => third.close());
    afterTest.push(() => fourth.close());
    const client = await newClient(third);
    const stream = await openEventStream(fourth.url, `${client.user.v1}/events`, client.user.token);
    await isListening(fourth);
    for (let round = 0; round < 2; round += 1) {
      await cut(third);
      const { id } = await client.create();
      await vi.waitFor(() => expect(ids(stream)).toContain(id), within);
      await isListening(fourth);
      const after = await client.create();
      await vi.waitFor(() => expect(ids(stream)).toContain(after.id), within);
    }
    expect(stream.isEnded()).toBe(false);
  });

  test('gets no notification of changes by other programs; they are polled', async () => {
    const third = await startApp({});
    afterTest.push(() => third.close());
    const client = await newClient(third);
    const { id } = await client.create();
    const stream = await openEventStream(third.url, `${client.user.v1}/events`, client.user.token);
    await isListening(third);
    await asAdmin(
      `with moved as (update duly.owners set revision = revision + 1 where user_id = '${client.user.id}' returning revision)
       update duly.tasks set title = 'by hand', revision = moved.revision from moved where user_id = '${client.user.id}'`,
      third.database.connection.database,
    );
    // The next poll would find it later. After a lost connection, the instance reads all revisions at once.
    await cut(third);
    const [change] = await stream.take(1, ({ event }) => event === 'change');
    expect(change?.data).toMatchObject({ id, task: { title: 'by hand' } });
  });
});

describe('messages between instances', () => {
  const sender = 'b7c5f1a0-6a1e-4e39-8a42-0a7f3c0b7f10';

  test.each([
    ['one user', ['ada']],
    ['none', []],
    ['the longest ids', Array.from({ length: 30 }, (_, index) => `${index}${'😀'.repeat(250)}`)],
    [
      'ids that JSON makes longer',
      Array.from({ length: 30 }, (_, index) => `${index}${'\u0001"'.repeat(120)}`),
    ],
    ['very many', Array.from({ length: 5_000 }, (_, index) => `user ${index}`)],
  ])('are small enough and say all: %s', (_, userIds) => {
    const messages = encodeMessages(sender, userIds);
    for (const message of messages) expect(Buffer.byteLength(message)).toBeLessThan(8_000);
    const parsed = messages.map(parseMessage);
    expect(parsed.flatMap(([, ...ids]) => ids)).toEqual(userIds);
    expect(new Set(parsed.map(([from]) => from))).toEqual(new Set(userIds.length > 0 ? [sender] : []));
  });

  test('of others are no harm', async () => {
    const { client, stream } = await follow(app);
    await isListening(app);
    for (const text of ['', '{', '1', '"x"', 'null', '{"a":1}', '[1,null,{}]', 'ping x']) {
      if (text !== 'ping x') expect(parseMessage(text)).toEqual([]);
      await asAdmin(`select pg_notify('duly_changes', '${text}')`, app.database.connection.database);
    }
    await client.create();
    await stream.take(3);
    expect(app.ctx.changeNotifier.isListening()).toBe(true);
  });
});
