import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { type MailServer, startMailServer } from '../support/mail.ts';
import { startReceiver } from '../support/receivers.ts';
import { newSubscription } from '../support/senders.ts';
import { type Client, newClient } from '../support/tasks.ts';

let mails: MailServer;
let app: TestApp;
beforeAll(async () => {
  mails = await startMailServer();
  app = await startApp({ ...mails.settings, ALLOW_LOOPBACK_RECEIVERS: '1' });
});
afterAll(async () => {
  await app.close();
  await mails.close();
});

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

async function receiverWith(status: number) {
  const receiver = await startReceiver(
    (_request, response) => void response.writeHead(status, { 'x-hidden': 'header' }).end('hidden body'),
  );
  cleanUp.push(() => receiver.close());
  return receiver;
}

async function testOf(client: Client, body: object) {
  const { id } = (await client.v1('POST', '/channels', body)).body.data;
  return client.v1('POST', `/channels/${id}/test`);
}

const took = { duration_ms: expect.any(Number) };

test('a test of a webhook says outcome and status, and nothing of the receiver', async () => {
  const client = await newClient(app);
  for (const [status, result] of [
    [204, { outcome: 'sent', error: null, status: 204 }],
    [500, { outcome: 'failed', error: 'http_status', status: 500 }],
    [302, { outcome: 'failed', error: 'redirect', status: 302 }],
  ] as const) {
    const receiver = await receiverWith(status);
    const { body, text } = await testOf(client, { type: 'webhook', url: receiver.url });
    expect(body.data).toEqual({ ...result, ...took });
    expect(text).not.toMatch(/hidden|127\.0\.0\.1/);
    const [request] = receiver.received;
    expect(JSON.parse(request?.body.toString() ?? '')).toMatchObject({ type: 'test' });
  }
});

test('a test of push reaches the push service, also of a disabled channel', async () => {
  const service = await receiverWith(201);
  const push = { type: 'push', endpoint: `${service.url}/1`, keys: newSubscription().keys, enabled: false };
  const { body } = await testOf(await newClient(app), push);
  expect(body.data).toEqual({ outcome: 'sent', error: null, status: 201, ...took });
  expect(service.received[0]?.headers['content-encoding']).toBe('aes128gcm');
});

test('a test of an email channel is a mail to the address of the account', async () => {
  const account = await registerAccount(app);
  await sql`update better_auth."user" set "emailVerified" = true where id = ${account.id}`.execute(
    app.ctx.db,
  );
  const { body } = await testOf(await newClient(app, account.id), { type: 'email' });
  expect(body.data).toEqual({ outcome: 'sent', error: null, status: 250, ...took });
  const mail = await mails.next(account.email, 'A test of your reminders');
  expect(mail.to).toEqual([account.email]);
});

test('a channel of another user, or none, cannot be tested', async () => {
  const [client, other] = [await newClient(app), await newClient(app)];
  const receiver = await receiverWith(204);
  const { id } = (await client.v1('POST', '/channels', { type: 'webhook', url: receiver.url })).body.data;
  expect((await other.v1('POST', `/channels/${id}/test`)).status).toBe(404);
  expect(receiver.connections()).toBe(0);
});

test('tests are limited like what sends mail', async () => {
  const limited = await startApp({ RATE_LIMIT_AUTH: '3/60', ALLOW_LOOPBACK_RECEIVERS: '1' });
  cleanUp.push(() => limited.close());
  const client = await newClient(limited);
  const receiver = await receiverWith(204);
  const { id } = (await client.v1('POST', '/channels', { type: 'webhook', url: receiver.url })).body.data;
  const statuses: number[] = [];
  for (let count = 0; count < 5; count += 1)
    statuses.push((await client.v1('POST', `/channels/${id}/test`)).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  expect(receiver.received).toHaveLength(3);
});
