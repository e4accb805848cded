import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../../src/db/statements.ts';
import { storeProfileCte } from '../../src/profiles/queries.ts';
import { purgeBatchSize } from '../../src/tasks/trash.ts';
import { unchanged, type WriteContext, type WritePlan } from '../../src/writes/plan.ts';
import { write } from '../../src/writes/write.ts';
import { registerAccount } from '../support/accounts.ts';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { auditActionsOf } from '../support/audit.ts';
import { onProject, onTag, onTask, onTrash } from '../support/prepared-writes.ts';
import { statementsOf } from '../support/sql/count.ts';
import { type Client, newClient } from '../support/tasks.ts';
import { createTrashedTasks, fillTrash } from '../support/trash.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

type Send = () => Promise<Reply>;
type Prepare = (client: Client) => Send | Promise<Send>;

// With begin and commit, where there are several that write.
test.each<[string, number, Prepare]>([
  [
    'a create',
    1,
    ({ v1 }) =>
      () =>
        v1('POST', '/tasks', { title: 'new', tags: ['a'] }),
  ],
  ['a patch', 2, onTask('PATCH', '', { title: 'new', tags: ['b'] })],
  ['a patch that changes nothing', 1, onTask('PATCH', '', { title: 'old' })],
  ['a completion', 2, onTask('PATCH', '/complete', { completed: true })],
  ['a deletion', 2, onTask('DELETE', '')],
  ['a restore', 2, onTrash('POST', '/restore')],
  ['a purge', 2, onTrash('DELETE', '')],
  ['a creation of a project', 2, onProject('POST', '/projects', { name: 'new' })],
  ['a patch of a project', 2, onProject('PATCH', '/projects/PROJECT', { name: 'new' })],
  ['a move of a project', 2, onProject('POST', '/projects/PROJECT/move', { before: null })],
  ['a deletion of a project', 2, onProject('DELETE', '/projects/PROJECT?tasks=trash')],
  ['a deletion of a project whose tasks stay', 2, onProject('DELETE', '/projects/PROJECT?tasks=inbox')],
  ['a restore of a project', 2, onProject('POST', '/trash/projects/PROJECT/restore')],
  ['a purge of a project', 2, onProject('DELETE', '/trash/projects/PROJECT')],
  ['a deletion of a section', 2, onProject('DELETE', '/sections/SECTION')],
  [
    'emptying the trash',
    2,
    async (client) => {
      await createTrashedTasks(client, {}, {});
      return () => client.v1('DELETE', '/trash');
    },
  ],
  [
    'emptying a trash of three batches',
    8,
    async (client) => {
      await fillTrash(app, client, 2 * purgeBatchSize + 1);
      return () => client.v1('DELETE', '/trash');
    },
  ],
  [
    'emptying an empty trash',
    1,
    ({ v1 }) =>
      () =>
        v1('DELETE', '/trash'),
  ],
  [
    'a bulk of one operation',
    2,
    ({ v1 }) =>
      () =>
        v1('POST', '/tasks/bulk', { operations: [{ op: 'create', title: 'new' }] }),
  ],
  [
    'a bulk of several operations',
    5,
    ({ v1 }) =>
      () =>
        v1('POST', '/tasks/bulk', { operations: Array(9).fill({ op: 'create', title: 'new' }) }),
  ],
  ['a rename of a tag', 2, onTag('PATCH', { name: 'b' })],
  ['a deletion of a tag', 2, onTag('DELETE')],
  [
    "a patch of another issuer's profile",
    6,
    ({ v1 }) =>
      () =>
        v1('PATCH', '', { locale: 'de' }),
  ],
  [
    "a patch of an account's profile",
    7,
    async () => {
      const { id, token } = await registerAccount(app);
      await app.request('GET', `/api/v1/users/${id}`, { token });
      return () => app.request('PATCH', `/api/v1/users/${id}`, { token, body: { first_name: 'Grace' } });
    },
  ],
])('%s takes %i statements', async (_, count, prepare) => {
  const client = await newClient(app);
  // A user's first request checks whether the token was revoked.
  await client.tags();
  const send = await prepare(client);
  const statements = await statementsOf(async () => expect((await send()).status).toBeLessThan(300));
  expect(statements).toHaveLength(count);
});

test('a patch reads without a lock, and stores everything in one statement on condition of the revision', async () => {
  const client = await newClient(app);
  const { id } = await client.create({ title: 'old' });
  const patch = () => client.v1('PATCH', `/tasks/${id}`, { title: `${Math.random()}`, tags: ['a'] });
  const [read = '', store = '', ...more] = await statementsOf(patch);
  expect(more).toEqual([]);
  expect(read).toMatch(/^\s*select o\.revision/);
  expect(read).not.toMatch(/for (no key )?update/);
  expect(store).toMatch(
    /^\/\* on the shard of \$3: now text \*\/ with bumped as \(update duly\.owners as o set revision = case\s+when o\.revision = \$1/,
  );
  const written = [...store.matchAll(/(?:insert into|update|delete from) "?duly"?\."?(\w+)/g)];
  expect(written.map(([, table]) => table)).toEqual([
    ...['owners', 'tasks', 'tags', 'task_tags', 'audit_heads', 'audit'],
  ]);
});

describe('a plan', () => {
  const context: WriteContext = { actor: null, requestId: null, address: null };
  const withKey = (): WriteContext => ({
    ...context,
    idempotencyKey: { route: 'TEST', key: randomUUID(), fingerprint: Buffer.alloc(32) },
  });
  const nothing = query('nothing', sql`select 1`, {}, () => null);
  test.each([
    ['without a key', () => context],
    ['with a key', withKey],
  ])('that changes nothing, %s, leaves no revision and no audit entry', async (_, contextOf) => {
    const { user, revision } = await newClient(app);
    const plan: WritePlan<string, null> = { read: nothing, decide: () => unchanged('as it was') };
    const once = contextOf();
    const first = await write(app.ctx.db, user.id, once, plan);
    expect(first).toEqual({ value: 'as it was', isReplayed: false });
    const again = await write(app.ctx.db, user.id, once, plan);
    expect(again).toEqual({ value: 'as it was', isReplayed: once.idempotencyKey !== undefined });
    expect(await revision()).toBe(0);
    expect(await auditActionsOf(app.ctx.db, user.id)).toEqual([]);
  });

  test('is executed again when its transaction lost to another one, and leaves one change', async () => {
    const { user, revision } = await newClient(app);
    const lost = [Object.assign(new Error('deadlock detected'), { code: '40P01' })];
    const names = { first_name: null, last_name: null };
    const hours = { default_reminder_minutes: null, digest_hour: null };
    const fields = { ...names, ...hours, time_zone: 'UTC', locale: 'de' };
    const result = await write(app.ctx.db, user.id, context, {
      read: nothing,
      decide: (_, { now }) => {
        for (const error of lost.splice(0)) throw error;
        return {
          value: now,
          changes: [storeProfileCte(user.id, fields, null)],
          auditActions: [{ action: 'profile.update' }, { action: 'profile.check', subject: 'a' }],
        };
      },
    });
    expect(Date.parse(result.value)).toBeLessThan(Date.now() + 60_000);
    expect(await revision()).toBe(1);
    expect(await auditActionsOf(app.ctx.db, user.id)).toEqual([
      'profile.update success',
      'profile.check success',
    ]);
  });
});
