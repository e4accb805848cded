import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPasswordLink, createUser } from '../../src/admin/accounts.ts';
import { createInvitation } from '../../src/admin/invitations.ts';
import { origin, password } from '../support/accounts.ts';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { auditActionsOf } from '../support/audit.ts';

let open: TestApp;
let closed: TestApp;
let invite: TestApp;
/** An account that was registered while registration was open. */
let known: string;
beforeAll(async () => {
  open = await startApp();
  closed = await startApp({ REGISTRATION: 'closed' }, open);
  invite = await startApp({ REGISTRATION: 'invite' }, open);
  known = newEmail();
  expect((await register(open, known)).status).toBe(201);
});
afterAll(async () => {
  for (const app of [invite, closed, open]) await app.close();
});

const newEmail = () => `${randomUUID()}@example.com`;
const nobody = { actor: null, requestId: null, address: null };

const register = (app: TestApp, email: string, more: object = {}) =>
  app.request('POST', '/api/v1/auth/register', {
    body: { email, password, first_name: 'Ada', last_name: '', ...more },
  });
const signUp = (app: TestApp, email: string, more: object = {}) =>
  app.request('POST', '/api/auth/sign-up/email', {
    body: { email, password, name: 'Ada', ...more },
    headers: { origin },
  });

/** Both ways to register, with the status of a success and the path of the error code in a refusal. */
const routes = [
  { name: 'register', send: register, done: 201, codeOf: ({ body }: Reply) => body.error_code },
  { name: "Better Auth's sign-up", send: signUp, done: 200, codeOf: ({ body }: Reply) => body.code },
];

async function invited(email: string): Promise<string> {
  const { config, db, mailer } = invite.ctx;
  return (await createInvitation(config, db, mailer, nobody, email)).token;
}

