import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RawReply } from '../support/client.ts';
import { runConcurrently } from '../support/client.ts';
import { isLong } from '../support/long-tests.ts';
import {
  fillPath,
  isCredentialsOperation,
  isUserOperation,
  type Operation,
  operations,
  requiredQuery,
  textPaths,
  withValue,
} from '../support/operations.ts';
import {
  comparableReply,
  createTenants,
  nameIn,
  namesIn,
  parametersOf,
  secretsOf,
  type Tenant,
  type Tenants,
} from '../support/tenants.ts';

const ofUsers = operations.filter(isUserOperation);
const onOne = ofUsers.filter(({ path }) => /\{(?!user_id\})/.test(path));
const byId = (list: Operation[]) => list.map((operation) => [operation.operationId, operation] as const);

let tenants: Tenants;
let attacker: Tenant;
beforeAll(async () => {
  tenants = await createTenants();
  attacker = await tenants.newTenant('the attacker');
});
afterAll(() => tenants.close());

const pathNames = ({ path }: Operation) => parametersOf(path);

/** The path with the ids of `owner`. */
const pathOf = (operation: Operation, owner: Tenant, more: Record<string, string> = {}) =>
  fillPath(operation.path, { ...namesIn(owner, operation.path), ...more }) + requiredQuery(operation);

/** Ids of another user, of a deleted user, of nobody, and in an invalid form. */
function foreignNames(): string[] {
  const { victim, deleted } = tenants;
  return [
    ...Object.values(victim.names),
    ...Object.values(deleted.names),
    randomUUID(),
    'no-id',
    "x' or '1'='1",
  ];
}

/** One name in `share` is tried at each place, at the next place the next ones. */
const share = isLong ? 1 : 6;
let turn = 0;
function nextForeignNames(): string[] {
  turn += 1;
  return foreignNames().filter((_, index) => (index + turn) % share === 0);
}

const oddUuids = [`${randomUUID()}'--`, randomUUID().toUpperCase()];
const oddIds = ["'", '../x', '%00', 'ÿ', '{x}', 'x'.repeat(4_000), ...oddUuids];

interface Sent {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
  method?: string;
}

/** Sends an operation, by default with its example as body. The response must conform to openapi.json. */
async function send(
  operation: Operation,
  path: string,
  { token, headers, ...more }: Sent,
): Promise<RawReply> {
  const method = more.method ?? operation.method;
  const body = 'body' in more ? more.body : operation.body?.example;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const reply = await tenants.client.send({
    method,
    path,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: text,
  });
  const isJson = reply.headers['content-type']?.includes('json') && method !== 'HEAD';
  const broken = tenants.app.violation(
    method,
    path,
    reply.status,
    isJson ? JSON.parse(reply.text) : undefined,
  );
  expect(broken, `${method} ${path}`).toBeNull();
  return reply;
}

const codeOf = ({ status, text }: RawReply) => [status, status < 300 ? null : JSON.parse(text).error_code];

/** Runs `attack`, and checks that the victim's data are unchanged and the deleted user's are still absent. */
async function unharmed(attack: () => Promise<void>): Promise<void> {
  const { rows, victim, deleted } = tenants;
  const [before, auditBefore] = [await rows.of(victim.id), await rows.audit(victim.id)];
  await attack();
  expect(await rows.of(victim.id)).toEqual(before);
  // The attack itself may add audit entries.
  expect((await rows.audit(victim.id)).slice(0, auditBefore.length)).toEqual(auditBefore);
  expect(new Set(Object.values(await rows.of(deleted.id)))).toEqual(new Set(['[]']));
}

describe.each(byId(ofUsers))('%s', (_, operation) => {
  test('without a token: 401', async () => {
    const { status, headers } = await send(operation, pathOf(operation, tenants.victim), {});
    expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer realm="duly"']);
  });

  test("under another user's id: 403, whether or not there is or was such a user", async () => {
    await unharmed(async () => {
      const answers = [];
      for (const userId of nextForeignNames()) {
        for (const owner of [tenants.victim, attacker]) {
          const path = pathOf(operation, owner, { user_id: userId });
          answers.push(await send(operation, path, attacker));
          if (operation.method !== 'GET') continue;
          expect((await send(operation, path, { ...attacker, method: 'HEAD' })).status).toBe(403);
        }
      }
      for (const answer of answers)
        expect(comparableReply(answer)).toEqual(comparableReply(answers[0] ?? answer));
      const detail = "Not authorized to access this user's data";
      const refused = { detail, error_code: 'FORBIDDEN', status_code: 403 };
      expect(JSON.parse(answers[0]?.text ?? '')).toMatchObject(refused);
    });
  });

  test('with what is no id: no failure and nothing done', async () => {
    await unharmed(async () => {
      for (const id of oddIds) {
        const everywhere = Object.fromEntries(pathNames(operation).map((name) => [name, id]));
        for (const values of [everywhere, { ...everywhere, user_id: attacker.id }]) {
          const path = fillPath(operation.path, values);
          for (const address of [path, path.replaceAll('%25', '%')]) {
            const { method } = operation;
            const headers = { authorization: `Bearer ${attacker.token}` };
            const { status } = await tenants.client.send({ method, path: address, headers });
            if (onOne.includes(operation) || values === everywhere)
              expect(status).toBeGreaterThanOrEqual(400);
            expect(status, `${method} ${address}`).toBeLessThan(500);
          }
        }
      }
    });
  });

  test("another user's names in query, headers and body: nothing of theirs is shown or changed", async () => {
    await unharmed(async () => {
      const path = pathOf(operation, await renewed());
      await runConcurrently(attacks(operation), 4, async ({ query = '', ...more }) => {
        const reply = await send(operation, path + query, { token: attacker.token, ...more });
        for (const secret of [...secretsOf('the victim'), ...secretsOf('the deleted')])
          expect(reply.text).not.toContain(secret);
      });
    });
  });
});

