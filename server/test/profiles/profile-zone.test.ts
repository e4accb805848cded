import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createLocalCopy, readFeed, readUserData } from '../support/feed.ts';
import { findFaults } from '../support/stored-tags.ts';
import { newClient } from '../support/tasks.ts';
import { listTrashed } from '../support/trash.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const floating = { due_date: '2026-12-24', due_time: '18:30' };

describe('another zone of the profile', () => {
  test('moves the instants of tasks without a zone of their own, and of no others', async () => {
    const client = await newClient(app);
    const moved = await client.create({ ...floating, tags: ['x'] });
    const summer = await client.create({ due_date: '2026-07-01', due_time: '09:00' });
    const trashed = await client.create(floating);
    const others = [
      await client.create({ ...floating, time_zone: 'Asia/Tokyo' }),
      await client.create({ due_date: '2026-12-24' }),
      await client.create(),
    ];
    await client.v1('DELETE', `/tasks/${trashed.id}`);
    const copy = createLocalCopy();
    const { changes, cursor } = await readFeed(client);
    for (const change of changes) copy.apply(change);
    const revision = await client.revision();

    expect((await client.v1('PATCH', '', { time_zone: 'America/New_York' })).status).toBe(200);

    expect(await client.revision()).toBe(revision + 1);
    const now = (await client.get(moved.id)).updated_at;
    const stamped = { version: 2, updated_at: now };
    expect(await client.get(moved.id)).toEqual({ ...moved, ...stamped, due_at: '2026-12-24T23:30:00.000Z' });
    expect(await client.get(summer.id)).toEqual({
      ...summer,
      ...stamped,
      due_at: '2026-07-01T13:00:00.000Z',
    });
    expect(await listTrashed(client)).toMatchObject([{ version: 3, due_at: '2026-12-24T23:30:00.000Z' }]);
    for (const other of others) expect(await client.get(other.id)).toEqual(other);
    const news = await readFeed(client, { since: cursor });
    for (const change of news.changes) copy.apply(change);
    expect(copy.known()).toEqual(await readUserData(client));
    expect((await findFaults(app.ctx.db)).faults).toEqual([]);
  });

  test('is that of tasks that are written later, and of times that lose their zone', async () => {
    const client = await newClient(app);
    const { id } = await client.create({ ...floating, time_zone: 'Asia/Tokyo' });
    await client.v1('PATCH', '', { time_zone: 'Europe/Berlin' });
    expect((await client.create(floating)).due_at).toBe('2026-12-24T17:30:00.000Z');
    const { body } = await client.v1('PATCH', `/tasks/${id}`, { time_zone: null });
    expect(body.data.due_at).toBe('2026-12-24T17:30:00.000Z');
  });

  test('with the same instants, or the zone that it has, changes no task', async () => {
    const client = await newClient(app);
    await client.v1('PATCH', '', { time_zone: 'Europe/Berlin' });
    const task = await client.create(floating);
    for (const time_zone of ['Europe/Berlin', 'Europe/Paris', 'europe/paris'])
      expect((await client.v1('PATCH', '', { time_zone, first_name: time_zone })).status).toBe(200);
    expect(await client.get(task.id)).toEqual(task);
  });

  test('of an account is no different', async () => {
    const account = await registerAccount(app);
    const send = (method: string, below: string, body?: unknown) =>
      app.request(method, `/api/v1/users/${account.id}${below}`, { token: account.token, body });
    const { body } = await send('POST', '/tasks', { title: 'x', ...floating });
    const names = { first_name: 'Augusta', time_zone: 'Asia/Tokyo' };
    expect((await send('PATCH', '', names)).body.data).toMatchObject(names);
    const task = (await send('GET', `/tasks/${body.data.id}`)).body.data;
    expect(task).toMatchObject({ due_at: '2026-12-24T09:30:00.000Z', version: 2 });
  });

  test('gives 10,000 tasks their instants in one write', async () => {
    const client = await newClient(app);
    const { id } = await client.create({ ...floating, tags: ['x'] });
    const columns = sql.raw(
      'title, completed_at, priority, due_date, due_time, due_at, tags, tags_version, version, created_at, updated_at',
    );
    await sql`insert into duly.tasks (user_id, id, revision, search_text, search_version, position, ${columns})
      select t.user_id, gen_random_uuid(), 1, t.search_text, t.search_version, t.position, t.title, t.completed_at,
        t.priority, date '2026-01-01' + number / 24, lpad((number % 24)::text, 2, '0') || ':15',
        (date '2026-01-01' + number / 24 + make_time(number % 24, 15, 0)) at time zone 'UTC',
        '{}', t.version, t.version, t.created_at, t.updated_at
      from duly.tasks as t, generate_series(1, 10000) as number where t.user_id = ${client.user.id}`.execute(
      app.ctx.db,
    );
    expect((await client.v1('PATCH', '', { time_zone: 'Asia/Kolkata' })).status).toBe(200);
    const { rows } = await sql<{ wrong: number; moved: number }>`
      select count(*) filter (where t.version <> 2 or t.tags_version <> 2 or t.revision <> 2 or t.due_at
          <> (t.due_date + t.due_time::time) at time zone 'Asia/Kolkata')::int as wrong, count(*)::int as moved
      from duly.tasks as t where t.user_id = ${client.user.id} and t.id <> ${id}`.execute(app.ctx.db);
    expect(rows).toEqual([{ wrong: 0, moved: 10_000 }]);
    expect((await findFaults(app.ctx.db)).faults).toEqual([]);
  });
});

