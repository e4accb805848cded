import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { disableGoneChannel, findChannelsForSending } from '../../src/channels/sending-targets.ts';
import { registerAccount } from '../support/accounts.ts';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { readFeed } from '../support/feed.ts';
import { startReceiver } from '../support/receivers.ts';
import { newSubscription } from '../support/senders.ts';
import { type Client, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ ALLOW_LOOPBACK_RECEIVERS: '1' });
});
afterAll(() => app.close());

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

const url = 'https://hooks.example/duly?token=1';
const webhook = { type: 'webhook', url };
const newPush = () => ({
  type: 'push',
  endpoint: `https://push.example/send/${randomUUID()}`,
  keys: newSubscription().keys,
});

/** The issues of a 422, as `field: message`. */
const issuesOf = ({ status, body }: Reply): string[] => {
  expect(status).toBe(422);
  return body.errors.map(({ loc, msg }: { loc: string[]; msg: string }) => `${loc.join('.')}: ${msg}`);
};

async function create(client: Client, body: object, headers: Record<string, string> = {}) {
  const reply = await client.v1('POST', '/channels', body, headers);
  expect([reply.status, reply.text]).toEqual([201, expect.any(String)]);
  return reply.body.data;
}

/** A client of an account of this server. */
async function newAccount(isVerified: boolean): Promise<Client> {
  const account = await registerAccount(app);
  await sql`update better_auth."user" set "emailVerified" = ${isVerified} where id = ${account.id}`.execute(
    app.ctx.db,
  );
  return newClient(app, account.id);
}

