import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { asAdmin, urlOf } from '../support/database.ts';
import { openEventStream } from '../support/events.ts';
import { readFeedPage } from '../support/feed.ts';
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { newClient } from '../support/tasks.ts';

/** Shorter than the polling interval of an instance that listens. */
const within = { timeout: 10_000, interval: 25 };

describe.skipIf(!hasPgBouncer('a pooler in transaction mode'))('behind a pooler in transaction mode', () => {
  let app: TestApp;
  let pooled: TestApp;
  let direct: TestApp;
  beforeAll(async () => {
    app = await startApp();
    const url = await startPgBouncer(app.database);
    pooled = await startApp({ DATABASE_URL: url }, app);
    direct = await startApp({ DATABASE_URL: url, DATABASE_DIRECT_URL: urlOf(app.database.connection) }, app);
  });
  afterAll(async () => {
    await direct.close();
    await pooled.close();
    await app.close();
  });

  /** Writes on the first instance, and expects the change on the other one. */
  async function expectTold(on: TestApp) {
    const client = await newClient(app);
    const stream = await openEventStream(on.url, `${client.user.v1}/events`, client.user.token);
    await stream.take(1);
    for (let count = 1; count <= 3; count += 1) {
      const { id } = await client.create();
      await vi.waitFor(() => expect(stream.events.map(({ data }) => data.id)).toContain(id), within);
    }
    const { next_cursor: since } = await readFeedPage(client);
    const waiting = on.request('GET', `${client.user.v1}/changes?wait=20&since=${since}`, {
      token: client.user.token,
    });
    const { id } = await client.create();
    expect((await waiting).body.data.map((change: { id: string }) => change.id)).toEqual([id]);
  }

  test('LISTEN is not used: changes are polled', async () => {
    await expectTold(pooled);
    expect(pooled.ctx.changeNotifier.isListening()).toBe(false);
  });

  test('with DATABASE_DIRECT_URL notifications arrive', async () => {
    const client = await newClient(app);
    await openEventStream(direct.url, `${client.user.v1}/events`, client.user.token);
    await vi.waitFor(() => expect(direct.ctx.changeNotifier.isListening()).toBe(true), within);
    await expectTold(direct);
    expect(direct.ctx.changeNotifier.isListening()).toBe(true);
    const countListeners = async () => {
      // The pooler's connection has the name of its last user, which may have been an attempt to LISTEN.
      await direct.request('GET', `${client.user.v1}/tasks`, { token: client.user.token });
      const [found] = await asAdmin<{ count: number }>(
        `select count(*)::int from pg_stat_activity where datname = '${app.database.connection.database}' and application_name = 'duly listener'`,
      );
      return found?.count;
    };
    await expect.poll(countListeners, within).toBe(1);
  });
});
