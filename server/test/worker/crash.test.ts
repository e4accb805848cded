import { describe, expect, test, vi } from 'vitest';
import { migrateUp } from '../../src/db/migrator.ts';
import { createDb } from '../../src/db/pool.ts';
import { maxHeldJobs } from '../../src/worker/channel-sender.ts';
import { migrateQueue } from '../../src/worker/queue-schema.ts';
import { afterTest } from '../support/clean-up.ts';
import { createDatabase, urlOf } from '../support/database.ts';
import { startWorkerProcess } from '../support/delivery-worker.ts';
import {
  copyInitializedDataDir,
  killPostmaster,
  queryAsSuperuser,
  startEmbeddedServer,
} from '../support/embedded.ts';
import { silentLog } from '../support/log.ts';
import { type MailSink, repeatsIn, startMailSink, whenArrived } from '../support/mail-sink.ts';
import type { ServerProcess } from '../support/process.ts';
import { deliveryCounts, insertReminders, reminderRows } from '../support/reminder-rows.ts';
import { startTestServer } from '../support/servers.ts';

const reminders = 400;
const seed = { users: 40, perUser: 10 };
/** A claim without a sign of life ends after 30 s. */
const afterExpiry = { timeout: 90_000, interval: 100 };
/** So that the worker is in the middle of sends at any time. */
const mailMs = 20;

function expectEachOnce(sink: MailSink): void {
  const repeats = repeatsIn(sink);
  console.info(`${sink.arrivals.size} mails arrived, ${repeats} of them again`);
  expect(sink.arrivals.size).toBe(reminders);
  expect(repeats).toBeLessThanOrEqual(maxHeldJobs);
}

async function newDatabase() {
  const database = await createDatabase();
  afterTest.push(() => database.drop());
  await insertReminders(database, seed);
  return database;
}

async function kill({ child, ended }: ServerProcess): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

describe('in the middle of sending, no reminder is lost, and those in flight at most are repeated', () => {
  test('when a worker is killed: another one goes on', async () => {
    const database = await newDatabase();
    const sink = await startMailSink(mailMs);
    const env = { DATABASE_URL: urlOf(database.connection), ...sink.settings };
    const arrived = whenArrived(sink, 100);
    const first = startWorkerProcess(env);
    await arrived;
    await kill(first);
    startWorkerProcess(env);
    await vi.waitFor(
      async () => expect(await deliveryCounts(database)).toEqual({ sent: reminders }),
      afterExpiry,
    );
    expectEachOnce(sink);
  });

  test('when serve is killed and started again', async () => {
    const database = await newDatabase();
    const sink = await startMailSink(mailMs);
    const env = { DATABASE_URL: urlOf(database.connection), LOG_LEVEL: 'warn', ...sink.settings };
    const arrived = whenArrived(sink, 100);
    const first = await startTestServer(env);
    await arrived;
    await kill(first);
    await startTestServer(env);
    await vi.waitFor(
      async () => expect(await deliveryCounts(database)).toEqual({ sent: reminders }),
      afterExpiry,
    );
    expectEachOnce(sink);
  });

  test('when the database crashes', async () => {
    const dataDir = await copyInitializedDataDir();
    const server = await startEmbeddedServer(dataDir);
    const db = createDb({ connection: server.app, max: 1, log: silentLog });
    await migrateUp(db);
    await migrateQueue(db, silentLog);
    await db.destroy();
    const admin = { ...server.admin, database: server.app.database };
    await queryAsSuperuser(admin, reminderRows(seed));
    const sink = await startMailSink(mailMs);
    const arrived = whenArrived(sink, 100);
    startWorkerProcess({ DATABASE_URL: urlOf(server.app), ...sink.settings });
    await arrived;
    killPostmaster(server.clusterDirectory);
    const sent = `select count(*)::int from duly.deliveries where status = 'sent'`;
    await vi.waitFor(
      async () => expect(await queryAsSuperuser(admin, sent)).toEqual([{ count: reminders }]),
      afterExpiry,
    );
    expectEachOnce(sink);
  });
});

test('two workers share the reminders: each is sent once', async () => {
  const database = await newDatabase();
  const sink = await startMailSink(mailMs);
  const env = { DATABASE_URL: urlOf(database.connection), ...sink.settings };
  startWorkerProcess(env);
  startWorkerProcess(env);
  await vi.waitFor(
    async () => expect(await deliveryCounts(database)).toEqual({ sent: reminders }),
    afterExpiry,
  );
  expect(sink.arrivals.size).toBe(reminders);
  expect(repeatsIn(sink)).toBe(0);
});