describe('a webhook', () => {
  test('shows its secret in the answer to its creation, and nowhere else', async () => {
    const client = await newClient(app);
    const reply = await client.v1('POST', '/channels', { ...webhook, name: ' Home ' });
    const { secret, ...channel } = reply.body.data;
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect(reply.headers.get('location')).toBe(`${client.user.v1}/channels/${channel.id}`);
    expect(Buffer.from(secret.replace('whsec_', ''), 'base64')).toHaveLength(32);
    expect(channel).toMatchObject({ type: 'webhook', name: 'Home', enabled: true, url, version: 1 });
    const path = `/channels/${channel.id}`;
    const others = [
      await client.v1('GET', path),
      await client.v1('GET', '/channels'),
      await client.v1('GET', '/changes'),
      await client.v1('PATCH', path, { enabled: false }),
      await client.v1('PATCH', path, { enabled: true, version: 1 }),
      await client.v1('GET', '/audit'),
    ];
    for (const { text } of others) expect(text).not.toMatch(/whsec_|secret"/);
    expect(others[0]?.body.data).toEqual(channel);
    expect(others[4]?.status).toBe(409);
  });

  test('has its secret encrypted in the database, bound to its row', async () => {
    const [client, other] = [await newClient(app), await newClient(app)];
    const { secret, id } = await create(client, webhook);
    const { db, config } = app.ctx;
    const read = async ({ user }: Client) => findChannelsForSending(db, config.auth.secrets, user.id);
    expect(await read(client)).toEqual([
      { id, type: 'webhook', enabled: true, target: { type: 'webhook', url, secret } },
    ]);
    const { rows } = await sql<{ secret: string }>`
      select secret from duly.channels where user_id = ${client.user.id}`.execute(db);
    expect(rows[0]?.secret).toMatch(/^v1\./);
    expect(rows[0]?.secret).not.toContain(secret.slice(6));
    await create(other, webhook);
    await sql`update duly.channels set secret = ${rows[0]?.secret} where user_id = ${other.user.id}`.execute(
      db,
    );
    expect(await read(other)).toMatchObject([{ target: null }]);
  });

  test('under an Idempotency-Key: a replay has the secret, and the stored answer has it encrypted', async () => {
    const client = await newClient(app);
    const key = { 'idempotency-key': randomUUID() };
    const [first, again] = [
      await client.v1('POST', '/channels', webhook, key),
      await client.v1('POST', '/channels', webhook, key),
    ];
    expect([again.text, again.headers.get('idempotency-replayed')]).toEqual([first.text, 'true']);
    const { rows } = await sql<{ answer: string }>`
      select answer::text from duly.idempotency_keys where user_id = ${client.user.id}`.execute(app.ctx.db);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.answer).not.toContain('whsec_');
    expect(rows[0]?.answer).not.toContain(first.body.data.secret.slice(6));
  });

  test('gets another secret, and signs with that one', async () => {
    const receiver = await startReceiver();
    cleanUp.push(() => receiver.close());
    const client = await newClient(app);
    const before = await create(client, { ...webhook, url: receiver.url });
    const path = `/channels/${before.id}`;
    const rotated = (await client.v1('POST', `${path}/rotate-secret`, { version: 1 })).body.data;
    expect(rotated).toMatchObject({ id: before.id, version: 2 });
    expect((await client.v1('POST', `${path}/rotate-secret`, { version: 1 })).status).toBe(409);
    await client.v1('POST', `${path}/test`);
    const [request] = receiver.received;
    const signed = Object.fromEntries(
      Object.entries(request?.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    const payload = request?.body.toString() ?? '';
    expect(new Webhook(rotated.secret).verify(payload, signed)).toMatchObject({ type: 'test' });
    expect(() => new Webhook(before.secret).verify(payload, signed)).toThrow();
  });

  test('is refused with a URL that cannot be reached, or that names an address that is not public', async () => {
    const client = await newClient(app);
    const wrong = { type: 'webhook', url: 'http://0xa9fea9fe/latest' };
    expect(issuesOf(await client.v1('POST', '/channels', wrong))).toEqual([
      'body.url: leads to an address that is not public',
    ]);
    for (const one of [
      'ftp://hooks.example/',
      'hooks.example',
      'https://a:b@hooks.example/',
      'http://[fd00::1]/',
      '',
    ])
      expect(issuesOf(await client.v1('POST', '/channels', { ...webhook, url: one }))).toHaveLength(1);
    expect((await client.v1('GET', '/channels')).body.data).toEqual([]);
  });
});

describe('a push subscription', () => {
  test('is taken as a browser gives it, and shows no more than the origin of the push service', async () => {
    const client = await newClient(app);
    const push = newPush();
    const { id, secret, ...channel } = await create(client, { ...push, expirationTime: null });
    expect(channel).toMatchObject({ type: 'push', url: 'https://push.example' });
    expect(secret).toBeNull();
    const { db, config } = app.ctx;
    const found = await findChannelsForSending(db, config.auth.secrets, client.user.id);
    expect(found).toEqual([{ id, type: 'push', enabled: true, target: push }]);
    const { rows } = await sql<{ row: string }>`
      select to_jsonb(c)::text as row from duly.channels c where user_id = ${client.user.id}`.execute(db);
    for (const part of [push.endpoint, push.keys.auth, push.keys.p256dh])
      expect(rows[0]?.row).not.toContain(part);
  });

  test('that is a channel already is that channel, with the newer keys', async () => {
    const client = await newClient(app);
    const push = newPush();
    const first = await create(client, push);
    expect(await create(client, push)).toEqual(first);
    const renewed = { ...push, keys: newSubscription().keys };
    expect(await create(client, renewed)).toMatchObject({ id: first.id, version: 2 });
    const { db, config } = app.ctx;
    const found = await findChannelsForSending(db, config.auth.secrets, client.user.id);
    expect(found).toMatchObject([{ target: renewed }]);
  });

  test('needs a point of the curve and 16 bytes', async () => {
    const client = await newClient(app);
    const { keys, ...push } = newPush();
    const wrong = [
      { ...keys, auth: 'AAAA' },
      { ...keys, p256dh: `${keys.p256dh.slice(0, -4)}AAAA` },
    ];
    for (const one of wrong)
      expect(issuesOf(await client.v1('POST', '/channels', { ...push, keys: one }))[0]).toMatch(
        /^body\.keys: /,
      );
    expect(issuesOf(await client.v1('POST', '/channels', push))).toEqual(['body.keys: is missing']);
  });
});

describe('an email channel', () => {
  test('leads to the confirmed address of the account, whichever that is', async () => {
    const client = await newAccount(true);
    expect(await create(client, { type: 'email' })).toMatchObject({ type: 'email', url: null, secret: null });
    const { db, config } = app.ctx;
    const read = () => findChannelsForSending(db, config.auth.secrets, client.user.id);
    const address = `${randomUUID()}@example.com`;
    await sql`update better_auth."user" set email = ${address} where id = ${client.user.id}`.execute(db);
    expect(await read()).toMatchObject([{ target: { type: 'email', address } }]);
    await sql`update better_auth."user" set "emailVerified" = false where id = ${client.user.id}`.execute(db);
    expect(await read()).toMatchObject([{ target: null }]);
    const test = await client.v1('POST', `/channels/${(await read())[0]?.id}/test`);
    expect(test.body.data).toMatchObject({ outcome: 'failed', error: 'not_configured', status: null });
  });

  test('is refused while the address is not confirmed, and to a user without an account', async () => {
    for (const client of [await newAccount(false), await newClient(app)])
      expect(issuesOf(await client.v1('POST', '/channels', { type: 'email' }))).toEqual([
        'body.type: needs an account with a confirmed email address',
      ]);
  });

  test('takes no address of its own', async () => {
    const client = await newAccount(true);
    expect(issuesOf(await client.v1('POST', '/channels', { type: 'email', url }))).toEqual([
      'body.url: is not a field of email',
    ]);
  });
});

test('a user has at most 1 email channel, 5 webhooks and 10 push subscriptions', async () => {
  const client = await newAccount(true);
  const limits = [
    { make: () => ({ type: 'email' }), max: 1, of: 'email channel' },
    { make: () => webhook, max: 5, of: 'webhooks' },
    { make: newPush, max: 10, of: 'push subscriptions' },
  ];
  for (const { make, max, of } of limits) {
    const replies = await Promise.all(
      Array.from({ length: max + 2 }, () => client.v1('POST', '/channels', make())),
    );
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(max);
    const refused = replies.find(({ status }) => status !== 201);
    expect([refused?.status, refused?.body]).toMatchObject([
      409,
      { error_code: 'LIMIT_EXCEEDED', detail: `There can be at most ${max} ${of}` },
    ]);
  }
});

describe('a change', () => {
  test('is a merge patch of name and enabled, on condition of version or ETag', async () => {
    const client = await newClient(app);
    const { secret, ...channel } = await create(client, { ...webhook, name: 'a' });
    const path = `/channels/${channel.id}`;
    expect((await client.v1('PATCH', path, { ...channel })).body.data).toEqual(channel);
    const renamed = await client.v1('PATCH', path, { name: null }, { 'if-match': '"1"' });
    expect([renamed.body.data, renamed.headers.get('etag')]).toMatchObject([
      { name: null, version: 2 },
      '"2"',
    ]);
    expect((await client.v1('PATCH', path, { name: 'b' }, { 'if-match': '"1"' })).status).toBe(412);
    const stale = await client.v1('PATCH', path, { name: 'b', version: 1 });
    expect([stale.status, stale.body.current]).toEqual([409, renamed.body.data]);
    for (const fixed of [{ url: 'https://other.example/' }, { type: 'push' }, { id: randomUUID() }])
      expect(issuesOf(await client.v1('PATCH', path, fixed))).toHaveLength(1);
  });

  test('is in the feed, and a deletion is a tombstone there', async () => {
    const client = await newClient(app);
    const { cursor } = await readFeed(client);
    const { secret, ...channel } = await create(client, webhook);
    const { changes, cursor: next } = await readFeed(client, { since: cursor });
    const ofChannels = changes.filter(({ type }) => type === 'channel');
    expect(ofChannels).toMatchObject([{ type: 'channel', id: channel.id, op: 'upsert', channel }]);
    const path = `/channels/${channel.id}`;
    expect((await client.v1('DELETE', path, { version: 2 })).status).toBe(409);
    expect((await client.v1('DELETE', path)).status).toBe(200);
    expect((await client.v1('DELETE', path)).status).toBe(404);
    expect((await client.v1('GET', path)).status).toBe(404);
    const gone = await readFeed(client, { since: next });
    expect(gone.changes).toEqual([
      { revision: expect.any(Number), type: 'channel', id: channel.id, op: 'delete' },
    ]);
  });

  test('is audited by what was done, and never says to whom', async () => {
    const client = await newClient(app);
    const { id } = await create(client, webhook);
    await client.v1('PATCH', `/channels/${id}`, { enabled: false });
    await client.v1('POST', `/channels/${id}/rotate-secret`);
    await client.v1('POST', `/channels/${id}/test`);
    await client.v1('DELETE', `/channels/${id}`);
    const { body, text } = await client.v1('GET', '/audit');
    const entries = body.data.map(({ action, subject }: Record<string, unknown>) => [action, subject]);
    const verbs = ['delete', 'test', 'rotate_secret', 'update', 'create'];
    expect(entries.slice(0, 5)).toEqual(verbs.map((verb) => [`channel.${verb}`, id]));
    expect(text).not.toContain('hooks.example');
  });
});

test('a channel whose receiver is gone is disabled once, by no user', async () => {
  const client = await newClient(app);
  const { id } = await create(client, webhook);
  const disable = (channelId: string) => disableGoneChannel(app.ctx.db, client.user.id, channelId);
  for (const channelId of [id, id, randomUUID()]) await disable(channelId);
  const { body } = await client.v1('GET', `/channels/${id}`);
  expect(body.data).toMatchObject({ enabled: false, version: 2 });
  const entries = (await client.v1('GET', '/audit')).body.data;
  const found = entries.filter(({ action }: Record<string, unknown>) => action === 'channel.disable');
  expect(found).toMatchObject([{ actor: null, subject: id }]);
});

test('the public key for push is one point of the curve for all users', async () => {
  const ask = async () => {
    const { token } = await app.newUser();
    return (await app.request('GET', '/api/v1/push-key', { token })).body.data.public_key;
  };
  const key = await ask();
  expect(Buffer.from(key, 'base64url')).toHaveLength(65);
  expect(await ask()).toBe(key);
});
