import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ChannelTarget, Message } from '../../src/senders/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { sent, startTestWorker } from '../support/delivery-worker.ts';
import { patience } from '../support/patience.ts';
import { deliveryCounts, insertReminders, queryAsAdmin } from '../support/reminder-rows.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startApp();
});
afterEach(() => app.close());

test('a digest that is due is sent once, with the header to end it; without tasks it is cancelled', async () => {
  await insertReminders(app.database, { users: 2, perUser: 1, dueAt: "now() + interval '1 day'" });
  await queryAsAdmin(
    app.database,
    `update duly.tasks set due_date = current_date where user_id = 'reminded-0'`,
  );
  await queryAsAdmin(
    app.database,
    `insert into duly.profiles (user_id, revision, digest_hour, digest_next_at)
     select user_id, 1, extract(hour from now() at time zone 'UTC'), date_trunc('hour', now()) from duly.owners`,
  );
  const send = vi.fn(async (_target: ChannelTarget, _message: Message) => sent);
  startTestWorker(app, send);
  await vi.waitFor(
    async () => expect(await deliveryCounts(app.database)).toEqual({ sent: 1, cancelled: 1 }),
    patience,
  );
  expect(send).toHaveBeenCalledTimes(1);
  const [[target, message] = []] = send.mock.calls;
  expect(target).toEqual({ type: 'email', address: 'reminded-0@example.com' });
  expect(message?.mail.headers).toHaveProperty('List-Unsubscribe');
  expect(message?.mail.text).toContain('Task 1 of reminded-0');
});
