import { createPublicKey, randomUUID } from 'node:crypto';
import { decrypt } from 'http_ece';
import { jwtVerify } from 'jose';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Message, SendResult } from '../../src/senders/model.ts';
import { areSubscriptionKeys } from '../../src/senders/push-encryption.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { startReceiver } from '../support/receivers.ts';
import { newMessage, newSubscription, sendersWith } from '../support/senders.ts';

const settings = { ALLOW_LOOPBACK_RECEIVERS: '1' };
const never = new AbortController().signal;

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

function newSenders(env: Record<string, string> = {}) {
  const { senders } = sendersWith({ ...settings, ...env }, app.ctx.db);
  cleanUp.push(() => senders.close());
  return senders;
}

async function pushService(status = 201) {
  const service = await startReceiver((_request, response) => void response.writeHead(status).end());
  cleanUp.push(() => service.close());
  return service;
}

const keyOf = (publicKey: string) => {
  const point = Buffer.from(publicKey, 'base64url');
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')];
  return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } });
};

/** Sends to a new subscription. @returns the request, and what the browser reads */
async function sendPush(message: Message, env: Record<string, string> = {}) {
  const service = await pushService();
  const { privateKey, authSecret, keys } = newSubscription();
  const senders = newSenders(env);
  const target = { type: 'push', endpoint: `${service.url}/push/abc`, keys } as const;
  const result = await senders.send(target, message, never);
  const [request] = service.received;
  if (request === undefined) throw new Error(`no request: ${JSON.stringify(result)}`);
  const plain = decrypt(request.body, { version: 'aes128gcm', privateKey, authSecret });
  return { service, request, result, read: JSON.parse(plain.toString()), senders };
}

test('another implementation of RFC 8188 and 8291 decrypts what arrives', async () => {
  const message = newMessage();
  const { request, result, read } = await sendPush(message);
  expect(result).toEqual({ outcome: 'sent', status: 201 });
  expect(read).toEqual(message.push);
  expect(request.headers).toMatchObject({
    'content-encoding': 'aes128gcm',
    ttl: '86400',
    urgency: 'high',
    topic: message.id.replaceAll('-', ''),
  });
  expect(request.body.includes('plants')).toBe(false);
});

test('the request is authorized by a token for the push service, of the public key', async () => {
  const { service, request, senders } = await sendPush(newMessage(), {
    MAIL_FROM: 'Duly <duly@example.com>',
  });
  const { publicKey } = await senders.getPushKeys();
  const [, token = '', key] =
    /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(request.headers.authorization ?? '') ?? [];
  expect(key).toBe(publicKey);
  const { payload, protectedHeader } = await jwtVerify(token, keyOf(publicKey), { audience: service.url });
  expect(protectedHeader).toEqual({ typ: 'JWT', alg: 'ES256' });
  expect(payload.sub).toBe('mailto:duly@example.com');
  const seconds = (payload.exp ?? 0) - Date.now() / 1_000;
  expect(seconds).toBeGreaterThan(3_600);
  expect(seconds).toBeLessThanOrEqual(86_400);
});

test('a long body is cut so that every push service takes it', async () => {
  const message = newMessage();
  const long = { ...message, push: { ...message.push, body: '🪴\u0001'.repeat(2_000) } };
  const { request, read } = await sendPush(long);
  expect(request.body.length).toBeLessThanOrEqual(4_096);
  expect(read.body.length).toBeGreaterThan(100);
  expect(long.push.body.startsWith(read.body)).toBe(true);
});

describe('an answer of the push service', () => {
  test.each([
    [404, 'gone', true],
    [410, 'gone', true],
    [413, 'http_status', false],
    [429, 'http_status', false],
    [500, 'http_status', false],
    [301, 'redirect', false],
  ])('%i: %s, permanent is %s', async (status, error, isPermanent) => {
    const { url } = await pushService(status);
    const target = { type: 'push', endpoint: url, keys: newSubscription().keys } as const;
    const result = await newSenders().send(target, newMessage(), never);
    expect(result).toEqual({ outcome: 'failed', error, status, isPermanent } as SendResult);
  });
});

describe('the key pair', () => {
  const clear = () => sql`delete from duly.push_keys`.execute(app.ctx.db);

  test('is one pair for instances that need it at once, and stays', async () => {
    await clear();
    const instances = Array.from({ length: 20 }, () => newSenders());
    const pairs = await Promise.all(instances.map((senders) => senders.getPushKeys()));
    expect(new Set(pairs.map((pair) => JSON.stringify(pair))).size).toBe(1);
    expect(await newSenders().getPushKeys()).toEqual(pairs[0]);
    expect(Buffer.from(pairs[0]?.publicKey ?? '', 'base64url')).toHaveLength(65);
  });

  test('is stored with its private key encrypted', async () => {
    const { privateKey } = await newSenders().getPushKeys();
    const { rows } = await sql<{ private_key: string }>`select private_key from duly.push_keys`.execute(
      app.ctx.db,
    );
    expect(privateKey).toMatch(/^[\w-]{43}$/);
    expect(rows[0]?.private_key).toMatch(/^v1\./);
    expect(rows[0]?.private_key).not.toContain(privateKey);
  });

  test('is read with an older secret of the service; with none, push is not configured', async () => {
    await clear();
    const older = randomUUID().repeat(2);
    const newest = randomUUID().repeat(2);
    const first = await newSenders({ BETTER_AUTH_SECRET: older }).getPushKeys();
    expect(await newSenders({ BETTER_AUTH_SECRET: `${newest},${older}` }).getPushKeys()).toEqual(first);
    const lost = newSenders({ BETTER_AUTH_SECRET: newest });
    expect(await lost.getPushKeys()).toEqual({ ...first, privateKey: null });
    const { url } = await pushService();
    const target = { type: 'push', endpoint: url, keys: newSubscription().keys } as const;
    expect(await lost.send(target, newMessage(), never)).toMatchObject({ error: 'not_configured' });
    await clear();
  });
});

test('keys of a subscription have their sizes, and a point of the curve', () => {
  const { keys } = newSubscription();
  const point = Buffer.from(keys.p256dh, 'base64url');
  const changed = Buffer.from(point);
  changed.writeUInt8(point.readUInt8(64) ^ 1, 64);
  expect(areSubscriptionKeys(keys)).toBe(true);
  for (const p256dh of ['', point.subarray(1).toString('base64url'), changed.toString('base64url')])
    expect(areSubscriptionKeys({ ...keys, p256dh })).toBe(false);
  expect(areSubscriptionKeys({ ...keys, auth: 'AAAA' })).toBe(false);
});
