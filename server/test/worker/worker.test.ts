import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDatabase, type TestDatabase, urlOf } from '../support/database.ts';
import { type MailServer, startMailServer } from '../support/mail.ts';
import { patience } from '../support/patience.ts';
import { deliveryCounts, insertReminders } from '../support/reminder-rows.ts';
import { startTestServer } from '../support/servers.ts';

let database: TestDatabase;
let mail: MailServer;
beforeEach(async () => {
  database = await createDatabase();
  mail = await startMailServer();
});
afterEach(async () => {
  await mail.close();
  await database.drop();
});

test('serve sends reminders that are due, each once', async () => {
  await insertReminders(database, { users: 20, perUser: 10 });
  await startTestServer({ DATABASE_URL: urlOf(database.connection), LOG_LEVEL: 'warn', ...mail.settings });
  await vi.waitFor(async () => expect(await deliveryCounts(database)).toEqual({ sent: 200 }), patience);
  expect(mail.received).toHaveLength(200);
});
