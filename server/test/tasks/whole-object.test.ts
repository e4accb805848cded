import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { invalidStatus, issueLocationsOf, locsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const surfaces = ['v1', 'bare'] as const;
const methods = ['PUT', 'PATCH'] as const;
const ways = surfaces.flatMap((surface) => methods.map((method) => ({ surface, method })));

/** A new user with a task that was changed once, and a copy of it from before the change. */
async function changedOnce() {
  const client = await newClient(app);
  const old = await client.create({ title: 'Buy milk', completed: true, tags: ['home'] });
  const { body } = await client.v1('PATCH', `/tasks/${old.id}`, { description: 'two bottles' });
  return { ...client, old, task: body.data };
}

describe.each(ways)('$method of a whole task on $surface', ({ surface, method }) => {
  test('changes what differs, and without a difference changes nothing', async () => {
    const { task, revision, [surface]: call, get } = await changedOnce();
    const before = await revision();
    expect((await call(method, `/tasks/${task.id}`, task)).status).toBe(200);
    expect(await revision()).toBe(before);
    const { status } = await call(method, `/tasks/${task.id}`, { ...task, title: 'Buy oat milk' });
    expect(status).toBe(200);
    expect(await get(task.id)).toEqual({
      ...task,
      title: 'Buy oat milk',
      version: 3,
      updated_at: expect.any(String),
    });
  });

  test('takes its times as instants, however they are written', async () => {
    const { task, [surface]: call } = await changedOnce();
    const { version: _, ...whole } = task;
    const elsewhere = (time: string) => {
      const shifted = new Date(Date.parse(time) + 5.5 * 3600_000).toISOString();
      return shifted.replace('Z', '+05:30');
    };
    for (const write of [(time: string) => time.replace('Z', '000+00:00'), elsewhere]) {
      const times = ['created_at', 'updated_at', 'completed_at'].map((name) => [name, write(task[name])]);
      const reply = await call(method, `/tasks/${task.id}`, { ...whole, ...Object.fromEntries(times) });
      expect(reply.status).toBe(200);
    }
  });

  test.each([
    ['id', '00000000-0000-4000-8000-000000000000'],
    ['user_id', 'another'],
    ['created_at', '2020-01-01T00:00:00.000Z'],
  ])('another %s is named, and nothing is stored', async (field, value) => {
    const { task, old, stored, [surface]: call } = await changedOnce();
    const before = await stored();
    for (const copy of [task, old, { title: 'new' }]) {
      const reply = await call(method, `/tasks/${task.id}`, { ...copy, title: 'new', [field]: value });
      expect(reply.status).toBe(invalidStatus[surface]);
      expect(reply.body.error_code).toBe('VALIDATION_ERROR');
      expect(issueLocationsOf(surface, reply)).toEqual([`body.${field}`]);
      expect(reply.text).toContain('is read-only and differs');
    }
    expect(await stored()).toEqual(before);
  });

  test.each(['id', 'created_at', 'updated_at', 'completed_at'])(
    '%s of a wrong form is named',
    async (field) => {
      const { task, [surface]: call } = await changedOnce();
      for (const value of ['yesterday', 5, '2026-12-24', '']) {
        const reply = await call(method, `/tasks/${task.id}`, { title: 'new', [field]: value });
        expect([value, reply.status]).toEqual([value, invalidStatus[surface]]);
        expect(issueLocationsOf(surface, reply)).toEqual([`body.${field}`]);
      }
    },
  );

  test.each(['deleted_at', 'colour', 'owner'])('%s stays unknown', async (field) => {
    const { task, [surface]: call } = await changedOnce();
    const reply = await call(method, `/tasks/${task.id}`, { ...task, [field]: null });
    expect(issueLocationsOf(surface, reply)).toEqual([`body.${field}`]);
  });

  test('a copy without a version whose updated_at is older is stale: 409 with the task as it is', async () => {
    const { old, task, stored, [surface]: call } = await changedOnce();
    const before = await stored();
    const { version: _, ...copy } = old;
    const { status, body } = await call(method, `/tasks/${task.id}`, { ...copy, title: 'late' });
    expect(status).toBe(409);
    expect(body).toMatchObject({ error_code: 'VERSION_CONFLICT', current: task });
    expect(await stored()).toEqual(before);
  });

  test.each([
    ['a newer updated_at', { updated_at: '2100-01-01T00:00:00Z' }, {}],
    ['an older one beside the version', { updated_at: '2020-01-01T00:00:00Z', version: 2 }, {}],
    ['an older one under If-Match', { updated_at: '2020-01-01T00:00:00Z' }, { 'if-match': '"2"' }],
    ['another completed_at', { completed_at: '2020-01-01T00:00:00Z' }, {}],
    ['no completed_at', { completed_at: null }, {}],
  ])('%s is ignored', async (_name, fields, headers) => {
    const { task, get, [surface]: call } = await changedOnce();
    const reply = await call(method, `/tasks/${task.id}`, { title: 'new', ...fields }, headers);
    expect(reply.status).toBe(200);
    const { completed_at, created_at } = task;
    expect(await get(task.id)).toMatchObject({ title: 'new', version: 3, completed_at, created_at });
  });

  test('of 20 copies of one state sent at once, without versions, one is written', async () => {
    const { task, get, [surface]: call } = await changedOnce();
    const { version: _, ...copy } = task;
    // The copies must be older than the result of the first write.
    await expect.poll(() => Date.now()).toBeGreaterThan(Date.parse(task.updated_at));
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_item, n) =>
        call(method, `/tasks/${task.id}`, { ...copy, title: `t${n}` }),
      ),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(409)]);
    expect((await get(task.id)).version).toBe(3);
  });
});

