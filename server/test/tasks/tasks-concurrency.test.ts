import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { createDatabase } from '../support/database.ts';
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { locsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

const withStatus = (replies: Reply[], status: number) => replies.filter((reply) => reply.status === status);

describe('lost updates', () => {
  test.each([
    ['version in the body', 409, 'VERSION_CONFLICT'],
    ['If-Match', 412, 'PRECONDITION_FAILED'],
  ])(
    '50 parallel edits of one version by %s: one wins, 49 get %i with the current task',
    async (by, lost, code) => {
      const { create, get, v1, revision } = await newClient(app);
      const { id } = await create({ title: 'contested' });
      const replies = await times(50, (index) =>
        by === 'If-Match'
          ? v1('PATCH', `/tasks/${id}`, { title: `edit ${index}` }, { 'if-match': '"1"' })
          : v1('PATCH', `/tasks/${id}`, { title: `edit ${index}`, version: 1 }),
      );
      const [won] = withStatus(replies, 200);
      const current = await get(id);
      expect(won?.body.data).toEqual(current);
      expect(current.version).toBe(2);
      const losers = withStatus(replies, lost);
      expect(losers).toHaveLength(49);
      for (const { body } of losers) expect(body).toMatchObject({ error_code: code, current });
      expect(await revision()).toBe(2);
    },
  );

  test('parallel edits of different fields without a condition are all kept', async () => {
    const { create, get, v1 } = await newClient(app);
    const { id } = await create();
    const patches = [
      { title: 'new' },
      { description: 'new' },
      { priority: 'Low' },
      { due_date: '2030-01-01' },
      { tags: ['new'] },
      { completed: true },
    ];
    const replies = await times(patches.length, (index) => v1('PATCH', `/tasks/${id}`, patches[index]));
    expect(withStatus(replies, 200)).toHaveLength(patches.length);
    expect(new Set(replies.map(({ body }) => body.data.version))).toEqual(new Set([2, 3, 4, 5, 6, 7]));
    expect(await get(id)).toMatchObject({ ...Object.assign({}, ...patches), version: 7 });
  });
});

describe('If-Match', () => {
  test.each(['"1"', '*', ' "1" ', '"9", "1"', '"9","1" , "x"', 'W/"9", "1"'])(
    '%s lets version 1 be changed',
    async (tag) => {
      const { create, v1 } = await newClient(app);
      const { id } = await create();
      const { status, headers } = await v1('PATCH', `/tasks/${id}`, { title: 'new' }, { 'if-match': tag });
      expect(status).toBe(200);
      expect(headers.get('etag')).toBe('"2"');
    },
  );

  test.each(['"2"', '"01x"', '""', 'W/"1"', 'W/"1", "2"', '"2", "3"', '"99999999999999999999"'])(
    '%s does not name version 1: 412 on every write, and nothing changes',
    async (tag) => {
      const { create, v1, stored } = await newClient(app);
      const task = await create();
      const before = await stored();
      const calls = [
        ['PUT', '', { title: 'new' }],
        ['PATCH', '', {}],
        ['PATCH', '/complete', { completed: true }],
        ['DELETE', '', undefined],
      ] as const;
      for (const [method, suffix, body] of calls) {
        const reply = await v1(method, `/tasks/${task.id}${suffix}`, body, { 'if-match': tag });
        expect(reply.status, method).toBe(412);
        expect(reply.body).toMatchObject({ error_code: 'PRECONDITION_FAILED', current: task });
      }
      expect(await stored()).toEqual(before);
    },
  );

  test.each(['1', '"1', '1"', '"1" "2"', '"1",', '*, "1"', 'w/"1"', '"a b"', "'1'"])(
    '%s is malformed: the header is named and nothing changes',
    async (tag) => {
      const { create, v1, bare, stored } = await newClient(app);
      const { id } = await create();
      const before = await stored();
      const onV1 = await v1('PATCH', `/tasks/${id}`, { title: 'new' }, { 'if-match': tag });
      expect(onV1.status).toBe(422);
      expect(locsOf(onV1.body.errors)).toEqual(['header.if-match']);
      const onBare = await bare('DELETE', `/tasks/${id}`, undefined, { 'if-match': tag });
      expect(onBare.status).toBe(400);
      expect(locsOf(onBare.body.detail)).toEqual(['header.if-match']);
      expect(await stored()).toEqual(before);
    },
  );

  test('a version in the body that is not the newest is 409 on complete too', async () => {
    const { create, v1, get } = await newClient(app);
    const task = await create();
    const reply = await v1('PATCH', `/tasks/${task.id}/complete`, { completed: true, version: 2 });
    expect(reply.status).toBe(409);
    expect(reply.body).toMatchObject({ error_code: 'VERSION_CONFLICT', current: task });
    expect(await get(task.id)).toEqual(task);
  });
});

test('21 parallel toggles, 20 rounds: none is lost, so the state flips every round', async () => {
  const { create, bare, get } = await newClient(app);
  const { id } = await create();
  for (let round = 1; round <= 20; round += 1) {
    const replies = await times(21, () => bare('PATCH', `/tasks/${id}/complete`));
    expect(withStatus(replies, 200)).toHaveLength(21);
    expect(new Set(replies.map(({ body }) => body.version)).size).toBe(21);
    expect(await get(id)).toMatchObject({ completed: round % 2 === 1, version: 1 + 21 * round });
  }
});

test('an edit racing a delete is made before it or finds nothing; it never brings the task back', async () => {
  const { create, v1, bare, list, stored } = await newClient(app);
  for (let round = 0; round < 20; round += 1) {
    const { id } = await create({ tags: ['t'] });
    const path = `/tasks/${id}`;
    const remove = () => v1('DELETE', path);
    const edits = [
      () => v1('PATCH', path, { title: 'edited', tags: ['u'] }),
      () => bare('PATCH', `${path}/complete`),
      () => v1('PUT', path, { due_date: '2030-01-01' }),
    ];
    const calls = [...edits.slice(0, round % 4), remove, ...edits.slice(round % 4)];
    const replies = await Promise.all(calls.map((call) => call()));
    expect(replies[round % 4]?.status).toBe(200);
    for (const { status } of replies) expect([200, 404]).toContain(status);
    expect((await v1('GET', path)).status).toBe(404);
    const row = (await stored()).tasks.find((task) => task.id === id);
    expect(row).toMatchObject({ version: 1 + withStatus(replies, 200).length, deleted_at: expect.any(Date) });
  }
  expect(await list()).toEqual([]);
});

test('of parallel deletes exactly one finds the task', async () => {
  const { create, v1, revision } = await newClient(app);
  const { id } = await create();
  const replies = await times(10, () => v1('DELETE', `/tasks/${id}`));
  expect(withStatus(replies, 200)).toHaveLength(1);
  expect(withStatus(replies, 404)).toHaveLength(9);
  expect(await revision()).toBe(2);
});

test("30 parallel creates, a user's first writes, bring the same new tags into being once", async () => {
  const { v1, tags, list, revision, stored } = await newClient(app);
  const names = ['a', 'b', 'c', 'd', 'e'];
  const replies = await times(30, (index) => {
    const own = index % 2 === 0 ? names : names.toReversed();
    return v1('POST', '/tasks', { title: `task ${index}`, tags: own.slice(0, 3) });
  });
  expect(withStatus(replies, 201)).toHaveLength(30);
  expect(await tags()).toEqual([
    { name: 'a', usage_count: 15 },
    { name: 'b', usage_count: 15 },
    { name: 'c', usage_count: 30 },
    { name: 'd', usage_count: 15 },
    { name: 'e', usage_count: 15 },
  ]);
  expect((await stored()).tags.map(({ name }) => name)).toEqual(names);
  expect(new Set((await list()).map(({ title }) => title)).size).toBe(30);
  expect(await revision()).toBe(30);
});

test('a page and its total are of one moment, whatever is written meanwhile', async () => {
  const { create, bare, v1 } = await newClient(app);
  const tasks = await times(12, (index) => create({ title: `task ${index}` }));
  const writes = tasks.flatMap(({ id }) => [1, 2, 3].map(() => () => bare('PATCH', `/tasks/${id}/complete`)));
  const totals = await times(60, async (index) => {
    await writes[index]?.();
    const { body } = await v1('GET', '/tasks?status=pending&limit=100');
    expect(body.data).toHaveLength(body.pagination.total);
    return body.pagination.total;
  });
  expect(totals.some((total) => total < 12)).toBe(true);
});

test("the owner's revision counts the writes that changed something, and only those", async () => {
  const { create, v1, bare, revision } = await newClient(app);
  expect(await revision()).toBe(0);
  const { id } = await create({ tags: ['a'] });
  const other = await create();
  const path = `/tasks/${id}`;
  await v1('PATCH', path, { title: 'b' });
  await v1('PUT', path, { tags: [] });
  await bare('PATCH', `${path}/complete`);
  await v1('PATCH', `${path}/complete`, { completed: false });
  await v1('DELETE', `/tasks/${other.id}`);
  expect(await revision()).toBe(7);

  const ineffective: [number, Promise<Reply>][] = [
    [200, v1('PATCH', path, {})],
    [200, v1('PATCH', path, { title: 'b' })],
    [200, v1('PATCH', `${path}/complete`, { completed: false })],
    [409, v1('PATCH', path, { title: 'c', version: 1 })],
    [412, v1('PATCH', path, { title: 'c' }, { 'if-match': '"1"' })],
    [412, v1('DELETE', path, undefined, { 'if-match': '"1"' })],
    [422, v1('PATCH', path, { title: '' })],
    [422, v1('POST', '/tasks', {})],
    [400, v1('POST', '/tasks', '{')],
    [404, v1('DELETE', `/tasks/${other.id}`)],
    [404, v1('PATCH', `/tasks/${other.id}`, { title: 'c' })],
    [404, bare('PATCH', `/tasks/${other.id}/complete`)],
  ];
  for (const [status, reply] of ineffective) expect((await reply).status).toBe(status);
  expect(await revision()).toBe(7);
});

test('a deletion may be conditional on the version in its body, too', async () => {
  for (const [surface, deleted] of [
    ['v1', 200],
    ['bare', 204],
  ] as const) {
    const user = await app.newUser();
    const { token } = user;
    const created = await app.request('POST', `${user.bare}/tasks`, { token, body: { title: 'twice seen' } });
    const path = `${user[surface]}/tasks/${created.body.id}`;
    const stale = await app.request('DELETE', path, { token, body: { version: 2 } });
    expect(stale).toMatchObject({
      status: 409,
      body: { error_code: 'VERSION_CONFLICT', current: { version: 1 } },
    });
    expect((await app.request('DELETE', path, { token, body: { version: '1' } })).status).toBe(
      surface === 'v1' ? 422 : 400,
    );
    expect((await app.request('DELETE', path, { token, body: { version: 1 } })).status).toBe(deleted);
  }
});

const isPooler = hasPgBouncer('creations behind a pooler');

describe('creations of one user at the same time, by two instances', () => {
  const ways: [isolation: string, way: string][] = [
    ['read committed', 'directly'],
    ['serializable', 'directly'],
  ];
  if (isPooler) ways.push(['serializable', 'through a pooler']);
  test.each(ways)(
    'are all stored, in the order of their times, in a database whose default is %s, %s',
    async (isolation, way) => {
      const database = await createDatabase();
      afterTest.push(() => database.drop());
      const start = async (env = {}) => {
        const started = await startApp(env, { database });
        afterTest.push(() => started.close());
        return started;
      };
      const first = await start();
      const { db } = first.ctx;
      const name = sql.id(database.connection.database);
      await sql`alter database ${name} set default_transaction_isolation = ${sql.lit(isolation)}`.execute(db);
      const env = way === 'directly' ? {} : { DATABASE_URL: await startPgBouncer(database) };
      const apps = [await start(env), await start(env)];
      const { id, token, v1 } = await first.newUser();
      const body = { title: 't', tags: ['home'] };
      const send = (on = first) => on.request('POST', `${v1}/tasks`, { token, body });
      // Opens the connections and verifies the token first, because both have time-outs that a busy machine may exceed.
      for (const one of apps) await one.request('GET', `${v1}/tags`, { token });
      const replies = await times(60, (index) => send(apps[index % 2]));
      const refused = replies.filter(({ status }) => status !== 201);
      expect(refused.map(({ status, text }) => `${status} ${text}`)).toEqual([]);
      for (const { ctx } of way === 'directly' ? apps : []) {
        const { rows } = await sql`show default_transaction_isolation`.execute(ctx.db);
        // With a stricter isolation, a write that waited for another fails and has to be repeated.
        expect(rows).toEqual([{ default_transaction_isolation: 'read committed' }]);
      }
      const { rows } = await sql<{ place: string; at: Date; logged: Date }>`
      select t.revision::text as place, t.created_at as at, a.at as logged
      from duly.tasks t join duly.audit a on a.user_id = t.user_id and a.subject = t.id::text
      where t.user_id = ${id} and a.seq = t.revision order by t.revision`.execute(db);
      expect(rows.map(({ place }) => place)).toEqual(
        Array.from({ length: 60 }, (_, index) => `${index + 1}`),
      );
      for (const kind of ['at', 'logged'] as const) {
        const when = rows.map((row) => row[kind].getTime());
        expect(when).toEqual(when.toSorted((a, b) => a - b));
      }
    },
  );
});
