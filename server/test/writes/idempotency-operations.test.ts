import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createWebhook } from '../support/channels.ts';
import { findUnfolded } from '../support/folding.ts';
import {
  fillPath,
  isUserOperation,
  type Operation,
  operations,
  requiredQuery,
} from '../support/operations.ts';
import { createItems } from '../support/projects.ts';
import { createReminder } from '../support/reminders.ts';
import { createRepeating, isOfRepeating } from '../support/repeats.ts';
import { newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** Operations whose responses have secrets, that send a message, or that are idempotent by themselves. */
const withoutKey = [
  'changePassword',
  'endOtherSessions',
  'endSession',
  'eraseUser',
  'importTasks',
  'requestEmailChange',
  'sendEmailVerification',
  'testChannel',
];

const writes = operations.filter((operation) => isUserOperation(operation) && operation.method !== 'GET');
const takesKey = ({ parameters }: Operation) => parameters.some(({ name }) => name === 'idempotency-key');

test('every write below a user takes an Idempotency-Key, but for those of accounts', () => {
  const without = writes.filter((operation) => !takesKey(operation)).map(({ operationId }) => operationId);
  expect(without.sort()).toEqual(withoutKey);
});

test.each(
  writes
    .filter((one) => takesKey(one) && !one.parameters.some(({ name }) => name === 'if-match'))
    .map((operation) => [operation.operationId, operation] as const),
)('%s refuses an If-Match that it would not look at', async (_id, { method, path, body }) => {
  const client = await newClient(app);
  const { tags } = await client.create({ tags: ['home'] });
  const [task_id, project_id] = [randomUUID(), randomUUID()];
  const names = { user_id: client.user.id, task_id, project_id, name: tags[0] ?? '' };
  const before = await client.stored();
  const { status, body: error } = await app.request(method, fillPath(path, names), {
    token: client.user.token,
    ...(body === undefined ? {} : { body: body.example }),
    headers: { 'if-match': '"1"' },
  });
  expect([status === 422 || status === 400, error.error_code]).toEqual([true, 'VALIDATION_ERROR']);
  expect(JSON.stringify(error)).toContain('"header","if-match"');
  expect(await client.stored()).toEqual(before);
});

test.each(writes.filter(takesKey).map((operation) => [operation.operationId, operation] as const))(
  '%s is done once under one key, and answered the same again',
  async (_id, operation) => {
    const { method, path, body, operationId, isBodyOptional } = operation;
    const client = await newClient(app);
    const { user } = client;
    const create = isOfRepeating(operation) ? createRepeating.bind(null, client) : client.create;
    const [task, gone] = [await create({ tags: ['home'] }), await client.create({ tags: ['home'] })];
    await client.v1('DELETE', `/tasks/${gone.id}`);
    const names = {
      user_id: user.id,
      task_id: path.includes('/trash/') ? gone.id : task.id,
      name: 'home',
      ...(await createItems(client, path.includes('/trash/'))),
      reminder_id: await createReminder(client, task.id),
      channel_id: await createWebhook(client),
    };
    const url = fillPath(path, names) + requiredQuery(operation);
    const send = () =>
      app.request(method, url, {
        token: user.token,
        ...(isBodyOptional ? {} : { body: body?.example }),
        headers: { 'idempotency-key': `key-of-${operationId}` },
      });
    const first = await send();
    expect(first.status).toBeLessThan(300);
    expect(first.headers.has('idempotency-replayed')).toBe(false);
    const stored = await client.stored();
    const again = await send();
    expect([again.status, again.text]).toEqual([first.status, first.text]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await client.stored()).toEqual(stored);
    for (const name of ['etag', 'location']) expect(again.headers.get(name)).toBe(first.headers.get(name));
    // With another key it is another write; a deleted item cannot be deleted again.
    const other = await app.request(method, url, {
      token: user.token,
      ...(isBodyOptional ? {} : { body: body?.example }),
      headers: { 'idempotency-key': randomUUID() },
    });
    expect(other.headers.has('idempotency-replayed')).toBe(false);
  },
);

test('no writer of the above forgot the folded text', async () => {
  expect(await findUnfolded(app.ctx.db)).toEqual([]);
});
