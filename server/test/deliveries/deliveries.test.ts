import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ChannelTarget, Message } from '../../src/senders/model.ts';
import { mintToken, startApp, type TestApp } from '../support/app.ts';
import { sent, startTestWorker, timedOut } from '../support/delivery-worker.ts';
import { patience } from '../support/patience.ts';
import { deliveryCounts, insertReminders, queryAsAdmin } from '../support/reminder-rows.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startApp({ ALLOW_LOOPBACK_RECEIVERS: '1' });
});
afterEach(() => app.close());

const user = 'reminded-0';

async function listed(query = '') {
  const token = await mintToken({ sub: user });
  const { status, body } = await app.request('GET', `/api/v1/users/${user}/deliveries${query}`, { token });
  expect(status).toBe(200);
  return body;
}

const until = (counts: Record<string, number>) =>
  vi.waitFor(async () => expect(await deliveryCounts(app.database)).toEqual(counts), patience);

test.each([
  ['task_completed', 'update duly.tasks set completed_at = now()'],
  ['task_in_trash', 'update duly.tasks set deleted_at = now()'],
  ['task_gone', 'delete from duly.tasks'],
  ['reminder_gone', 'delete from duly.reminders; update duly.tasks set reminder_count = 0'],
  ['channel_disabled', 'update duly.channels set enabled = false'],
  ['channel_gone', 'delete from duly.channels'],
  ['address_not_verified', 'update better_auth."user" set "emailVerified" = false'],
  ['user_banned', `insert into duly.user_access (user_id, banned_at) values ('reminded-0', now())`],
])('nothing is sent after %s between firing and sending', async (reason, change) => {
  await insertReminders(app.database, { users: 1, perUser: 1 });
  const send = vi.fn(async () => timedOut);
  const worker = startTestWorker(app, send);
  await vi.waitFor(async () => expect((await listed()).data[0]?.attempts).toBe(1), patience);
  await worker.close();
  await queryAsAdmin(app.database, change);
  await queryAsAdmin(app.database, 'update duly.deliveries set next_try_at = now()');
  startTestWorker(app, send);
  await until({ cancelled: 1 });
  expect(send).toHaveBeenCalledTimes(1);
  // Not over HTTP: a banned user is refused.
  const rows = await queryAsAdmin(app.database, 'select status, error, attempts from duly.deliveries');
  expect(rows).toEqual([{ status: 'cancelled', error: reason, attempts: 1 }]);
});

test('after downtime a missed reminder is sent once, marked late; firing raises the revision', async () => {
  await insertReminders(app.database, { users: 1, perUser: 1, dueAt: "now() - interval '3 hours'" });
  const send = vi.fn(async (_target: ChannelTarget, _message: Message) => sent);
  startTestWorker(app, send);
  await until({ sent: 1 });
  expect(send).toHaveBeenCalledTimes(1);
  const [[target, message] = []] = send.mock.calls;
  expect(target).toMatchObject({ type: 'email' });
  expect(message?.webhook.data).toMatchObject({ late: true });
  expect((await listed()).data).toMatchObject([
    { status: 'sent', late: true, attempts: 1, next_try_at: null },
  ]);
  const rows = await queryAsAdmin(
    app.database,
    `select o.revision::int as of_user, r.revision::int, r.next_at, r.fired_at is not null as fired
     from duly.reminders r join duly.owners o using (user_id)`,
  );
  expect(rows).toEqual([{ of_user: 2, revision: 2, next_at: null, fired: true }]);
});

test('24 hours of retries through the database, then it fails', async () => {
  await insertReminders(app.database, { users: 1, perUser: 1 });
  const send = vi.fn(async () => timedOut);
  startTestWorker(app, send);
  let attempts = 0;
  for (let status = 'queued'; status === 'queued'; ) {
    attempts += 1;
    await vi.waitFor(async () => expect((await listed()).data[0]?.attempts).toBe(attempts), patience);
    status = (await listed()).data[0].status;
    // The clock of a failed delivery goes on by the pause: all of its times move back.
    await queryAsAdmin(
      app.database,
      `update duly.deliveries set created_at = created_at - (next_try_at - now()), next_try_at = now()
       where status = 'queued'`,
    );
    await queryAsAdmin(app.database, `select pg_notify('duly_changes', '["test","${user}"]')`);
  }
  expect((await listed()).data).toMatchObject([{ status: 'failed', error: 'timeout', attempts }]);
  // Pauses are up to a tenth shorter or longer.
  expect([15, 16]).toContain(attempts);
  expect(send).toHaveBeenCalledTimes(attempts);
});

test('one dead receiver among 1,000 delays nobody', async () => {
  await insertReminders(app.database, { users: 1_000, perUser: 1 });
  await insertReminders(app.database, { users: 1, perUser: 300, prefix: 'dead' });
  const began = performance.now();
  let live = 0;
  startTestWorker(app, async (target, _message, signal) => {
    if (target.type !== 'email' || !target.address.startsWith('dead')) {
      live += 1;
      return sent;
    }
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return timedOut;
  });
  await vi.waitFor(() => expect(live).toBe(1_000), patience);
  // Less than the time-out of one attempt.
  expect(performance.now() - began).toBeLessThan(30_000);
});

test('the log has filters, pages and only the deliveries of its user', async () => {
  await insertReminders(app.database, { users: 2, perUser: 5 });
  startTestWorker(app, async () => sent);
  await until({ sent: 10 });
  const { data, pagination } = await listed('?limit=2');
  expect(pagination.total).toBe(5);
  const { data: next } = await listed(`?limit=50&cursor=${pagination.next_cursor}`);
  expect(new Set([...data, ...next].map(({ id }: { id: string }) => id)).size).toBe(5);
  expect((await listed('?status=failed')).data).toEqual([]);
  expect((await listed(`?task_id=${data[0].task_id}`)).data).toEqual([data[0]]);
  expect((await listed(`?status=sent&reminder_id=${data[1].reminder_id}`)).data).toEqual([data[1]]);
});