test('a version of a moved task is at least that of the epoch', async () => {
  const client = await newClient(app);
  const { id } = await client.create(floating);
  const { rows } = await sql<{ floor: number }>`select version_floor as floor from duly.epoch`.execute(
    app.ctx.db,
  );
  await sql`update duly.epoch set version_floor = 1000`.execute(app.ctx.db);
  await client.v1('PATCH', '', { time_zone: 'Asia/Tokyo' });
  await sql`update duly.epoch set version_floor = ${rows[0]?.floor ?? 0}`.execute(app.ctx.db);
  expect((await client.get(id)).version).toBe(1_000);
});

test('a stored zone that the server does not know stops only what needs it, and is named until it is changed', async () => {
  const client = await newClient(app);
  await client.v1('PATCH', '', { time_zone: 'Asia/Tokyo' });
  const { id } = await client.create(floating);
  await sql`update duly.profiles set time_zone = 'Mars/Olympus' where user_id = ${client.user.id}`.execute(
    app.ctx.db,
  );
  const statusOf = async (method: string, path: string, body?: unknown) =>
    (await client.v1(method, path, body)).status;
  expect(await statusOf('GET', '/tasks')).toBe(200);
  expect(await statusOf('GET', '/changes')).toBe(200);
  for (const format of ['json', 'csv', 'ics'])
    expect(await statusOf('GET', `/export?format=${format}`)).toBe(200);
  expect(await statusOf('POST', '/tasks', { title: 'without a time', due_date: '2026-12-24' })).toBe(201);
  expect(await statusOf('PATCH', `/tasks/${id}`, { title: 'Call' })).toBe(200);
  expect(await statusOf('PATCH', '', { locale: 'de' })).toBe(200);
  const refused: [string, string, unknown?][] = [
    ['GET', '/tasks?due=today'],
    ['POST', '/tasks', { title: 'with a time', ...floating }],
    ['POST', '/tasks/quick', { text: 'Call Ada tomorrow' }],
    ['PATCH', `/tasks/${id}`, { due_time: '09:00' }],
  ];
  const replies = [];
  for (const [method, path, body] of refused) {
    const { status, text } = await client.v1(method, path, body);
    replies.push([path, status, text]);
  }
  const names = expect.stringContaining('Mars/Olympus');
  expect(replies).toEqual(refused.map(([, path]) => [path, 422, names]));
  expect(await statusOf('PATCH', '', { time_zone: 'Europe/Berlin' })).toBe(200);
  expect((await client.get(id)).due_at).toBe('2026-12-24T17:30:00.000Z');
});

test('verify-data finds instants that are not those of date, time and zone', async () => {
  const client = await newClient(app);
  const wrong = await client.create(floating);
  const gone = await client.create({ ...floating, time_zone: 'Asia/Tokyo' });
  const extra = await client.create({ due_date: '2026-12-24' });
  await client.create(floating);
  const set = (id: string, at: string | null) =>
    sql`update duly.tasks set due_at = ${at}::timestamptz where user_id = ${client.user.id} and id = ${id}`.execute(
      app.ctx.db,
    );
  await set(wrong.id, '2026-12-24T18:31:00Z');
  await set(gone.id, null);
  await set(extra.id, '2026-12-24T00:00:00Z');
  const fault = (id: string, stored: string | null, right: string | null) =>
    `${client.user.id}: task ${id}: its row has the due_at ${stored}, its date, time and zone give ${right}`;
  expect((await findFaults(app.ctx.db)).faults.toSorted()).toEqual(
    [
      fault(wrong.id, '2026-12-24T18:31:00.000Z', '2026-12-24T18:30:00.000Z'),
      fault(gone.id, null, '2026-12-24T09:30:00.000Z'),
      fault(extra.id, '2026-12-24T00:00:00.000Z', null),
    ].toSorted(),
  );
  for (const { id, due_at } of [wrong, gone, extra]) await set(id, due_at);
});
