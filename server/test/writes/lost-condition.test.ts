import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tx } from '../../src/db/schema.ts';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { auditActionsOf } from '../support/audit.ts';
import { countLockWaits } from '../support/lock-waits.ts';
import { onProject, onTag, onTask, onTrash, type PrepareWrite } from '../support/prepared-writes.ts';
import { waitUntil } from '../support/process.ts';
import { statementsOf } from '../support/sql/count.ts';
import { type Client, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const isBlocked = async () => (await countLockWaits((text) => sql.raw(text).execute(app.ctx.db))) > 0;

const raiseRevision = (tx: Tx, { user }: Client) =>
  sql`insert into duly.owners as o (user_id, revision) values (${user.id}, 1)
    on conflict (user_id) do update set revision = o.revision + 1`.execute(tx);

class RollBack extends Error {}

/** Sends the write while another transaction has the lock of the user's row. That one ends when the write waits. */
async function race(
  client: Client,
  other: (tx: Tx) => Promise<unknown>,
  send: () => Promise<Reply>,
  end: 'commit' | 'rollback' = 'commit',
): Promise<{ reply: Reply; statements: string[] }> {
  let reply: Promise<Reply> | undefined;
  const statements = await statementsOf(async () => {
    const ended = app.ctx.db.transaction().execute(async (tx) => {
      await raiseRevision(tx, client);
      await other(tx);
      reply = send();
      await waitUntil(isBlocked);
      if (end === 'rollback') throw new RollBack();
    });
    await ended.catch((error: unknown) => expect(error).toBeInstanceOf(RollBack));
    await reply;
  });
  if (reply === undefined) throw new Error('not sent');
  return { reply: await reply, statements };
}

const nothing = async () => undefined;
const isOnCondition = (text: string) => text.includes('o.revision = $') || text.includes('*/ with bumped as');
/** Statements that raise the revision without a condition, to lock the row. */
const locked = (statements: string[]) =>
  statements.filter((text) => text.includes('(select version_floor from duly.epoch) as "versionFloor"'));

const storedResponses = async ({ user }: Client) => {
  const { rows } =
    await sql`select answer::text from duly.idempotency_keys where user_id = ${user.id}`.execute(app.ctx.db);
  return rows;
};

test('a patch that lost its condition, and then finds another version, leaves nothing', async () => {
  const client = await newClient(app);
  const { id } = await client.create({ title: 'old' });
  const headers = { 'idempotency-key': randomUUID() };
  const patch = (version: number) =>
    client.v1('PATCH', `/tasks/${id}`, { title: 'mine', tags: ['mine'], version }, headers);
  const { reply, statements } = await race(
    client,
    (tx) =>
      sql`update duly.tasks set title = 'theirs', version = 2, revision = 2
        where user_id = ${client.user.id} and id = ${id}`.execute(tx),
    () => patch(1),
  );
  expect([reply.status, reply.body.error_code]).toEqual([409, 'VERSION_CONFLICT']);
  expect(reply.body.current).toMatchObject({ title: 'theirs', version: 2 });
  expect(statements.filter(isOnCondition)).toHaveLength(2);
  expect(await client.revision()).toBe(2);
  const { tasks, tags, taskTags } = await client.stored();
  expect([tasks[0]?.title, tags, taskTags]).toEqual(['theirs', [], []]);
  expect(await auditActionsOf(app.ctx.db, client.user.id)).toEqual(['task.create success']);
  expect(await storedResponses(client)).toEqual([]);
});

const onceKey = { 'idempotency-key': 'once' };

const bulk =
  (...operations: object[]): PrepareWrite =>
  async ({ v1 }) =>
  () =>
    v1('POST', '/tasks/bulk', { operations }, { 'idempotency-key': 'once' });

const writes: [string, PrepareWrite, number][] = [
  ['a patch', onTask('PATCH', '', { title: 'new', tags: ['b'] }, onceKey), 1],
  ['a completion', onTask('PATCH', '/complete', { completed: true }, onceKey), 1],
  ['a deletion', onTask('DELETE', '', undefined, onceKey), 1],
  ['a restore', onTrash('POST', '/restore'), 1],
  ['a purge', onTrash('DELETE', ''), 1],
  ['a rename of a tag', onTag('PATCH', { name: 'b' }), 1],
  ['a deletion of a tag', onTag('DELETE'), 1],
  ['a creation of a project', onProject('POST', '/projects', { name: 'new' }), 1],
  ['a patch of a project', onProject('PATCH', '/projects/PROJECT', { name: 'new' }), 1],
  ['a move of a project', onProject('POST', '/projects/PROJECT/move', { before: null }), 1],
  ['a deletion of a project', onProject('DELETE', '/projects/PROJECT?tasks=trash'), 1],
  ['a deletion of a project whose tasks stay', onProject('DELETE', '/projects/PROJECT?tasks=inbox'), 1],
  ['a restore of a project', onProject('POST', '/trash/projects/PROJECT/restore'), 1],
  ['a purge of a project', onProject('DELETE', '/trash/projects/PROJECT'), 1],
  ['a deletion of a section', onProject('DELETE', '/sections/SECTION'), 1],
  ["a bulk of one, the user's first write,", bulk({ op: 'create', title: 'a', tags: ['a'] }), 1],
  ["a bulk of several, the user's first write,", bulk(...Array(3).fill({ op: 'create', title: 'a' })), 3],
];

test.each(writes)('%s that lost its condition is made once, under the lock', async (_, prepare, entries) => {
  const client = await newClient(app);
  const send = await prepare(client);
  const before = await client.revision();
  const logged = (await auditActionsOf(app.ctx.db, client.user.id)).length;
  const { reply, statements } = await race(client, nothing, send);
  expect(reply.status).toBeLessThan(300);
  expect(locked(statements)).toHaveLength(1);
  expect(await client.revision()).toBe(before + 2);
  expect(await auditActionsOf(app.ctx.db, client.user.id)).toHaveLength(logged + entries);
});

test.each(writes)('%s whose rival is rolled back keeps its condition', async (_, prepare, entries) => {
  const client = await newClient(app);
  const send = await prepare(client);
  const before = await client.revision();
  const logged = (await auditActionsOf(app.ctx.db, client.user.id)).length;
  const { reply, statements } = await race(client, nothing, send, 'rollback');
  expect(reply.status).toBeLessThan(300);
  expect(locked(statements)).toHaveLength(0);
  expect(await client.revision()).toBe(before + 1);
  expect(await auditActionsOf(app.ctx.db, client.user.id)).toHaveLength(logged + entries);
});

test('a patch without a condition is made on what the rival left', async () => {
  const client = await newClient(app);
  const { id } = await client.create({ title: 'old' });
  const { reply } = await race(
    client,
    (tx) =>
      sql`update duly.tasks set title = 'theirs', version = 2, revision = 2
        where user_id = ${client.user.id} and id = ${id}`.execute(tx),
    () => client.v1('PATCH', `/tasks/${id}`, { priority: 'High' }),
  );
  expect(reply.body.data).toMatchObject({ title: 'theirs', priority: 'High', version: 3 });
  expect(await client.get(id)).toEqual(reply.body.data);
});

test('an epoch that begins between read and write makes the condition false', async () => {
  const client = await newClient(app);
  const { id } = await client.create({ title: 'old' });
  const { reply } = await race(
    client,
    (tx) => sql`select duly.begin_epoch()`.execute(tx),
    () => client.v1('PATCH', `/tasks/${id}`, { title: 'new' }),
  );
  expect(reply.body.data.version).toBeGreaterThan(1_000_000);
});

test('no placeholder of the time remains, in rows, responses and stored responses', async () => {
  const client = await newClient(app);
  const { id } = await client.create({ title: 'old' });
  const headers = { 'idempotency-key': randomUUID() };
  const operations = [
    { op: 'complete', id },
    { op: 'delete', id },
    { op: 'update', id, title: 'gone' },
    { op: 'restore', id },
    { op: 'update', id, title: 'newer', version: 1 },
    { op: 'create', title: 'other', completed: true },
  ];
  const send = () => client.v1('POST', '/tasks/bulk', { operations }, headers);
  const [first, again] = [await send(), await send()];
  expect(again.text).toBe(first.text);
  const year = String(new Date().getUTCFullYear());
  const times = [...first.text.matchAll(/"(?:\w+_at|timestamp)":"([^"]*)"/g)].map(([, time = '']) => time);
  expect(times.length).toBeGreaterThan(8);
  expect(new Set(times.map((time) => time.slice(0, 4)))).toEqual(new Set([year]));
  expect(first.text).not.toContain('"+');
  for (const task of await client.list()) {
    const result = first.body.data.findLast(
      ({ task: after }: { task?: { id: string } }) => after?.id === task.id,
    );
    expect(task).toEqual(result.task);
  }
});
