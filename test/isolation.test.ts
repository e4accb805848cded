import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import document from '../openapi.json' with { type: 'json' };
import { type Reply, type RequestOptions, startApp, type TestApp, type TestUser } from './support/app.ts';

interface Operation {
  operationId: string;
  method: string;
  path: string;
  /** A body that is valid; undefined where none is taken. */
  body: unknown;
}

/** Every operation below a user, from the document: one that is added is tested from its first day. */
const operations: Operation[] = Object.entries(document.paths)
  .filter(([path]) => path.includes('{user_id}'))
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, requestBody }]) => {
      const body: unknown = requestBody?.content['application/json']?.example;
      if (requestBody !== undefined && body === undefined) throw new Error(`${operationId}: no example body`);
      return { operationId, method: method.toUpperCase(), path, body };
    }),
  );
const onOne = operations.filter(({ path }) => /\{(?!user_id\})/.test(path));

let app: TestApp;
let attacker: TestUser;
let victim: TestUser;
let victimTask: string;
/** What a path can name below a user: of the victim, of nobody, and in a form that is no id. */
let names: Record<string, { victims: string; unknown: () => string }>;

beforeAll(async () => {
  app = await startApp();
  [attacker, victim] = [await app.newUser(), await app.newUser()];
  const body = { title: 'private', description: 'of the victim', tags: ['secret'], due_date: '2030-01-01' };
  const ids = [];
  for (let i = 0; i < 3; i += 1) {
    ids.push((await app.request('POST', `${victim.bare}/tasks`, { token: victim.token, body })).body.id);
  }
  victimTask = ids[0];
  names = { task_id: { victims: victimTask, unknown: randomUUID } };
  await app.request('POST', `${attacker.bare}/tasks`, { token: attacker.token, body: { title: 'mine' } });
});
afterAll(() => app.close());

/** Everything that is stored of a user, as text. */
async function rowsOf(userId: string): Promise<string> {
  const { rows } = await sql`
    select 'owner' as kind, to_jsonb(o) as row from owners o where user_id = ${userId}
    union all select 'task', to_jsonb(t) from tasks t where user_id = ${userId}
    union all select 'tag', to_jsonb(t) from tags t where user_id = ${userId}
    union all select 'link', to_jsonb(l) from task_tags l where user_id = ${userId}
    order by 1, 2`.execute(app.ctx.db);
  return JSON.stringify(rows);
}

const fill = (path: string, values: Record<string, string>) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${path}: say in this test what {${name}} of another user is`);
    return encodeURIComponent(value);
  });

const send = ({ method, body }: Operation, url: string, token?: string, more: RequestOptions = {}) =>
  app.request(method, url, { ...(token && { token }), ...(body !== undefined && { body }), ...more });

/** The whole answer but for what differs from request to request. */
function essence({ status, text, headers }: Reply) {
  const { 'x-request-id': _, date: __, ...rest } = Object.fromEntries(headers);
  const body = text.replace(/"(timestamp|request_id)":"[^"]*"/g, '');
  return { status, body, headers: rest };
}

const valuesOf = (userId: string, kind: 'victims' | 'unknown') => ({
  user_id: userId,
  ...Object.fromEntries(
    Object.entries(names).map(([name, { victims, unknown }]) => [
      name,
      kind === 'victims' ? victims : unknown(),
    ]),
  ),
});

describe.each(operations.map((operation) => [operation.operationId, operation] as const))(
  '%s',
  (_, operation) => {
    const { path, method } = operation;

    test('without a token: 401', async () => {
      const { status, headers } = await send(operation, fill(path, valuesOf(victim.id, 'victims')));
      expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="duly"']);
    });

    test("under another user's id: 403, whether or not there is such a user", async () => {
      const before = await rowsOf(victim.id);
      const existing = await send(operation, fill(path, valuesOf(victim.id, 'victims')), attacker.token);
      const never = await send(operation, fill(path, valuesOf(randomUUID(), 'victims')), attacker.token);
      expect([existing.status, existing.body.error_code]).toEqual([403, 'FORBIDDEN']);
      expect(essence(existing)).toEqual(essence(never));
      if (method === 'GET') {
        const headers = { authorization: `Bearer ${attacker.token}` };
        const url = app.url + fill(path, valuesOf(victim.id, 'victims'));
        expect((await fetch(url, { method: 'HEAD', headers })).status).toBe(403);
      }
      expect(await rowsOf(victim.id)).toBe(before);
    });

    test.each([
      "'",
      '../x',
      '%00',
      'ÿ',
      '{x}',
      `${randomUUID()}'--`,
      randomUUID().toUpperCase(),
      'x'.repeat(4_000),
    ])('with %j for an id: no failure and nothing done', async (id) => {
      const before = await rowsOf(victim.id);
      const everywhere = Object.fromEntries(['user_id', ...Object.keys(names)].map((name) => [name, id]));
      for (const values of [everywhere, { ...everywhere, user_id: attacker.id }]) {
        const url = app.url + fill(path, values);
        for (const address of [url, url.replaceAll('%25', '%')]) {
          const { status } = await fetch(address, {
            method,
            headers: { authorization: `Bearer ${attacker.token}` },
          });
          if (path.includes('task_id') || values === everywhere) expect(status).toBeGreaterThanOrEqual(400);
          expect(status).toBeLessThan(500);
        }
      }
      expect(await rowsOf(victim.id)).toBe(before);
    });
  },
);