/** The attacker, or a new one if the tests before ended that one's session or deleted its rows. */
async function renewed(): Promise<Tenant> {
  const { status } = await tenants.client.send({
    method: 'GET',
    path: `/api/${attacker.id}/tasks/${attacker.names.task_id}`,
    headers: { authorization: `Bearer ${attacker.token}` },
  });
  if (status !== 200) attacker = await tenants.newTenant('the attacker');
  return attacker;
}

function* attacks(operation: Operation): Generator<Sent & { query?: string }> {
  const { parameters, body } = operation;
  const { names } = tenants.victim;
  const who = [names.user_id, names.email, names.session_token];
  for (const parameter of parameters) {
    for (const name of nextForeignNames()) {
      if (parameter.in === 'query') yield { query: `?${new URLSearchParams({ [parameter.name]: name })}` };
      if (parameter.in === 'header')
        yield { headers: { [parameter.name]: name.replaceAll(/[^\x20-\x7e]/g, '') } };
    }
  }
  if (body === undefined) return;
  // Hashing is slow, so these operations only get ids of the victim.
  const isSlow = isCredentialsOperation(operation);
  for (const place of textPaths(body.schema, body.example))
    for (const name of isSlow ? who : nextForeignNames())
      yield { body: withValue(body.example, place, name) };
  for (const owner of isSlow ? [names.user_id] : [names.user_id, names.task_id])
    for (const field of ['user_id', 'id', 'owner', 'userId'])
      yield { body: withValue(body.example, [field], owner) };
}

test.each(byId(onOne))(
  "%s on another user's thing under one's own id answers exactly as on one that never was",
  async (_, operation) => {
    await renewed();
    // A tag's id is its name, and tests before gave these names to tasks of the attacker.
    if (operation.path.includes('{name}')) attacker = await tenants.newTenant('the attacker');
    const mine = await tenants.rows.of(attacker.id);
    const own = { user_id: attacker.id };
    await unharmed(async () => {
      const places = pathNames(operation).filter((name) => name !== 'user_id');
      for (const place of places) {
        const of = (name: string) => pathOf(operation, attacker, { ...own, [place]: name });
        const never = await send(operation, of(randomUUID()), attacker);
        expect(codeOf(never)).toEqual([404, 'NOT_FOUND']);
        for (const owner of [tenants.victim, tenants.deleted]) {
          const path = of(nameIn(owner, operation.path, place));
          expect(comparableReply(await send(operation, path, attacker))).toEqual(comparableReply(never));
          for (const etag of ['"1"', '*', '"99"']) {
            const caller = { ...attacker, headers: { 'if-match': etag } };
            // If `If-Match` is refused, it is refused before any lookup.
            const none = await send(operation, of(randomUUID()), caller);
            expect(comparableReply(await send(operation, path, caller))).toEqual(comparableReply(none));
            expect([404, 422]).toContain(none.status);
          }
        }
        const invalid = operation.path.startsWith('/api/v1/') ? 422 : 400;
        for (const name of nextForeignNames())
          expect([404, invalid]).toContain((await send(operation, of(name), attacker)).status);
      }
    });
    expect(await tenants.rows.of(attacker.id)).toEqual(mine);
  },
);

test.each(byId(onOne))(
  '%s answers of two mistakes the earlier in the order 401, 403, 400/422, 404',
  async (_, operation) => {
    await renewed();
    const { path, body } = operation;
    const wrong = body === undefined ? {} : { body: { nonsense: true } };
    const broken = body === undefined ? {} : { body: '{"a":' };
    const badIds = Object.fromEntries(pathNames(operation).map((name) => [name, 'no\u0000id']));
    const theirs = fillPath(path, { ...badIds, user_id: tenants.victim.id });
    for (const more of [wrong, broken, { ...wrong, headers: { 'content-type': 'text/plain' } }]) {
      expect((await send(operation, theirs, more)).status).toBe(401);
      expect((await send(operation, theirs, { ...more, token: attacker.token })).status).toBe(403);
    }
    const invalid = path.startsWith('/api/v1/') ? 422 : 400;
    const malformed = fillPath(path, { ...badIds, user_id: attacker.id });
    expect((await send(operation, malformed, attacker)).status).toBe(invalid);
    const unknown = Object.fromEntries(pathNames(operation).map((name) => [name, randomUUID()]));
    const url = fillPath(path, { ...unknown, user_id: attacker.id }) + requiredQuery(operation);
    if (body !== undefined) {
      expect((await send(operation, url, { ...attacker, ...wrong })).status).toBe(invalid);
      expect((await send(operation, url, { ...attacker, ...broken })).status).toBe(400);
    }
    expect((await send(operation, url, attacker)).status).toBe(404);
  },
);

test('the tests above know every parameter of a path, and there is something to test', () => {
  expect(onOne.length).toBeGreaterThanOrEqual(10);
  for (const operation of ofUsers) expect(() => pathOf(operation, tenants.victim)).not.toThrow();
});
