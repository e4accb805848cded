import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { statementsOf } from '../support/sql/count.ts';
import { invalidStatus, issueLocationsOf, newClient, type SurfaceName } from '../support/tasks.ts';

let app: TestApp;
let other: TestApp;
beforeAll(async () => {
  app = await startApp();
  other = await startApp({}, app);
});
afterAll(async () => {
  await other.close();
  await app.close();
});

const keyed = (key: string = randomUUID()) => ({ 'idempotency-key': key });
const isReplayed = ({ headers }: Reply) => headers.get('idempotency-replayed') === 'true';
const surfaces: SurfaceName[] = ['v1', 'bare'];

describe.each(surfaces)('on %s', (surface) => {
  const idIn = ({ body }: Reply): string => (surface === 'v1' ? body.data.id : body.id);

  test.each(['one instance', 'two instances'])(
    '30 parallel creations with one key through %s: one row, one id in all answers',
    async (where) => {
      const { user, list } = await newClient(app);
      const headers = keyed();
      const replies = await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          (where === 'two instances' && index % 2 === 1 ? other : app).request(
            'POST',
            `${user[surface]}/tasks`,
            { token: user.token, body: { title: 'once' }, headers },
          ),
        ),
      );
      const tasks = await list();
      expect(tasks).toHaveLength(1);
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
      expect(new Set(replies.map(idIn))).toEqual(new Set(tasks.map(({ id }) => id)));
      expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
      expect(replies.filter(isReplayed)).toHaveLength(29);
    },
  );

  test('a key with another body, another task or another condition is refused, and nothing is stored', async () => {
    const client = await newClient(app);
    const send = client[surface];
    const [first, second] = [await client.create(), await client.create()];
    const headers = keyed();
    expect((await send('PATCH', `/tasks/${first.id}`, { title: 'new' }, headers)).status).toBe(200);
    const before = await client.stored();
    for (const [id, body, more] of [
      [first.id, { title: 'newer' }, {}],
      [first.id, { title: 'new', priority: 'High' }, {}],
      [second.id, { title: 'new' }, {}],
      [first.id, { title: 'new' }, { 'if-match': '"2"' }],
    ] as const) {
      const { status, body: error } = await send('PATCH', `/tasks/${id}`, body, { ...headers, ...more });
      expect([status, error.error_code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    }
    expect(await client.stored()).toEqual(before);
  });

  test('the order of fields, white space and the quotes of the draft make no other request', async () => {
    const client = await newClient(app);
    const send = client[surface];
    const key = randomUUID();
    const replies = [
      await send('POST', '/tasks', { title: 'once', priority: 'High' }, keyed(key)),
      await send('POST', '/tasks', { priority: 'high', title: ' once ' }, keyed(`"${key}"`)),
      await send('POST', '/tasks', '{ "title": "once",\n "priority": "High" }', keyed(key)),
    ];
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(replies.map(isReplayed)).toEqual([false, true, true]);
    expect(await client.list()).toHaveLength(1);
  });

  test('a key means nothing to another user, nor to another route', async () => {
    const [ada, bob] = [await newClient(app), await newClient(app)];
    const headers = keyed();
    const [hers, his] = [
      await ada[surface]('POST', '/tasks', { title: 'a' }, headers),
      await bob[surface]('POST', '/tasks', { title: 'a' }, headers),
    ];
    expect(idIn(his)).not.toBe(idIn(hers));
    const completed = await ada[surface](
      'PATCH',
      `/tasks/${idIn(hers)}/complete`,
      { completed: true },
      headers,
    );
    expect([completed.status, isReplayed(completed)]).toEqual([200, false]);
    expect(await ada.get(idIn(hers))).toMatchObject({ completed: true, version: 2 });
  });

  test('what failed is not kept: the same key may succeed later', async () => {
    const client = await newClient(app);
    const { id } = await client.create();
    const headers = keyed();
    const patch = () => client[surface]('PATCH', `/tasks/${id}`, { title: 'mine', version: 2 }, headers);
    expect((await patch()).status).toBe(409);
    await client.v1('PATCH', `/tasks/${id}`, { title: 'theirs' });
    const done = await patch();
    expect([done.status, isReplayed(done)]).toEqual([200, false]);
    const again = await patch();
    expect([again.status, isReplayed(again), again.text]).toEqual([200, true, done.text]);
  });

  test('a write that changes nothing is answered the same later, and uses no revision', async () => {
    const client = await newClient(app);
    const { id } = await client.create({ title: 'same' });
    const headers = keyed();
    const patch = () => client[surface]('PATCH', `/tasks/${id}`, { title: 'same' }, headers);
    const first = await patch();
    expect(await client.revision()).toBe(1);
    await client.v1('PATCH', `/tasks/${id}`, { title: 'changed by somebody else' });
    expect((await patch()).text).toBe(first.text);
    expect(await client.get(id)).toMatchObject({ title: 'changed by somebody else', version: 2 });
  });

  test.each(['', '""', 'a b', 'a'.repeat(256), '"a', 'a"', '"a""b"', '"\\"', 'é'])(
    'the key %j is refused',
    async (key) => {
      const client = await newClient(app);
      const reply = await client[surface]('POST', '/tasks', { title: 'a' }, { 'idempotency-key': key });
      expect(reply.status).toBe(invalidStatus[surface]);
      expect(issueLocationsOf(surface, reply)).toEqual(['header.idempotency-key']);
      expect((await client.stored()).tasks).toEqual([]);
    },
  );

  test('a key of 255 characters is taken', async () => {
    const client = await newClient(app);
    const headers = keyed('k'.repeat(255));
    const replies = [1, 2].map(() => client[surface]('POST', '/tasks', { title: 'a' }, headers));
    expect(new Set((await Promise.all(replies)).map(idIn)).size).toBe(1);
  });
});

