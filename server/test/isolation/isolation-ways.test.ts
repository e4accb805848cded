import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runConcurrently } from '../support/client.ts';
import { recountTags, restoreTags } from '../support/stored-tags.ts';
import { createTenants, type Tenant, type Tenants } from '../support/tenants.ts';

let tenants: Tenants;
let attacker: Tenant;
beforeAll(async () => {
  // All users share two connections: state that a request leaves on one would reach another user's.
  tenants = await createTenants({ DATABASE_POOL_SIZE: '2', DATABASE_POOL_OVERFLOW: '0' });
  attacker = await tenants.newTenant('the attacker');
});
afterAll(() => tenants.close());

const request = (method: string, path: string, more: { token?: string; body?: unknown } = {}) =>
  tenants.app.request(method, path, { token: attacker.token, ...more });

async function victimsRows() {
  const { rows, victim } = tenants;
  return { rows: await rows.of(victim.id), audit: await rows.audit(victim.id) };
}

describe('a list of one user', () => {
  const filters = [
    ['status', 'all'],
    ['status', 'pending'],
    ['completed', 'true'],
    ['priority', 'High'],
    ['tags', ''],
    ['search', 'private'],
    ['search', '%'],
    ['due_after', '1970-01-01'],
    ['due_before', '2100-12-31'],
    ['sort_by', 'title'],
    ['sort_by', 'due_date'],
    ['tags_match', 'all'],
    ['offset', '1'],
  ] as const;

  test("shows and counts only that user's, with every pair of filters", async () => {
    const { v1, token } = await tenants.app.newUser();
    const { id } = (await request('POST', `${v1}/tasks`, { token, body: { title: 'private' } })).body.data;
    for (const [index, a] of filters.entries()) {
      for (const b of filters.slice(index + 1)) {
        if (a[0] === b[0]) continue;
        const query = new URLSearchParams([[...a], [...b]]);
        if (query.has('tags')) query.set('tags', tenants.victim.names.tag_name ?? '');
        const { body } = await request('GET', `${v1}/tasks?${query}`, { token });
        expect(body.pagination.total, String(query)).toBeLessThanOrEqual(1);
        for (const task of body.data) expect(task.id).toBe(id);
      }
    }
    expect((await request('GET', `${v1}/tags`, { token })).body.data).toEqual([]);
  });

  test("takes no cursor of another user's", async () => {
    const cursor = encodeURIComponent(tenants.victim.names.cursor ?? '');
    expect((await request('GET', `/api/v1/users/${attacker.id}/tasks?cursor=${cursor}`)).status).toBe(422);
  });
});

test('a tag that another user has is made like one that nobody has', async () => {
  const before = await victimsRows();
  const tasks = `/api/v1/users/${attacker.id}/tasks`;
  const make = (tag = '') => request('POST', tasks, { body: { title: 'x', tags: [tag] } });
  const [same, fresh] = [await make(tenants.victim.names.tag_name), await make(`tag-${randomUUID()}`)];
  const form = ({ status, body }: typeof same) => [status, Object.keys(body.data), body.data.version];
  expect(form(same)).toEqual(form(fresh));
  const { body } = await request('GET', `/api/v1/users/${attacker.id}/tags`);
  expect(body.data.map((tag: { usage_count: number }) => tag.usage_count)).toContain(1);
  expect(await victimsRows()).toEqual(before);
});

test('the schema itself refuses a link from one user to a task or tag of another', async () => {
  const { db } = tenants.app.ctx;
  const { names, id: theirs } = tenants.victim;
  const mine = attacker.id;
  await sql`insert into duly.tags (user_id, name, revision) values (${mine}, 'own', 1)`.execute(db);
  const link = (userId: string, taskId = '', name = '') =>
    sql`insert into duly.task_tags (user_id, task_id, name) values (${userId}, ${taskId}, ${name})`.execute(
      db,
    );
  const foreignKey = { code: '23503' };
  await expect(link(mine, names.task_id, 'own')).rejects.toMatchObject(foreignKey);
  await expect(link(mine, attacker.names.task_id, names.tag_name)).resolves.toBeDefined();
  await expect(link(mine, attacker.names.task_id, 'theirs')).rejects.toMatchObject(foreignKey);
  await expect(link(theirs, attacker.names.task_id, names.tag_name)).rejects.toMatchObject(foreignKey);
  await expect(link(mine, attacker.names.task_id, 'own')).resolves.toBeDefined();
  await recountTags(db);
  await restoreTags(db);
});

test('600 mixed requests over two connections, some aborted, show nobody a row of another', async () => {
  const users = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const user = await tenants.app.newUser();
      const body = { title: user.id, tags: [user.id], description: user.id };
      const { body: task } = await request('POST', `${user.bare}/tasks`, { token: user.token, body });
      return { ...user, task: task.id };
    }),
  );
  let [shown, cut] = [0, 0];
  await runConcurrently(Array(600).keys(), 12, async (round) => {
    const user = users[round % users.length] ?? users[0];
    if (user === undefined) return;
    const { token, bare, id, task } = user;
    const [method, path] = (
      [
        ['GET', '/tasks'],
        ['GET', `/tasks/${task}`],
        ['GET', `/tasks?search=${encodeURIComponent(id)}`],
        ['GET', '/tags'],
        ['PATCH', `/tasks/${task}/complete`],
      ] as const
    )[round % 5] ?? ['GET', '/tasks'];
    const signal = round % 7 === 0 ? AbortSignal.timeout(round % 5) : undefined;
    const headers = { authorization: `Bearer ${token}` };
    try {
      const { status, text } = await tenants.client.send({ method, path: bare + path, headers, signal });
      expect([200, 503]).toContain(status);
      for (const other of users) if (other.id !== id) expect(text).not.toContain(other.id);
      if (text.includes(id)) shown += 1;
    } catch (error) {
      if (signal?.aborted !== true) throw error;
      cut += 1;
    }
  });
  expect(cut).toBeGreaterThan(0);
  expect(shown).toBeGreaterThan(400);
});
