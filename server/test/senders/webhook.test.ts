import { readFile } from 'node:fs/promises';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SendResult } from '../../src/senders/model.ts';
import { createWebhookSecret } from '../../src/senders/webhook.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { startReceiver } from '../support/receivers.ts';
import { newMessage, sendersWith } from '../support/senders.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

const never = new AbortController().signal;

async function receiverWith(status = 204, env = { ALLOW_LOOPBACK_RECEIVERS: '1' }) {
  const receiver = await startReceiver((_request, response) => {
    response
      .writeHead(status, status < 400 && status >= 300 ? { location: '/x' } : {})
      .end('a secret answer');
  });
  const { senders, lines } = sendersWith(env, app.ctx.db);
  cleanUp.push(
    () => receiver.close(),
    () => senders.close(),
  );
  const secret = createWebhookSecret();
  const target = { type: 'webhook', url: `${receiver.url}/hook?token=1`, secret } as const;
  return {
    receiver,
    target,
    secret,
    lines,
    send: (message = newMessage()) => senders.send(target, message, never),
  };
}

test('the library of Standard Webhooks accepts the request, and refuses a changed one', async () => {
  const { receiver, secret, send } = await receiverWith();
  const message = newMessage();
  expect(await send(message)).toEqual({ outcome: 'sent', status: 204 });
  const [{ path, headers, body } = { path: '', headers: {}, body: Buffer.alloc(0) }] = receiver.received;
  expect(path).toBe('/hook?token=1');
  expect(headers['content-type']).toBe('application/json');
  expect(headers['user-agent']).toMatch(/^Duly\/\d/);
  expect(headers['webhook-id']).toBe(message.id);
  const signed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  const verifier = new Webhook(secret);
  expect(verifier.verify(body.toString(), signed)).toEqual(message.webhook);
  expect(() => verifier.verify(`${body} `, signed)).toThrow();
  expect(() => verifier.verify(body.toString(), { ...signed, 'webhook-id': 'other' })).toThrow();
  expect(() => new Webhook(createWebhookSecret()).verify(body.toString(), signed)).toThrow();
});

test('the lines of API.md accept the request, and refuse one that was changed or is old', async () => {
  const { receiver, secret, send } = await receiverWith();
  await send();
  const [{ headers, body } = { headers: {}, body: Buffer.alloc(0) }] = receiver.received;
  const page = await readFile(new URL('../../../API.md', import.meta.url), 'utf8');
  const code = /```js\n(import [^`]*?export function verify.*?)```/s.exec(page)?.[1] ?? '';
  const { verify } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  expect(() => verify(secret, headers, body.toString())).not.toThrow();
  expect(() => verify(secret, headers, `${body} `)).toThrow('wrong signature');
  expect(() => verify(createWebhookSecret(), headers, body.toString())).toThrow('wrong signature');
  const old = { ...headers, 'webhook-timestamp': '1700000000' };
  expect(() => verify(secret, old, body.toString())).toThrow('too old');
});

describe('an answer', () => {
  test.each([200, 201, 202, 204, 299])('%i: sent', async (status) => {
    const { send } = await receiverWith(status);
    expect(await send()).toEqual({ outcome: 'sent', status });
  });

  test.each([
    [301, 'redirect', false],
    [307, 'redirect', false],
    [400, 'http_status', false],
    [404, 'http_status', false],
    [410, 'gone', true],
    [429, 'http_status', false],
    [503, 'http_status', false],
  ])('%i: %s, permanent is %s', async (status, error, isPermanent) => {
    const { send, lines } = await receiverWith(status);
    const result = await send();
    expect(result).toEqual({ outcome: 'failed', error, status, isPermanent } as SendResult);
    expect(JSON.stringify(lines)).toBe('[]');
  });
});

test('without the setting a receiver on this host is refused for good', async () => {
  const { receiver, send } = await receiverWith(204, { ALLOW_LOOPBACK_RECEIVERS: '0' });
  const refused = { outcome: 'failed', error: 'refused_address', status: null, isPermanent: true };
  expect(await send()).toEqual(refused);
  expect(receiver.connections()).toBe(0);
});
