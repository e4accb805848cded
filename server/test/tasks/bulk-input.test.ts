import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { bulkResultsOf, repeat, sendBulk } from '../support/bulk.ts';
import { naughtyStrings } from '../support/naughty.ts';
import { locsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const fine = { op: 'create', temp_id: 'fine', title: 'fine' };
const id = randomUUID();

describe('one operation that is not valid refuses the whole request and names the place', () => {
  test.each([
    [{ op: 'create' }, 'title', 'is missing'],
    [{ op: 'create', title: '  ' }, 'title', 'fewer than 1'],
    [{ op: 'create', title: 'x'.repeat(201) }, 'title', 'more than 200 characters, got 201'],
    [{ op: 'create', title: 'a\0' }, 'title', 'must not contain the NUL character'],
    [{ op: 'create', title: 'a\ud800' }, 'title', 'must not contain a lone surrogate'],
    [{ op: 'create', title: 5 }, 'title', 'must be string, got 5'],
    [
      { op: 'create', title: 'a', priority: 'Urgent' },
      'priority',
      'must be one of High, Medium, Low, got "Urgent"',
    ],
    [{ op: 'create', title: 'a', due_date: '2026-02-30' }, 'due_date', 'must be a date'],
    [{ op: 'create', title: 'a', tags: ['b', ' '] }, 'tags.1', 'must not be blank'],
    [{ op: 'create', title: 'a', temp_id: '' }, 'temp_id', 'fewer than 1'],
    [{ op: 'create', title: 'a', temp_id: 'fine' }, 'temp_id', 'was given before'],
    [{ op: 'create', title: 'a', id }, 'id', 'is not a known or writable field'],
    [{ op: 'create', title: 'a', version: 1 }, 'version', 'is not a known or writable field'],
    [{ op: 'create', title: 'a', user_id: 5 }, 'user_id', 'must be string'],
    [{ op: 'update', title: 'a' }, 'id', 'is missing'],
    [{ op: 'update', id: 'unknown', title: 'a' }, 'id', 'must be a UUID with hyphens, or the temp_id'],
    [{ op: 'update', id: `{${id}}`, title: 'a' }, 'id', 'must be a UUID'],
    [{ op: 'update', id: 'later', title: 'a' }, 'id', 'the temp_id of an earlier create'],
    [{ op: 'update', id, title: null }, 'title', 'must be string, got null'],
    [{ op: 'update', id, version: '1' }, 'version', 'must be integer, got "1"'],
    [{ op: 'update', id, temp_id: 'x' }, 'temp_id', 'is not a known or writable field'],
    [{ op: 'complete', id, completed: 'true' }, 'completed', 'must be boolean, got "true"'],
    [{ op: 'complete', id, title: 'a' }, 'title', 'is not a known or writable field'],
    [{ op: 'delete', id, version: 0 }, 'version', '>= 1'],
    [{ op: 'restore', id: null }, 'id', 'must be string, got null'],
    [
      { op: 'purge', id },
      'op',
      'must be one of create, update, complete, skip, undo, delete, restore, got "purge"',
    ],
    [{ op: 'Create', title: 'a' }, 'op', 'must be one of create'],
    [{ op: 5 }, 'op', 'must be one of create, update, complete, skip, undo, delete, restore, got 5'],
    [{ title: 'a' }, 'op', 'is missing'],
  ])('%j: %s', async (operation, field, message) => {
    const client = await newClient(app);
    const operations = [fine, fine, operation, { op: 'create', temp_id: 'later', title: 'later' }].toSpliced(
      1,
      1,
    );
    for (const atomic of [false, true]) {
      const reply = await sendBulk(client, operations, { atomic });
      expect([reply.status, reply.body.error_code]).toEqual([422, 'VALIDATION_ERROR']);
      expect([...new Set(locsOf(reply.body.errors))]).toEqual([`body.operations.1.${field}`]);
      expect(reply.body.errors[0].msg).toContain(message);
    }
    expect((await client.stored()).owners).toEqual([]);
  });

  test.each([[5], ['create'], [null], [[]]])('%j is no operation', async (operation) => {
    const client = await newClient(app);
    const reply = await sendBulk(client, [fine, operation]);
    expect([reply.status, locsOf(reply.body.errors)]).toEqual([422, ['body.operations.1']]);
    expect(reply.body.errors[0].msg).toContain('must be object');
  });

  test('every one of several is named', async () => {
    const client = await newClient(app);
    const reply = await sendBulk(client, [{ op: 'create', title: '' }, fine, { op: 'x' }, { op: 'delete' }]);
    expect(locsOf(reply.body.errors)).toEqual([
      'body.operations.0.title',
      'body.operations.2.op',
      'body.operations.3.id',
    ]);
  });
});

test.each([
  [{}, 'operations'],
  [{ operations: [] }, 'operations'],
  [{ operations: fine }, 'operations'],
  [{ operations: null }, 'operations'],
  [{ operations: [fine], atomic: 'true' }, 'atomic'],
  [{ operations: [fine], atomic: null }, 'atomic'],
  [{ operations: [fine], more: 1 }, 'more'],
])('the body %j is refused, naming %s', async (body, field) => {
  const client = await newClient(app);
  const reply = await client.v1('POST', '/tasks/bulk', body);
  expect([reply.status, locsOf(reply.body.errors)]).toEqual([422, [`body.${field}`]]);
});

test.each([
  ['100 by default', {}, 100],
  ['as many as BULK_MAX_OPERATIONS says', { BULK_MAX_OPERATIONS: '3' }, 3],
  ['500 at most', { BULK_MAX_OPERATIONS: '500' }, 500],
])('a request may have so many operations: %s', async (_, env, most) => {
  const beside = await startApp(env, app);
  try {
    const client = await newClient(beside);
    const creates = (count: number) => repeat(count, (index) => ({ op: 'create', title: `task ${index}` }));
    const refused = await sendBulk(client, creates(most + 1));
    expect([refused.status, locsOf(refused.body.errors)]).toEqual([422, ['body.operations']]);
    expect((await client.stored()).tasks).toEqual([]);
    expect(await bulkResultsOf(client, creates(most))).toHaveLength(most);
    expect((await client.stored()).tasks).toHaveLength(most);
  } finally {
    await beside.close();
  }
});

test('the body may have a megabyte, unlike that of any other request', async () => {
  const client = await newClient(app);
  const operations = repeat(100, () => ({ op: 'create', title: 'x', description: '😀'.repeat(1_000) }));
  const text = JSON.stringify({ operations });
  const padded = (bytes: number) => text + ' '.repeat(bytes - Buffer.byteLength(text));
  const megabyte = 1024 * 1024;
  const [full, beyond] = [
    await client.v1('POST', '/tasks/bulk', padded(megabyte)),
    await client.v1('POST', '/tasks/bulk', padded(megabyte + 1)),
  ];
  expect(full.status).toBe(200);
  expect([beyond.status, beyond.body.error_code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  expect((await client.v1('POST', '/tasks', padded(megabyte))).status).toBe(413);
  expect((await client.list()).every(({ description }) => description === '😀'.repeat(1_000))).toBe(true);
});

test('many mistakes are answered in no more space than few, and at once', async () => {
  const client = await newClient(app);
  const operation = Object.fromEntries(repeat(900, (index) => [`field ${index}`, 0]));
  const reply = await sendBulk(
    client,
    repeat(60, () => ({ op: 'delete', id, ...operation })),
  );
  expect(reply.status).toBe(422);
  expect(reply.body.errors).toHaveLength(20);
  expect(reply.text.length).toBeLessThan(10_000);
});

test('a temp_id may be any text, that of a task too: it means the new task from its creation on', async () => {
  const client = await newClient(app);
  const task = await client.create({ title: 'old' });
  const names = naughtyStrings.filter(
    (text) => text.isWellFormed() && !text.includes('\0') && text !== '' && [...text].length <= 100,
  );
  const unique = [...new Set(names)].slice(0, 49);
  const results = await bulkResultsOf(
    client,
    unique.flatMap((temp_id) => [
      { op: 'create', temp_id, title: 'new' },
      { op: 'update', id: temp_id, description: temp_id },
    ]),
  );
  expect(results.map((result) => result.temp_id)).toEqual(unique.flatMap((name) => [name, name]));
  expect(results.filter((_, index) => index % 2).map((result) => result.task?.description)).toEqual(unique);
  const [before, , after] = await bulkResultsOf(client, [
    { op: 'update', id: task.id, title: 'changed' },
    { op: 'create', temp_id: task.id, title: 'new' },
    { op: 'update', id: task.id, title: 'newer' },
  ]);
  expect(before?.id).toBe(task.id);
  expect(after?.id).not.toBe(task.id);
  expect(await client.get(task.id)).toMatchObject({ title: 'changed' });
});

test.each([
  [
    'operations',
    { operations: Array(200_000).fill({}) },
    ['body.operations'],
    'must NOT have more than 100 items, got 200000',
  ],
  [
    'tags',
    { operations: [fine, { op: 'create', title: 'a', tags: Array(100_000).fill(5) }] },
    ['body.operations.1.tags'],
    'must NOT have more than 20 items, got 100000',
  ],
])('a list of too many %s is one mistake, whatever is in it', async (_what, body, locs, message) => {
  const { v1 } = await newClient(app);
  const reply = await v1('POST', '/tasks/bulk', body);
  expect([reply.status, locsOf(reply.body.errors), reply.body.errors[0].msg]).toEqual([422, locs, message]);
});

test('the path is for POST only, and on the full surface only', async () => {
  const { v1, bare } = await newClient(app);
  for (const [reply, status] of [
    [await v1('GET', '/tasks/bulk'), 405],
    [await v1('DELETE', '/tasks/bulk'), 405],
    [await bare('POST', '/tasks/bulk', { operations: [fine] }), 405],
  ] as const)
    expect(reply.status).toBe(status);
});
