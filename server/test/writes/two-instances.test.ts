import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { verifyAudit } from '../../src/audit/verify.ts';
import type { Task } from '../../src/tasks/model.ts';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { createDatabase } from '../support/database.ts';
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { seeded } from '../support/random.ts';
import { statementsOf } from '../support/sql/count.ts';
import { newClient } from '../support/tasks.ts';
import { createWriter } from '../support/writes.ts';

const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_127);
const ways = ['directly', ...(hasPgBouncer('writes of two instances') ? ['through a pooler'] : [])];

async function startTwo(way: string): Promise<TestApp[]> {
  const database = await createDatabase();
  afterTest.push(() => database.drop());
  const env = way === 'directly' ? {} : { DATABASE_URL: await startPgBouncer(database) };
  const apps = [await startApp(env, { database }), await startApp(env, { database })];
  for (const app of apps) afterTest.push(() => app.close());
  return apps;
}

const writersOfEach = 3;
const writesOfEach = 40;

test.each(ways)(
  `two instances write for one user at once, %s: seed ${seed}`,
  { timeout: 120_000 },
  async (way) => {
    const apps = await startTwo(way);
    const [app] = apps;
    if (app === undefined) throw new Error('not started');
    const client = await newClient(app);
    const { user } = client;
    /** Each successful response that shows one task: one version is one state. */
    const shown = new Map<string, Map<number, Task>>();
    const send =
      (on: TestApp) =>
      async (method: string, path: string, body?: unknown): Promise<Reply> => {
        const reply = await on.request(method, user.v1 + path, { token: user.token, body });
        const task = reply.body?.data;
        if (method !== 'GET' && reply.status < 300 && typeof task?.version === 'number') {
          const versions = shown.get(task.id) ?? new Map();
          shown.set(task.id, versions);
          expect(versions.get(task.version) ?? task).toEqual(task);
          versions.set(task.version, task);
        }
        return reply;
      };
    const work = async (on: TestApp, index: number) => {
      const write = createWriter(send(on), seeded(seed + index));
      for (let count = 0; count < writesOfEach; count += 1) await write();
    };
    const statements = await statementsOf(() =>
      Promise.all(
        apps.flatMap((on, at) =>
          Array.from({ length: writersOfEach }, (_, index) => work(on, at * 10 + index)),
        ),
      ),
    );
    // Some lost their condition, and were made under the lock.
    expect(
      statements.filter((text) => text.includes('(select version_floor from duly.epoch)')).length,
    ).toBeGreaterThan(0);
    const { tasks, owners } = await client.stored();
    for (const task of await client.list('?limit=100'))
      expect(Math.max(...(shown.get(task.id)?.keys() ?? [0]))).toBeLessThanOrEqual(task.version);
    const { db } = app.ctx;
    const { rows } = await sql<{ at: Date }>`
    select at from duly.audit where user_id = ${user.id} order by seq`.execute(db);
    const times = rows.map(({ at }) => at.getTime());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const revisions = tasks.map(({ revision, updated_at }) => ({ revision, at: updated_at.getTime() }));
    const inOrder = revisions.toSorted((a, b) => Number(a.revision - b.revision));
    expect(inOrder.map(({ at }) => at)).toEqual(inOrder.map(({ at }) => at).toSorted((a, b) => a - b));
    expect(Number(owners[0]?.revision)).toBeGreaterThan(writesOfEach);
    const findings: string[] = [];
    await verifyAudit(db, (_, finding) => findings.push(finding));
    expect(findings).toEqual([]);
  },
);

test.each(ways)('50 edits of one version and 21 toggles through two instances, %s', async (way) => {
  const apps = await startTwo(way);
  const on = (index: number) => apps[index % 2] ?? expect.fail('not started');
  const client = await newClient(on(0));
  const { v1, token, bare } = client.user;
  const { id } = await client.create();
  const edits = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      on(index).request('PATCH', `${v1}/tasks/${id}`, {
        token,
        body: { title: `edit ${index}`, version: 1 },
      }),
    ),
  );
  expect(edits.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(edits.filter(({ status }) => status === 409)).toHaveLength(49);
  expect(await client.revision()).toBe(2);
  const toggles = await Promise.all(
    Array.from({ length: 21 }, (_, index) =>
      on(index).request('PATCH', `${bare}/tasks/${id}/complete`, { token }),
    ),
  );
  expect(new Set(toggles.map(({ body }) => body.version)).size).toBe(21);
  expect(await client.get(id)).toMatchObject({ completed: true, version: 23 });
});

test.each(ways)('retries under one key through two instances are one write, %s', async (way) => {
  const apps = await startTwo(way);
  const on = (index: number) => apps[index % 2] ?? expect.fail('not started');
  const client = await newClient(on(0));
  const { v1, token } = client.user;
  const { id } = await client.create({ title: 'old' });
  for (const [method, path, body] of [
    ['POST', '/tasks', { title: 'new', tags: ['a'] }],
    ['PATCH', `/tasks/${id}`, { title: 'new', tags: ['b'] }],
    ['PATCH', `/tasks/${id}/complete`, { completed: true }],
    [
      'POST',
      '/tasks/bulk',
      {
        operations: [
          { op: 'create', title: 'a' },
          { op: 'update', id, title: 'b' },
        ],
      },
    ],
    ['DELETE', `/tasks/${id}`, undefined],
  ] as const) {
    const before = await client.revision();
    const headers = { 'idempotency-key': randomUUID() };
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        on(index).request(method, v1 + path, { token, body, headers }),
      ),
    );
    expect(new Set(replies.map(({ text }) => text)).size, replies[0]?.text).toBe(1);
    expect(replies.filter(({ headers: sent }) => sent.has('idempotency-replayed'))).toHaveLength(19);
    expect(await client.revision()).toBe(before + 1);
  }
});
