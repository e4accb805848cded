import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { type DatabaseTraffic, relayDatabase } from '../support/database-traffic.ts';
import { isLong } from '../support/long-tests.ts';
import { type MailServer, startMailServer } from '../support/mail.ts';
import { patience } from '../support/patience.ts';
import { deliveryCounts, insertReminders, queryAsAdmin } from '../support/reminder-rows.ts';
import { startTestServer } from '../support/servers.ts';

/** Longer than the pings of a connection that listens for a client. */
const idleMs = isLong ? 5 * 60_000 : 20_000;
const settledMs = 3_000;

let database: TestDatabase;
let traffic: DatabaseTraffic;
let mail: MailServer;
beforeAll(async () => {
  database = await createDatabase();
  traffic = await relayDatabase(database);
  mail = await startMailServer();
});
afterAll(async () => {
  await mail.close();
  await database.drop();
});

/** Waits until no statement arrives for 3 s. */
async function settle(): Promise<void> {
  for (let statements = ['']; statements.length > 0; statements = traffic.take()) {
    traffic.take();
    await sleep(settledMs);
  }
}

test('while nothing is due, serve with the worker inside sends no statement; then the reminder is sent', {
  timeout: idleMs + 120_000,
}, async () => {
  await insertReminders(database, { users: 1, perUser: 1, dueAt: "now() + interval '1 hour'" });
  await startTestServer({ DATABASE_URL: traffic.url, LOG_LEVEL: 'warn', ...mail.settings });
  await settle();
  await sleep(idleMs);
  expect(traffic.take()).toEqual([]);

  // What another instance would do: a change, and its notification.
  await queryAsAdmin(database, `update duly.reminders set next_at = now() + interval '2 seconds'`);
  await queryAsAdmin(database, `select pg_notify('duly_changes', '["another","reminded-0"]')`);
  await vi.waitFor(async () => expect(await deliveryCounts(database)).toEqual({ sent: 1 }), patience);
  expect(mail.received).toHaveLength(1);
  await settle();
  await sleep(settledMs);
  expect(traffic.take()).toEqual([]);
});