async function accounts(email: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int from better_auth."user" where email = ${email.toLowerCase()}`.execute(open.ctx.db);
  return rows[0]?.count ?? 0;
}

/** A response without the parts that differ per request. */
const essence = ({ status, text, headers }: Reply) => {
  const { date: _, 'x-request-id': __, ...rest } = Object.fromEntries(headers);
  return { status, rest, text: text.replace(/"(timestamp|request_id)":"[^"]*"/g, '') };
};

const medianOf = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

describe.each(routes)('$name', ({ send, done, codeOf }) => {
  test('is open without a setting, and an invitation has no effect', async () => {
    expect((await send(open, newEmail(), { invitation: 'anything' })).status).toBe(done);
  });

  test.each([
    ['closed', () => closed, 'REGISTRATION_CLOSED'],
    ['invite', () => invite, 'INVITATION_REQUIRED'],
  ])('%s: answers every address alike, in the same time, and makes nothing', async (_, app, code) => {
    const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
    const answers = new Set<string>();
    for (let round = 0; round < 40; round += 1) {
      for (const [kind, email] of [
        ['known', known],
        ['unknown', newEmail()],
      ] as const) {
        const begin = performance.now();
        const reply = await send(app(), email);
        times[kind].push(performance.now() - begin);
        answers.add(JSON.stringify(essence(reply)));
        expect([reply.status, codeOf(reply)]).toEqual([403, code]);
        if (kind === 'unknown') expect(await accounts(email)).toBe(0);
      }
    }
    expect([...answers]).toHaveLength(1);
    // The requests alternate, so that other load slows both kinds. Hashing for one kind only would make it ten times
    // slower.
    const [faster = 0, slower = 0] = [medianOf(times.known), medianOf(times.unknown)].sort((x, y) => x - y);
    expect(slower / faster).toBeLessThan(2);
  });

  test('takes an invitation once, in any case of the address', async () => {
    const email = newEmail();
    const invitation = await invited(email.toUpperCase());
    const reply = await send(invite, email.toUpperCase(), { invitation });
    expect(reply.status).toBe(done);
    expect(await accounts(email)).toBe(1);
    const again = await send(invite, newEmail(), { invitation });
    expect([again.status, codeOf(again)]).toEqual([403, 'INVITATION_REQUIRED']);
  });

  test('answers a missing, wrong, foreign, old, replaced and revoked invitation alike', async () => {
    const email = newEmail();
    const replaced = await invited(email);
    const newest = await invited(email);
    const ofAnother = await invited(newEmail());
    const old = newEmail();
    const expired = await invited(old);
    await sql`
      update better_auth.verification set "expiresAt" = "expiresAt" - interval '7 days'
      where value = ${old}`.execute(open.ctx.db);
    const tries: [string, object][] = [
      [email, {}],
      [email, { invitation: 'x' }],
      [email, { invitation: `invitation.${newest}` }],
      [email, { invitation: replaced }],
      [email, { invitation: ofAnother }],
      [old, { invitation: expired }],
      [known, { invitation: newest }],
      [known, {}],
    ];
    const answers = new Set<string>();
    for (const [address, more] of tries) {
      const reply = await send(invite, address, more);
      answers.add(JSON.stringify(essence(reply)));
      expect(codeOf(reply)).toBe('INVITATION_REQUIRED');
    }
    expect([...answers]).toHaveLength(1);
    // No refused attempt used up the valid invitation.
    expect((await send(invite, email, { invitation: newest })).status).toBe(done);
  });

  test('gives an invitation back when the sign-up fails', async () => {
    const email = newEmail();
    const invitation = await invited(email);
    // Better Auth validates the name after the invitation was used up.
    for (const fault of [{ password: 'password123' }, { name: 'x'.repeat(300) }])
      expect((await send(invite, email, { invitation, ...fault })).status).toBeOneOf([400, 422]);
    expect((await send(invite, email, { invitation })).status).toBe(done);
  });

  test('20 at once with one invitation: one account', async () => {
    const email = newEmail();
    const invitation = await invited(email);
    const apps = [invite, await startApp({ REGISTRATION: 'invite' }, open)] as const;
    try {
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, index) => send(apps[index % 2 === 0 ? 0 : 1], email, { invitation })),
      );
      expect(replies.filter(({ status }) => status === done)).toHaveLength(1);
      // A request that began before the first one ended found the invitation valid, and then the account.
      for (const { status } of replies) expect([done, 403, 409, 422]).toContain(status);
      expect(await accounts(email)).toBe(1);
    } finally {
      await apps[1].close();
    }
  });

  test('an invitation that is replaced while it is used makes one account at most', async () => {
    const email = newEmail();
    const first = await invited(email);
    const [used, second] = await Promise.all([
      send(invite, email, { invitation: first }),
      invited(email).catch(() => ''),
    ]);
    expect([done, 403]).toContain(used.status);
    const later = await send(invite, email, { invitation: second });
    expect([used.status, later.status].filter((status) => status === done)).toHaveLength(1);
    expect(await accounts(email)).toBe(1);
  });
});

test('tokens of other issuers are accepted while registration is closed or by invitation', async () => {
  for (const app of [closed, invite]) {
    const user = await app.newUser();
    const made = await app.request('POST', `${user.v1}/tasks`, {
      token: user.token,
      body: { title: 'mine' },
    });
    expect(made.status).toBe(201);
  }
});

test('an admin creates accounts while registration is closed or by invitation, and their owners log in', async () => {
  for (const app of [closed, invite]) {
    const { config, db } = app.ctx;
    const email = newEmail();
    const { user, link } = await createUser(config, db, nobody, { email });
    const token = new URLSearchParams(new URL(link.url).hash.slice(1)).get('token');
    const login = (word: string) =>
      app.request('POST', '/api/v1/auth/login', { body: { email, password: word } });
    expect((await login(password)).status).toBe(401);
    const confirm = { token, new_password: password };
    const reply = await app.request('POST', '/api/v1/auth/password-reset/confirm', { body: confirm });
    expect(reply.status).toBe(200);
    expect((await login(password)).body.user).toMatchObject({ id: user.id, first_name: email.split('@')[0] });
    await createPasswordLink(config, db, user.id, nobody);
  }
});

test('a refused registration is in the audit log, of the account where there is one', async () => {
  await register(closed, known);
  await signUp(closed, known);
  const { rows } = await sql<{ id: string }>`
    select id from better_auth."user" where email = ${known}`.execute(open.ctx.db);
  const actions = await auditActionsOf(open.ctx.db, rows[0]?.id ?? '');
  expect(actions.filter((action) => action === 'auth.register denied').length).toBeGreaterThanOrEqual(2);
});

test('an invitation stands in the database as a hash', async () => {
  const token = await invited(newEmail());
  const { rows } = await sql<{ text: string }>`
    select v::text as text from better_auth.verification v`.execute(open.ctx.db);
  const dump = rows.map(({ text }) => text).join('\n');
  expect(dump).toContain('invitation.');
  expect(dump).not.toContain(token);
});
