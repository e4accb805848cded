import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fold } from '../../src/platform/folding.ts';
import { type RawReply, runConcurrently } from '../support/client.ts';
import { isLong } from '../support/long-tests.ts';
import { naughtyStrings } from '../support/naughty.ts';
import {
  fillPath,
  isAdminOperation,
  isCredentialsOperation,
  type Operation,
  operations,
  percentEncoded,
  schemaTypesOf,
  textPaths,
  valueAt,
  withValue,
} from '../support/operations.ts';
import { createTenants, namesIn, type Tenant, type Tenants } from '../support/tenants.ts';

let tenants: Tenants;
let user: Tenant;
let admin: Tenant;
beforeAll(async () => {
  tenants = await createTenants();
  user = await tenants.newTenant('the user');
  admin = await tenants.newAdmin('the admin');
});
afterAll(() => tenants.close());

const everyNth = (step: number, offset = 0) =>
  naughtyStrings.filter((_, index) => index % step === offset % step);

/** Returns all texts at the first use of a schema, and a part of them at later ones. */
const seen = new Map<string, number>();
function textsFor(schema: unknown): readonly string[] {
  const key = JSON.stringify(schema);
  const times = seen.get(key) ?? 0;
  seen.set(key, times + 1);
  return times === 0 && isLong ? naughtyStrings : everyNth(times === 0 ? 8 : 40, times);
}

