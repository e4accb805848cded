import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createLink } from '../../src/accounts/stored-links.ts';
import { poolStats } from '../../src/db/pool.ts';
import { unsubscribeToken } from '../../src/digest/unsubscribe.ts';
import { allJobs } from '../../src/jobs/all.ts';
import { finishErasures } from '../../src/jobs/finish-erasures.ts';
import { pruneOldAudit } from '../../src/jobs/prune-audit.ts';
import { resealSecrets } from '../../src/jobs/reseal-secrets.ts';
import {
  createBrowser,
  newPassword,
  password,
  type RegisteredAccount,
  registerAccount,
} from '../support/accounts.ts';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import {
  fillPath,
  isAdminOperation,
  type Operation,
  operations,
  requiredQuery,
} from '../support/operations.ts';
import { patience } from '../support/patience.ts';
import { demoteSessions, setReadOnly } from '../support/read-only.ts';
import { newClient } from '../support/tasks.ts';
import { createTenants, namesIn, type Tenant, type Tenants } from '../support/tenants.ts';
import { createTrashedTasks } from '../support/trash.ts';

const refused = { status: 503, body: { error_code: 'SERVICE_UNAVAILABLE' } };

function expectRefused(reply: Reply): void {
  expect(reply).toMatchObject(refused);
  expect(reply.headers.get('retry-after')).toBe('1');
}

/** Creates rows that every job has to change. */
async function createUpkeep(app: TestApp): Promise<void> {
  const client = await newClient(app);
  const { id } = client.user;
  await client.v1('POST', '/tasks', { title: 'once' }, { 'idempotency-key': randomUUID() });
  const [purged] = await createTrashedTasks(client, {}, {});
  await client.v1('DELETE', `/trash/${purged?.id}`);
  for (const aged of [
    sql`update duly.idempotency_keys set created_at = created_at - interval '2 days' where user_id = ${id}`,
    sql`update duly.tasks set deleted_at = deleted_at - interval '10 years' where user_id = ${id}`,
    sql`update duly.tombstones set created_at = created_at - interval '10 years' where user_id = ${id}`,
    sql`update duly.tasks set search_version = null, tags_version = null where user_id = ${id}`,
    sql`insert into duly.deliveries (user_id, id, kind, channel_type, scheduled_at, status, created_at, finished_at)
      select ${id}, gen_random_uuid(), 'digest', 'email', at, 'sent', at, at
      from (select now() - interval '10 years' as at) as old`,
  ])
    await aged.execute(app.ctx.db);
}

const ready = (app: TestApp) => app.request('GET', '/health/ready');

