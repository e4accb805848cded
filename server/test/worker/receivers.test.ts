import { decrypt } from 'http_ece';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { urlOf } from '../support/database.ts';
import { startWorkerProcess } from '../support/delivery-worker.ts';
import { patience } from '../support/patience.ts';
import { startProcess } from '../support/process.ts';
import { startReceiver } from '../support/receivers.ts';
import { newReminded } from '../support/reminders.ts';
import { newSubscription } from '../support/senders.ts';

const env = { ALLOW_LOOPBACK_RECEIVERS: '1' };

let app: TestApp;
beforeAll(async () => {
  app = await startApp(env);
});
afterAll(() => app.close());

async function newReceiver() {
  const receiver = await startReceiver();
  afterTest.push(() => receiver.close());
  return receiver;
}

test('a reminder reaches webhook and push, and is listed as sent under the ids that they got', async () => {
  const [hook, pushService] = [await newReceiver(), await newReceiver()];
  const { privateKey, authSecret, keys } = newSubscription();
  const user = await newReminded(app, { title: 'Call the plumber' });
  await user.send('PATCH', '', { time_zone: 'Europe/Berlin', locale: 'de' });
  const task = await user.patch({ due_date: '2040-11-30', due_time: '19:30', priority: 'High' });
  const webhook = await user.send('POST', '/channels', { type: 'webhook', url: `${hook.url}/duly` });
  const push = await user.send('POST', '/channels', { type: 'push', endpoint: `${pushService.url}/1`, keys });
  startWorkerProcess({ ...env, DATABASE_URL: urlOf(app.database.connection) });
  const remindAt = new Date(Date.now() + 3_000).toISOString();
  const reminder = await user.remind({ remind_at: remindAt });
  const deliveries = () => user.send('GET', '/deliveries');
  await vi.waitFor(async () => {
    expect((await deliveries()).map(({ status }: { status: string }) => status)).toEqual(['sent', 'sent']);
  }, patience);

  const [request, ...more] = hook.received;
  expect(more).toEqual([]);
  const headers = Object.entries(request?.headers ?? {}).map(([name, value]) => [name, String(value)]);
  const signed: Record<string, string> = Object.fromEntries(headers);
  const webhookId = signed['webhook-id'];
  expect(new Webhook(webhook.secret).verify(request?.body.toString() ?? '', signed)).toEqual({
    type: 'reminder.due',
    timestamp: remindAt,
    data: {
      user_id: user.user.id,
      delivery_id: webhookId,
      reminder_id: reminder.id,
      scheduled_at: remindAt,
      late: false,
      task: {
        ...{ id: task.id, title: 'Call the plumber', description: null, priority: 'High' },
        ...{ due_date: '2040-11-30', due_at: '2040-11-30T18:30:00.000Z', start_date: null },
      },
    },
  });

  expect(pushService.received).toHaveLength(1);
  const body = pushService.received[0]?.body ?? Buffer.alloc(0);
  const plain = decrypt(body, { version: 'aes128gcm', privateKey, authSecret });
  const shown = JSON.parse(plain.toString());
  expect(shown).toEqual({
    id: expect.any(String),
    title: 'Call the plumber',
    body: 'Fällig: Freitag, 30. November 2040 um 19:30',
    task_id: task.id,
  });

  const common = {
    reminder_id: reminder.id,
    task_id: task.id,
    scheduled_at: remindAt,
    attempts: 1,
    late: false,
  };
  const ended = { error: null, error_status: null, next_try_at: null, finished_at: expect.any(String) };
  const expected = [
    { ...common, ...ended, id: webhookId, channel_id: webhook.id, channel_type: 'webhook' },
    { ...common, ...ended, id: shown.id, channel_id: push.id, channel_type: 'push' },
  ];
  expect(await deliveries()).toEqual(
    expect.arrayContaining(expected.map((one) => expect.objectContaining(one))),
  );
});

test('a reminder by push waits while web_push is off, and is sent once it is on', async () => {
  const pushService = await newReceiver();
  const user = await newReminded(app, { title: 'Call the plumber' });
  const { keys } = newSubscription();
  await user.send('POST', '/channels', { type: 'push', endpoint: `${pushService.url}/1`, keys });
  const settings = { ...env, DATABASE_URL: urlOf(app.database.connection) };
  const worker = startWorkerProcess({ ...settings, FEATURE_FLAGS: 'web_push=off' });
  await user.remind({ remind_at: new Date(Date.now() + 2_000).toISOString() });
  const delivery = async () => (await user.send('GET', '/deliveries'))[0];
  await vi.waitFor(async () => {
    expect(await delivery()).toMatchObject({ status: 'queued', attempts: 1, error: 'not_configured' });
  }, patience);
  expect(pushService.received).toEqual([]);
  worker.child.kill('SIGTERM');
  await worker.ended;
  startWorkerProcess(settings);
  const retry = startProcess(['jobs', 'retry', (await delivery()).id], settings);
  expect(await retry.ended).toMatchObject({ code: 0, stdout: '1 queued\n' });
  await vi.waitFor(async () => expect(await delivery()).toMatchObject({ status: 'sent' }), patience);
  expect(pushService.received).toHaveLength(1);
});