const byId = (list: Operation[]) => list.map((operation) => [operation.operationId, operation] as const);
const invalidOn = ({ path }: Operation) => (/^\/api\/v1\//.test(path) ? 422 : 400);
const ownPath = (operation: Operation, more: Record<string, string> = {}) =>
  fillPath(operation.path, {
    ...namesIn(isAdminOperation(operation) ? tenants.victim : user, operation.path),
    ...more,
  });

function send(operation: Operation, path: string, body?: unknown): Promise<RawReply> {
  const { token } = isAdminOperation(operation) ? admin : user;
  return tenants.client.send({
    method: operation.method,
    path,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

const jsonOf = ({ text, headers }: RawReply) =>
  text !== '' && headers['content-type']?.includes('json') ? JSON.parse(text) : undefined;

/** The fields that a 4xx response names; null for another response. A 5xx fails the test. */
function refusedFields(operation: Operation, reply: RawReply, what: string): unknown[][] | null {
  expect(reply.status, `${what}: ${reply.text}`).toBeLessThan(500);
  const body = jsonOf(reply);
  // Ajv's own message: the schema has no `x-pattern-message`.
  expect(reply.text, what).not.toContain('must match pattern');
  const broken = tenants.app.violation(operation.method, ownPath(operation), reply.status, body);
  expect(broken, what).toBeNull();
  if (body?.error_code !== 'VALIDATION_ERROR') return null;
  expect(reply.status, what).toBe(invalidOn(operation));
  const issues: { loc: unknown[] }[] = body.errors ?? body.detail;
  return issues.map(({ loc }) => loc.slice(1));
}

/** Whether one path is a prefix of the other. */
const isPart = (a: unknown[], b: unknown[]) =>
  a.slice(0, b.length).join('.') === b.slice(0, a.length).join('.');

/** The example without `version`, and with an unused address if it has one. */
function fresh(example: unknown): unknown {
  if (typeof example !== 'object' || example === null) return example;
  const { version: _, ...body }: Record<string, unknown> = { ...example };
  return 'email' in body ? { ...body, email: `${randomUUID()}@example.com` } : body;
}

/** Another test covers these fields. */
const comparedOrIgnored = [
  ...['updated_at', 'completed_at', 'archived_at', 'due_at', 'position', 'occurrence'],
  // Of reminders: times that exclude other fields, and those that only the server sets.
  ...['relative_to', 'remind_at', 'until', 'next_at', 'fired_at', 'snoozed_until'],
  // Of channels: keys of a push subscription, which have a fixed length.
  'keys',
];
const isComparedOrIgnored = ([name]: readonly unknown[]) => comparedOrIgnored.includes(String(name));
describe.each(
  byId(
    operations.filter(
      ({ body }) => body !== undefined && !textPaths(body.schema, body.example).every(isComparedOrIgnored),
    ),
  ),
)('every text field of the body of %s', (_, operation) => {
  const { body: { schema, example } = { schema: {}, example: {} } } = operation;
  const isMove = operation.path.endsWith('/move');
  /** Each of their fields has a syntax, which hardly any text has. */
  const takesNoText = ['updateReminder', 'updateFollowing'].includes(operation.operationId);
  const skipped = isMove ? ['before'] : comparedOrIgnored;
  const places = textPaths(schema, example).filter(([name]) => !skipped.includes(String(name)));
  const filled = (fields: (string | number)[][], text: string) =>
    fields.reduce((body: unknown, place) => withValue(body, place, text), fresh(example));
  const strings = isCredentialsOperation(operation)
    ? naughtyStrings.filter((_, index) => index % 30 === 0)
    : isLong
      ? naughtyStrings
      : everyNth(8, 0);

  test(`refuses by name or keeps to the byte each of ${strings.length} texts`, async () => {
    const outcomes = { refused: 0, kept: 0 };
    await runConcurrently(strings, 4, async (text) => {
      const what = JSON.stringify(text).slice(0, 80);
      // In a union, a refused discriminator hides other issues. So the rest is sent again without refused fields.
      for (let asked = places; asked.length > 0; ) {
        const reply = await send(operation, ownPath(operation), filled(asked, text));
        const refused = refusedFields(operation, reply, what);
        if (refused === null) {
          if (asked.length < places.length) {
            if (!isCredentialsOperation(operation))
              expect(reply.status, `${what}: ${reply.text}`).toBeLessThan(300);
            outcomes.kept += 1;
          }
          return kept(operation, reply, asked, text);
        }
        for (const field of refused)
          expect(
            asked.some((place) => isPart(place, field)),
            `${what}: ${reply.text}`,
          ).toBe(true);
        asked = asked.filter((place) => !refused.some((field) => isPart(place, field)));
        outcomes.refused += 1;
      }
    });
    expect(outcomes.refused).toBeGreaterThan(0);
    if (places.length > 1 && !isMove && !takesNoText) expect(outcomes.kept).toBeGreaterThan(0);
  });
});

/** Checks that the text is returned as it was sent, except for trimming, by this response and by later reads. */
async function kept(operation: Operation, reply: RawReply, places: (string | number)[][], text: string) {
  if (reply.status >= 300 || reply.text === '') return;
  const answered = jsonOf(reply);
  const thing: Record<string, unknown> = answered.data ?? answered;
  for (const place of places) {
    const value = valueAt(thing, place);
    if (value === undefined) continue;
    const [same, folded] = [[text, text.trim()], text.toLowerCase()];
    // Of a date-time at midnight only the date is stored; an empty date becomes null.
    if (/^due_|_dates?$/.test(String(place.findLast((part) => typeof part === 'string')))) {
      expect([value].flat()[0]).toBe(text === '' ? null : text.slice(0, 10));
      continue;
    }
    const isSame = [value]
      .flat()
      .some((item) => same.includes(String(item)) || String(item).toLowerCase() === folded);
    expect(isSame, `${JSON.stringify(text)} came back as ${JSON.stringify(value)}`).toBe(true);
  }
  // A user may have few of them.
  if (operation.operationId === 'createChannel')
    await send({ ...operation, method: 'DELETE' }, `${ownPath(operation)}/${thing.id}`);
  const { location } = reply.headers;
  if (operation.method !== 'POST' || location === undefined || typeof thing.title !== 'string') return;
  const { title, tags } = thing;
  const later = async (path: string) => jsonOf(await send({ ...operation, method: 'GET' }, path));
  const again = await later(location);
  expect(again.data ?? again).toEqual(thing);
  // Both surfaces share one search.
  if (!location.startsWith('/api/v1/')) return;
  const list = location.slice(0, location.lastIndexOf('/'));
  for (const query of [
    // A search whose folded text is empty finds nothing.
    ...([...title].length <= 200 && fold(title) !== '' ? [`search=${percentEncoded(title)}`] : []),
    ...(Array.isArray(tags) ? tags : []).map((tag) => `tags=${percentEncoded(String(tag))}`),
  ]) {
    const page = await later(`${list}?limit=100&${query}`);
    const found: { id: unknown }[] = page.data ?? page;
    expect(
      found.map(({ id }) => id),
      query,
    ).toContain(thing.id);
  }
}

/** A length that always fits into the 8 kB of request line and headers. */
const urlBytes = 7_000;

const withTexts = (operation: Operation) =>
  operation.parameters.filter(
    ({ in: place, schema }) =>
      place === 'query' && [schema, schema.items ?? {}].some((one) => schemaTypesOf(one).includes('string')),
  );

test.each(byId(operations.filter((operation) => withTexts(operation).length > 0)))(
  'every text parameter of %s refuses by name or takes each text',
  async (_, operation) => {
    const names = withTexts(operation).map(({ name }) => name);
    const ask = (asked: string[], text: string) => {
      const query = asked.map((name) => `${name}=${percentEncoded(text)}`).join('&');
      const body = operation.isBodyOptional ? undefined : operation.body?.example;
      return send(operation, `${ownPath(operation)}?${query}`, body);
    };
    // One import of a user runs at a time.
    const width = operation.operationId === 'importTasks' ? 1 : 4;
    await runConcurrently(textsFor(withTexts(operation)), width, async (text) => {
      const what = JSON.stringify(text).slice(0, 80);
      const bytes = percentEncoded(text).length;
      if (bytes > urlBytes) {
        expect([414, 431]).toContain((await ask(names.slice(0, 1), text)).status);
        return;
      }
      // Some parameters are refused by validation, others after it. So refused ones are removed, and the rest is sent
      // again.
      for (let asked = bytes * names.length > urlBytes ? names.slice(0, 1) : names; asked.length > 0; ) {
        const reply = await ask(asked, text);
        const refused = refusedFields(operation, reply, what);
        if (refused === null) {
          // A token cannot be guessed. A valid `lastEventId` may be beyond the newest revision, which is a 410.
          const good = asked.includes('lastEventId') ? [200, 410] : [200];
          if (!names.includes('token'))
            expect(good, `${what} in ${asked}: ${reply.text}`).toContain(reply.status);
          return;
        }
        const rest = asked.filter((name) => !refused.some(([field]) => field === name));
        expect(rest.length, `${what} in ${asked}: ${reply.text}`).toBeLessThan(asked.length);
        asked = rest;
      }
    });
  },
);

test.each(byId(operations.filter(({ path }) => path.includes('{'))))(
  'every parameter of the path of %s takes each text without a failure',
  async (_, operation) => {
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const { body } = operation;
    for (const name of names.filter((name) => name !== 'user_id' || !isAdminOperation(operation))) {
      const parameter = operation.parameters.find((one) => one.name === name);
      await runConcurrently(textsFor([parameter, operation.path.startsWith('/api/v1/')]), 4, async (text) => {
        const marked = ownPath(operation, { [name]: '~' });
        const reply = await send(operation, marked.replace('~', percentEncoded(text)), body?.example);
        const what = `${name} ${JSON.stringify(text).slice(0, 80)}`;
        // A tag may have any name. An empty name at the end of a path makes it the path of the collection.
        if (name !== 'name' && text !== '') expect(reply.status, what).toBeGreaterThanOrEqual(400);
        expect(reply.status, `${what}: ${reply.text}`).toBeLessThan(500);
      });
    }
  },
);

test('nobody else noticed, and the server is well', async () => {
  const { app, rows, victim } = tenants;
  expect(JSON.parse((await rows.of(victim.id))['duly.tasks'] ?? '')).toHaveLength(4);
  expect((await app.request('GET', '/health/ready')).status).toBe(200);
});