describe.each(surfaces)('POST on %s', (surface) => {
  test("takes the path's user_id, and refuses another and all other read-only fields", async () => {
    const { user, stored, [surface]: call, list } = await newClient(app);
    const empty = await stored();
    const wrong = {
      user_id: 'another',
      id: '00000000-0000-4000-8000-000000000000',
      version: 1,
      created_at: '2026-11-21T08:00:00.000Z',
      updated_at: '2026-11-21T08:00:00.000Z',
      completed_at: null,
    };
    for (const [field, value] of Object.entries(wrong)) {
      const reply = await call('POST', '/tasks', { title: 'x', [field]: value });
      expect(reply.status).toBe(invalidStatus[surface]);
      expect(issueLocationsOf(surface, reply)).toEqual([`body.${field}`]);
    }
    expect(await stored()).toEqual(empty);
    expect((await call('POST', '/tasks', { title: 'mine', user_id: user.id })).status).toBe(201);
    expect(await list()).toMatchObject([{ title: 'mine', user_id: user.id }]);
  });
});

describe('in bulk', () => {
  test('whole tasks are changed, stale ones and those of others are not', async () => {
    const { old, task, v1, user, get } = await changedOnce();
    const { version: _, ...copy } = old;
    const operations = [
      { op: 'create', title: 'a', user_id: user.id },
      { op: 'create', title: 'b', user_id: 'another' },
      { op: 'update', ...copy, title: 'late' },
      { op: 'update', ...task, user_id: 'another' },
      { op: 'update', ...task, title: 'new' },
    ];
    const { status, body } = await v1('POST', '/tasks/bulk', { operations });
    expect(status).toBe(200);
    const statuses = body.data.map((result: { status: number }) => result.status);
    expect(statuses).toEqual([201, 422, 409, 422, 200]);
    expect(await get(task.id)).toMatchObject({ title: 'new', version: 3 });
  });

  test('an atomic one names the operation and the field', async () => {
    const { task, v1, stored } = await changedOnce();
    const before = await stored();
    const operations = [
      { op: 'update', ...task, title: 'new' },
      { op: 'update', id: task.id, created_at: '2020-01-01T00:00:00Z' },
    ];
    const { status, body } = await v1('POST', '/tasks/bulk', { atomic: true, operations });
    expect(status).toBe(422);
    expect(locsOf(body.errors)).toEqual(['body.operations.1.created_at']);
    expect(await stored()).toEqual(before);
  });
});

describe('a profile', () => {
  test('is sent back whole; what is read-only has to be what is stored', async () => {
    const { v1, user } = await newClient(app);
    await v1('PATCH', '', { first_name: 'Ada' });
    const { data: profile } = (await v1('GET', '')).body;
    const changed = await v1('PATCH', '', { ...profile, last_name: 'Lovelace' });
    expect(changed.body.data).toEqual({ ...profile, last_name: 'Lovelace' });
    const wrong = {
      id: 'another',
      email: 'ada@example.com',
      email_verified: true,
      role: 'admin',
      created_at: '2020-01-01T00:00:00Z',
    };
    for (const [field, value] of Object.entries(wrong)) {
      const { status, body } = await v1('PATCH', '', { ...profile, first_name: 'Eve', [field]: value });
      expect([field, status, body.errors]).toEqual([
        field,
        422,
        [{ loc: ['body', field], msg: 'is read-only and differs', type: 'read_only' }],
      ]);
    }
    expect((await v1('GET', '')).body.data).toMatchObject({ id: user.id, first_name: 'Ada', role: 'user' });
  });

  test('is sent back whole before anything of its user is stored', async () => {
    const { v1 } = await newClient(app);
    const { data: profile } = (await v1('GET', '')).body;
    expect(profile.created_at).toBeNull();
    const { status, body } = await v1('PATCH', '', { ...profile, first_name: 'Ada' });
    expect([status, body.data.first_name]).toEqual([200, 'Ada']);
    expect((await v1('PATCH', '', { ...profile, last_name: 'Lovelace' })).status).toBe(200);
  });

  test('in an old copy may say less than what is so now, and never more', async () => {
    const credentials = { email: 'ada@example.com', password: 'gentle-otter-42' };
    const names = { first_name: 'Ada', last_name: 'Lovelace' };
    const { body: login } = await app.request('POST', '/api/v1/auth/register', {
      body: { ...credentials, ...names },
    });
    const token = login.access_token;
    const path = '/api/v1/users/me';
    const { data: profile } = (await app.request('GET', path, { token })).body;
    const more = { ...profile, email_verified: true, first_name: 'Eve' };
    expect((await app.request('PATCH', path, { token, body: more })).status).toBe(422);
    await sql`update better_auth."user" set "emailVerified" = true where id = ${profile.id}`.execute(
      app.ctx.db,
    );
    const body = { ...profile, first_name: 'Augusta' };
    const changed = await app.request('PATCH', path, { token, body });
    expect(changed.status).toBe(200);
    expect(changed.body.data).toEqual({ ...profile, first_name: 'Augusta', email_verified: true });
  });
});
