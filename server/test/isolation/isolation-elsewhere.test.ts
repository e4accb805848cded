import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  fillPath,
  isAdminOperation,
  isUserOperation,
  operations,
  textPaths,
  withValue,
} from '../support/operations.ts';
import { createTenants, secretsOf, type Tenant, type Tenants } from '../support/tenants.ts';

let tenants: Tenants;
let attacker: Tenant;
beforeAll(async () => {
  tenants = await createTenants();
  attacker = await tenants.newTenant('the attacker');
});
afterAll(() => tenants.close());

const request = (method: string, path: string, more: { token?: string; body?: unknown } = {}) =>
  tenants.app.request(method, path, { token: attacker.token, ...more });

async function victimsRows() {
  const { rows, victim } = tenants;
  return { rows: await rows.of(victim.id), audit: await rows.audit(victim.id) };
}

const origin = 'http://localhost:3000';
const secrets = () => secretsOf('the victim');

describe('an operation that is not below a user', () => {
  const elsewhere = operations.filter((operation) => !isUserOperation(operation));
  const forAdmins = elsewhere.filter(isAdminOperation);
  const byId = (list: typeof operations) =>
    list.map((operation) => [operation.operationId, operation] as const);

  test.each(byId(forAdmins))(
    "%s with another's token: 403, whoever it names, and no effect",
    async (_, operation) => {
      const before = await victimsRows();
      const { method, path, body } = operation;
      for (const owner of [tenants.victim, tenants.deleted, attacker]) {
        const url = fillPath(path, { ...owner.names, seq: '1' });
        const headers = { authorization: `Bearer ${attacker.token}`, 'content-type': 'application/json' };
        const bodies = body === undefined ? [undefined] : [body.example, { nonsense: true }, '{'];
        for (const content of bodies) {
          const reply = await request(method, url, content === undefined ? {} : { body: content });
          expect([reply.status, reply.body.error_code]).toEqual([403, 'FORBIDDEN']);
        }
        if (method === 'GET')
          expect((await tenants.client.send({ method: 'HEAD', path: url, headers })).status).toBe(403);
        expect((await fetch(tenants.app.url + url, { method })).status).toBe(401);
      }
      expect(await victimsRows()).toEqual(before);
      expect((await request('GET', `/api/${attacker.id}/tasks`)).status).toBe(200);
    },
  );

  test.each(
    byId(elsewhere.filter((operation) => !isAdminOperation(operation) && operation.body !== undefined)),
  )('%s shows and changes nothing of a user whom the body names', async (_, { method, path, body }) => {
    const { rows, victim } = tenants;
    const before = await rows.of(victim.id);
    const auditBefore = await rows.audit(victim.id);
    const names = [...Object.values(victim.names), randomUUID()];
    for (const place of body === undefined ? [] : textPaths(body.schema, body.example)) {
      for (const name of names) {
        const reply = await request(method, path, { body: withValue(body?.example, place, name) });
        for (const secret of secrets()) expect(reply.text).not.toContain(secret);
      }
    }
    expect(await rows.of(victim.id)).toEqual(before);
    expect((await rows.audit(victim.id)).slice(0, auditBefore.length)).toEqual(auditBefore);
  });

  test('is for admins, for anybody, or about the token that it comes with', () => {
    const ofToken = elsewhere.filter((operation) => !isAdminOperation(operation) && !operation.isPublic);
    const why =
      "an operation outside of /users/{user_id} and /admin is not covered by test/isolation.test.ts: what it does to another user's rows has to be tested by hand, then name it here";
    expect(
      ofToken.map(({ operationId }) => operationId),
      why,
    ).toEqual(['logout', 'getPushKey']);
  });
});

interface Endpoint {
  path?: string;
  options: { method: string | string[]; body?: unknown; query?: unknown };
}

/** They take no id, and would end the session that the test uses. */
const endsOwnSessions = /^\/(sign-out|delete-user|revoke-sessions|revoke-other-sessions)/;

/** The fields that an endpoint's schema has: most endpoints refuse others. */
function known(schema: unknown, fields: Record<string, unknown>): Record<string, unknown> {
  const hasShape = typeof schema === 'object' && schema !== null && 'shape' in schema;
  const { shape } = hasShape ? schema : { shape: null };
  if (typeof shape !== 'object' || shape === null) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name in shape));
}

test("Better Auth, asked with another's session and the victim's names in every field, shows and changes nothing of theirs", async () => {
  const { app, rows, victim } = tenants;
  const email = `${randomUUID()}@example.com`;
  const account = { email, password: 'gentle-otter-42', name: 'attacker' };
  const signUp = await app.request('POST', '/api/auth/sign-up/email', { headers: { origin }, body: account });
  const cookie = signUp.headers.getSetCookie().map((line) => line.split(';', 1)[0]);
  const headers = { cookie: cookie.join('; '), origin, 'content-type': 'application/json' };
  const whoAmI = async () => (await app.request('GET', '/api/auth/get-session', { headers })).body?.user;
  expect((await whoAmI()).email).toBe(email);

  const before = await rows.of(victim.id);
  const { user_id, session_id, session_token, email: theirs } = victim.names;
  const ids = {
    userId: user_id,
    id: user_id,
    accountId: user_id,
    sessionId: session_id,
    sessionToken: session_token,
  };
  const passwords = {
    password: 'wrong-otter-42',
    currentPassword: 'wrong-otter-42',
    newPassword: 'gentle-otter-43',
  };
  const texts = {
    ...ids,
    ...passwords,
    token: session_token,
    email: theirs,
    newEmail: theirs,
    name: 'attacker',
  };
  const role = {
    role: 'admin',
    data: { role: 'admin', email: theirs },
    banReason: 'none',
    providerId: 'credential',
  };
  const endpoints: Endpoint[] = Object.values((await app.ctx.betterAuth()).api);
  const asked = endpoints.flatMap(({ path, options }) =>
    path === undefined || endsOwnSessions.test(path)
      ? []
      : [options.method].flat().map((method) => ({ method, path, options })),
  );
  expect(asked.length).toBeGreaterThan(20);
  for (const { method, path, options } of asked) {
    const filled = path.replaceAll(/:(\w+)/g, session_token ?? '');
    const query = new URLSearchParams(
      Object.entries(known(options.query, texts)).map(([name, value]): [string, string] => [
        name,
        String(value),
      ]),
    );
    const body = JSON.stringify(known(options.body, { ...texts, ...role }));
    const request = method === 'GET' ? { path: `${filled}?${query}` } : { path: filled, body };
    const reply = await tenants.client.send({
      method,
      headers,
      ...request,
      path: `/api/auth${request.path}`,
    });
    expect(reply.status, `${method} ${path}: ${reply.text}`).toBeLessThan(500);
    for (const secret of secrets()) expect(reply.text, path).not.toContain(secret);
    if (path.startsWith('/admin/')) expect([path, reply.status]).not.toEqual([path, 200]);
    expect(await rows.of(victim.id), path).toEqual(before);
  }
  expect(await whoAmI()).toMatchObject({ email, role: 'user' });
});