test('a toggle that is sent twice under one key flips once', async () => {
  const client = await newClient(app);
  const { id } = await client.create();
  const headers = keyed();
  const toggle = () => client.bare('PATCH', `/tasks/${id}/complete`, undefined, headers);
  const [first, again] = [await toggle(), await toggle()];
  expect([first.body.completed, again.text]).toEqual([true, first.text]);
  expect(await client.get(id)).toMatchObject({ completed: true, version: 2 });
});

test('a key adds no statement to a write, and a repeated one reads the answer under the lock of the key', async () => {
  const client = await newClient(app);
  const kindsOf = async (work: () => Promise<unknown>) =>
    (await statementsOf(work)).map((text) => /^\s*(?:\/\*.*?\*\/ )?(\w+)/.exec(text)?.[1]);
  const create = (headers: Record<string, string>) => client.v1('POST', '/tasks', { title: 'a' }, headers);
  await create(keyed());
  const headers = keyed();
  expect(await kindsOf(() => create({}))).toEqual(['with']);
  expect(await kindsOf(() => create(headers))).toEqual(['with']);
  // The first one is refused, because the key exists.
  expect(await kindsOf(() => create(headers))).toEqual(['with', 'begin', 'select', 'select', 'commit']);
  const { id } = await client.create();
  const changeHeaders = keyed();
  const change = () => client.v1('PATCH', `/tasks/${id}`, { title: 'b' }, changeHeaders);
  expect(await kindsOf(change)).toEqual(['select', 'with']);
  expect(await kindsOf(change)).toEqual(['select']);
  expect(await kindsOf(() => client.v1('PATCH', `/tasks/${id}`, { title: 'b' }, keyed()))).toEqual([
    'select',
    'with',
  ]);
});

test('a replay is the first answer even when the task has changed or gone since', async () => {
  const client = await newClient(app);
  const headers = keyed();
  const create = () => client.v1('POST', '/tasks', { title: 'a', tags: ['x'] }, headers);
  const first = await create();
  await client.v1('DELETE', `/tasks/${first.body.data.id}`);
  const again = await create();
  expect([again.status, again.text]).toEqual([201, first.text]);
  for (const name of ['etag', 'location']) expect(again.headers.get(name)).toBe(first.headers.get(name));
  expect(await client.list()).toEqual([]);
});

test('while the first request is under way the second gets a 409 after a while, and the answer once it is there', async () => {
  const client = await newClient(app);
  await client.create();
  const headers = keyed();
  const create = () => client.v1('POST', '/tasks', { title: 'slow' }, headers);
  let first: Promise<Reply> | undefined;
  await app.ctx.db.transaction().execute(async (tx) => {
    // The first request locks the key, then waits for the owner's row.
    await tx
      .selectFrom('duly.owners')
      .select('revision')
      .where('user_id', '=', client.user.id)
      .forUpdate()
      .execute();
    first = create();
    await sql`set local statement_timeout = '20s'`.execute(tx);
    for (let held = false; !held; ) {
      const { rows } = await sql`select from pg_locks where locktype = 'advisory' and granted
        and database = (select oid from pg_database where datname = current_database())`.execute(tx);
      held = rows.length > 0;
    }
    const second = await create();
    expect([second.status, second.body.error_code]).toEqual([409, 'IDEMPOTENCY_IN_FLIGHT']);
    expect(second.headers.get('retry-after')).toBe('1');
  });
  const answer = await first;
  const third = await create();
  expect([answer?.status, third.status, third.text]).toEqual([201, 201, answer?.text]);
  expect(await client.list()).toHaveLength(2);
});