describe('a database that is read-only', () => {
  let tenants: Tenants;
  let app: TestApp;
  let admin: Tenant;
  let user: Tenant;
  let account: RegisteredAccount;
  /** Bodies that pass the checks before the write. */
  let bodies: Record<string, unknown>;
  let queries: Record<string, string>;
  let browser: ReturnType<typeof createBrowser>;
  let begun: number;

  beforeAll(async () => {
    tenants = await createTenants();
    ({ app } = tenants);
    admin = await tenants.newAdmin('the admin');
    user = await tenants.newTenant('the user');
    account = await registerAccount(app);
    const { db } = app.ctx;
    const email = `grace.${randomUUID()}@example.com`;
    bodies = {
      register: { email, password, first_name: 'Grace', last_name: 'Hopper' },
      login: { email: account.email, password },
      changePassword: { current_password: password, new_password: newPassword },
      requestEmailChange: { email, password },
      confirmPasswordReset: {
        token: (await createLink(db, account.id, 'reset')).token,
        new_password: newPassword,
      },
      adminSetRole: { role: 'admin' },
    };
    queries = {
      confirmEmailChange: `?token=${(await createLink(db, account.id, 'email', { newEmail: email })).token}`,
    };
    browser = createBrowser(app);
    await browser.send('POST', '/sign-in/email', { email: account.email, password });
    // So old that reading the session would prolong it.
    await sql`update better_auth.session set "expiresAt" = now() + interval '3 days' where "userId" = ${account.id}`.execute(
      db,
    );
    await app.request('PATCH', `/api/v1/users/${user.id}`, { token: user.token, body: { digest_hour: 7 } });
    queries.unsubscribeDigest = `?token=${unsubscribeToken(user.id, app.ctx.config.auth.secrets)}`;
    // They are made at first use.
    await app.ctx.senders.getPushKeys();
    await createUpkeep(app);
    begun = performance.now();
    await setReadOnly(app, 'on');
    await demoteSessions(db);
  });
  afterAll(() => tenants.close());

  const ofAccount = ['changePassword', 'requestEmailChange', 'sendEmailVerification', 'logout', 'endSession'];

  function send(operation: Operation, headers: Record<string, string> = {}): Promise<Reply> {
    const { operationId, method, path, isPublic: open } = operation;
    const isAccount = ofAccount.includes(operationId);
    const names = { ...namesIn(user, path), ...(isAccount && { user_id: account.id }) };
    const token = isAdminOperation(operation) ? admin.token : isAccount ? account.token : user.token;
    const body = bodies[operationId] ?? operation.body?.example;
    return app.request(method, fillPath(path, names) + (queries[operationId] ?? requiredQuery(operation)), {
      ...(!open && { token }),
      ...(body !== undefined && { body }),
      headers,
    });
  }

  const isWrite = ({ method, operationId }: Operation) =>
    method !== 'GET' || operationId === 'confirmEmailChange';
  const named = (list: Operation[]) => list.map((operation) => [operation.operationId, operation] as const);

  test.each(named(operations.filter(isWrite)))('%s is a 503 with Retry-After', async (_, operation) => {
    expectRefused(await send(operation));
  });

  const withKey = operations.filter(({ parameters }) =>
    parameters.some(({ name }) => name === 'idempotency-key'),
  );
  test.each(named(withKey))('%s under an Idempotency-Key is a 503 too', async (_, operation) => {
    expectRefused(await send(operation, { 'idempotency-key': randomUUID() }));
  });

  // A stream has no end.
  const reads = operations.filter(
    (operation) =>
      operation.path.startsWith('/api') && !isWrite(operation) && !/events$/.test(operation.path),
  );
  /** These reads append an audit entry each, and fail without it. */
  const audited = [
    'adminListUsers',
    'adminGetUser',
    'adminListUserAudit',
    'adminListServiceAudit',
    'adminListSessions',
    'adminListInvitations',
  ];
  test.each(named(reads))('%s is read', async (operationId, operation) => {
    expect((await send(operation)).status).toBe(audited.includes(operationId) ? 503 : 200);
  });

  test.each(['/get-session', '/list-sessions', '/list-accounts', '/token', '/jwks'])(
    'Better Auth: %s is read',
    async (path) => {
      const reply = await browser.send('GET', path);
      expect([reply.status, reply.body !== null]).toEqual([200, true]);
    },
  );

  test('upkeep fails, to be done again', async () => {
    // There is only one secret, no erasure is open, and audit entries stay for ever.
    const idle = [resealSecrets, finishErasures, pruneOldAudit];
    const jobs = allJobs.filter((job) => !idle.includes(job));
    const done = await Promise.allSettled(jobs.map(({ run }) => run(app.ctx, new AbortController().signal)));
    const outcomes = done.map((one) => (one.status === 'rejected' ? one.reason.code : one.value));
    expect(outcomes).toEqual(jobs.map(() => '25006'));
  });

  test('is told by /health/ready: 503 for ten seconds, then 200, and ok at once when it takes writes', async () => {
    const first = await ready(app);
    expect([200, 503]).toContain(first.status);
    expect(first.body.database).toBe('read-only');
    await vi.waitFor(async () => expect((await ready(app)).status).toBe(200), patience);
    expect(performance.now() - begun).toBeGreaterThan(10_000);
    expect((await ready(app)).body).toEqual({ status: 'ok', database: 'read-only', schema: 'current' });
    const { auditCounts, db } = app.ctx;
    const other = await newClient(app);
    await other.list();
    await auditCounts.flush();
    await setReadOnly(app, 'off');
    await vi.waitFor(
      async () =>
        expect((await ready(app)).body).toEqual({ status: 'ok', database: 'ok', schema: 'current' }),
      patience,
    );
    await other.create();
    // Counts for the audit log were kept in memory meanwhile.
    await auditCounts.flush();
    const { rows } = await sql<{ action: string }>`
      select action from duly.audit where user_id = ${other.user.id} order by action`.execute(db);
    expect(rows).toEqual([{ action: 'task.create' }, { action: 'task.list' }]);
  });
});

describe('a pool whose sessions have become read-only, where new ones are not', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  test('refuses one write, finds where writes are taken, and gives up every connection to the other server', async () => {
    const client = await newClient(app);
    await client.create();
    // A session is checked at its checkout, and then not for a second: the write comes before the next check.
    await sleep(1_000);
    const demoted = await demoteSessions(app.ctx.db);
    expect(poolStats(app.ctx.db).total).toBe(demoted);
    expectRefused(await client.v1('POST', '/tasks', { title: 'milk' }));
    for (let index = 0; index < 20; index += 1) await client.create();
    expect(await ready(app)).toMatchObject({ status: 200, body: { database: 'ok' } });
    // All at once, so that every connection is used.
    const clients = await Promise.all(Array.from({ length: demoted * 2 }, () => newClient(app)));
    await Promise.all(clients.map((one) => one.create()));
  });

  test('finds out by reads alone, within a second or so', async () => {
    const client = await newClient(app);
    await client.create();
    await demoteSessions(app.ctx.db);
    const isWritable = () =>
      app.ctx.db.connection().execute(async (one) => {
        const { rows } = await sql<{
          value: string;
        }>`select current_setting('transaction_read_only') as value`.execute(one);
        return rows[0]?.value === 'off';
      });
    await vi.waitFor(async () => {
      await client.list(`?search=${randomUUID()}`);
      expect(await isWritable()).toBe(true);
    }, patience);
    expect((await client.v1('POST', '/tasks', { title: 'milk' })).status).toBe(201);
  });

  test('goes on with what it has while there is nothing better, and looks no more than once a second', async () => {
    const client = await newClient(app);
    await client.create();
    await setReadOnly(app, 'on');
    afterTest.push(() => setReadOnly(app, 'off'));
    await demoteSessions(app.ctx.db);
    const connects = vi.spyOn(pg.Client.prototype, 'connect');
    afterTest.push(() => connects.mockRestore());
    const began = performance.now();
    for (let index = 0; performance.now() - began < 2_500; index += 1) {
      expectRefused(await client.v1('POST', '/tasks', { title: 'milk' }));
      expect(await client.list(`?offset=${index}`)).toBeDefined();
    }
    const seconds = (performance.now() - began) / 1_000;
    expect(connects.mock.calls.length).toBeGreaterThan(0);
    expect(connects.mock.calls.length).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
  });
});