describe("another user's row under one's own id answers exactly as one that never was", () => {
  test.each(onOne.map((operation) => [operation.operationId, operation] as const))(
    '%s',
    async (_, operation) => {
      const before = await rowsOf(victim.id);
      const mine = await rowsOf(attacker.id);
      const foreign = await send(
        operation,
        fill(operation.path, valuesOf(attacker.id, 'victims')),
        attacker.token,
      );
      const unknown = await send(
        operation,
        fill(operation.path, valuesOf(attacker.id, 'unknown')),
        attacker.token,
      );
      expect([foreign.status, foreign.body.error_code]).toEqual([404, 'NOT_FOUND']);
      expect(essence(foreign)).toEqual(essence(unknown));
      for (const ifMatch of ['"1"', '*', '"99"']) {
        const more = { headers: { 'if-match': ifMatch } };
        const url = fill(operation.path, valuesOf(attacker.id, 'victims'));
        expect((await send(operation, url, attacker.token, more)).status).toBe(404);
      }
      expect(await rowsOf(victim.id)).toBe(before);
      expect(await rowsOf(attacker.id)).toBe(mine);
    },
  );

  test('and the loop above knows an id of another user for every parameter', () => {
    expect(onOne.length).toBeGreaterThanOrEqual(10);
    for (const { path } of operations) expect(() => fill(path, valuesOf('x', 'victims'))).not.toThrow();
  });
});

describe('of two mistakes in one request the earlier in the order 401, 403, 400/422, 404 is answered', () => {
  test.each(onOne.map((operation) => [operation.operationId, operation] as const))(
    '%s',
    async (_, operation) => {
      const { path, body } = operation;
      const wrongBody = body === undefined ? {} : { body: { nonsense: true } };
      const brokenBody = body === undefined ? {} : { body: '{"a":' };
      const badId = { task_id: 'no-id' };
      const unknown = randomUUID();
      for (const more of [
        wrongBody,
        brokenBody,
        { ...wrongBody, headers: { 'content-type': 'text/plain' } },
      ]) {
        const noToken = await send(operation, fill(path, { user_id: victim.id, ...badId }), undefined, more);
        expect(noToken.status).toBe(401);
        const other = await send(
          operation,
          fill(path, { user_id: victim.id, ...badId }),
          attacker.token,
          more,
        );
        expect(other.status).toBe(403);
      }
      const invalid = path.startsWith('/api/v1/') ? 422 : 400;
      const malformed = await send(operation, fill(path, { user_id: attacker.id, ...badId }), attacker.token);
      expect(malformed.status).toBe(invalid);
      const url = fill(path, { user_id: attacker.id, task_id: unknown });
      if (body !== undefined) {
        expect((await send(operation, url, attacker.token, wrongBody)).status).toBe(invalid);
        expect((await send(operation, url, attacker.token, brokenBody)).status).toBe(400);
      }
      expect((await send(operation, url, attacker.token)).status).toBe(404);
    },
  );
});

describe('nothing of another user comes in by other ways', () => {
  test("another user's cursor shows nothing of theirs", async () => {
    const { body } = await app.request('GET', `${victim.v1}/tasks?limit=1`, victim);
    const cursor = encodeURIComponent(body.pagination.next_cursor);
    expect(cursor).not.toBe('null');
    const { text } = await app.request('GET', `${attacker.v1}/tasks?cursor=${cursor}`, attacker);
    expect(text).not.toContain('private');
    expect(text).not.toContain(victim.id);
  });

  test('a body cannot name an owner or an id', async () => {
    for (const field of [{ user_id: victim.id }, { id: victimTask }]) {
      const more = { token: attacker.token, body: { title: 'x', ...field } };
      expect((await app.request('POST', `${attacker.v1}/tasks`, more)).status).toBe(422);
      expect((await app.request('POST', `${attacker.bare}/tasks`, more)).status).toBe(400);
    }
  });

  test('the schema itself refuses a link from one user to a task or tag of another', async () => {
    const { db } = app.ctx;
    const [mine] = (
      await sql<{ id: string }>`select id from tasks where user_id = ${attacker.id}`.execute(db)
    ).rows;
    await sql`insert into tags (user_id, name, revision) values (${attacker.id}, 'own', 1)`.execute(db);
    const link = (userId: string, taskId: string | undefined, name: string) =>
      sql`insert into task_tags (user_id, task_id, name) values (${userId}, ${taskId}, ${name})`.execute(db);
    await expect(link(attacker.id, victimTask, 'own')).rejects.toMatchObject({ code: '23503' });
    await expect(link(attacker.id, mine?.id, 'secret')).rejects.toMatchObject({ code: '23503' });
    await expect(link(victim.id, mine?.id, 'secret')).rejects.toMatchObject({ code: '23503' });
    await expect(link(attacker.id, mine?.id, 'own')).resolves.toBeDefined();
  });
});
