import { expect, test, vi } from 'vitest';
import { afterTest } from '../support/clean-up.ts';
import { createDatabase, type TestDatabase, urlOf } from '../support/database.ts';
import { startWorkerProcess } from '../support/delivery-worker.ts';
import { type MailSink, repeatsIn, startMailSink } from '../support/mail-sink.ts';
import { metricsToken, sampleValue, scrape } from '../support/metrics.ts';
import { patience } from '../support/patience.ts';
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { deliveryCounts, insertReminders, queryAsAdmin } from '../support/reminder-rows.ts';
import { startTestServer } from '../support/servers.ts';
import { startWorkers } from '../support/workers.ts';

const reminders = 200;
const seed = { users: 20, perUser: 10 };

async function newDatabase(): Promise<TestDatabase> {
  const database = await createDatabase();
  afterTest.push(() => database.drop());
  return database;
}

/** Makes all reminders due again, as a write of another instance could. */
const remindAgain = (database: TestDatabase) =>
  queryAsAdmin(database, "update duly.reminders set next_at = now() + interval '1 second'");

/** A worker without notifications of other instances looks every 30 s. */
const untilSent = (database: TestDatabase, count: number) =>
  vi.waitFor(async () => expect(await deliveryCounts(database)).toEqual({ sent: count }), patience);

function expectEachOnce(sink: MailSink, count: number): void {
  expect(sink.arrivals.size).toBe(count);
  expect(repeatsIn(sink)).toBe(0);
}

test.skipIf(!hasPgBouncer('workers behind a pooler'))(
  'behind a pooler in transaction mode, serve and a worker send each reminder once, also without LISTEN',
  { timeout: 120_000 },
  async () => {
    const database = await newDatabase();
    await insertReminders(database, seed);
    const sink = await startMailSink();
    const env = { DATABASE_URL: await startPgBouncer(database), LOG_LEVEL: 'warn', ...sink.settings };
    startWorkerProcess(env);
    await startTestServer(env);
    await untilSent(database, reminders);
    expectEachOnce(sink, reminders);
    await remindAgain(database);
    await untilSent(database, 2 * reminders);
    expectEachOnce(sink, 2 * reminders);
  },
);

test('with several processes that serve, the first one sends each reminder once, and they are counted once', async () => {
  const database = await newDatabase();
  await insertReminders(database, seed);
  const sink = await startMailSink();
  const DATABASE_URL = urlOf(database.connection);
  const server = await startWorkers({ DATABASE_URL, METRICS_TOKEN: metricsToken, ...sink.settings });
  await untilSent(database, reminders);
  const labels = { channel: 'email', outcome: 'sent' };
  expect(sampleValue(await scrape(server.url), 'duly_deliveries_total', labels)).toBe(reminders);

  // Those that serve stand still: they do not send.
  for (const pid of server.pids()) process.kill(pid, 'SIGSTOP');
  try {
    await remindAgain(database);
    await queryAsAdmin(database, `select pg_notify('duly_changes', '["another","reminded-0"]')`);
    await untilSent(database, 2 * reminders);
  } finally {
    for (const pid of server.pids()) process.kill(pid, 'SIGCONT');
  }
  expectEachOnce(sink, 2 * reminders);
});
