import { afterAll, beforeAll, expect, test } from 'vitest';
import { mintToken } from '../support/app.ts';
import { type RawReply, type RawRequest, runConcurrently } from '../support/client.ts';
import { invalidValue, malformedBody, validValue } from '../support/generate.ts';
import { isLong } from '../support/long-tests.ts';
import { naughtyStrings } from '../support/naughty.ts';
import {
  isAdminOperation,
  isCredentialsOperation,
  isUserOperation,
  type Operation,
  operations,
  percentEncoded,
} from '../support/operations.ts';
import { seeded } from '../support/random.ts';
import { createTenants, keyOf, makeItems, secretsOf, type Tenant, type Tenants } from '../support/tenants.ts';

/** Other requests, or those of a failure: `DULY_TEST_SEED=7 npm test -- server/test/http/fuzz-openapi.test.ts`. */
const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_121);
const total = isLong ? 10_000 : 2_000;
/** Requests with one session, before it is renewed. */
const perRenewal = 25;
/** The most requests of an operation of which none has succeeded before. */
const mostMore = 500;
/** The number of requests that may hash a password, which takes a tenth of a second. */
const mostHashing = 40;

const random = seeded(seed);
let tenants: Tenants;
let user: Tenant;
let admin: Tenant;
beforeAll(async () => {
  tenants = await createTenants();
  user = await tenants.newTenant('the user');
  admin = await tenants.newAdmin('the admin');
});
afterAll(() => tenants.close());

const common = operations.filter((operation) => !isCredentialsOperation(operation));
const costly = operations.filter(isCredentialsOperation);
/** Admin operations that would disturb the other requests. `isolation/isolation-elsewhere.test.ts` tests them. */
const withoutAdmin = (operation: Operation) =>
  operation.method !== 'GET' && /lock|users/.test(operation.path);

function tokenFor(operation: Operation): string | undefined {
  if (random.chance(0.03)) return undefined;
  if (random.chance(0.04))
    return random.pick(['x', 'a.b.c', `${user.token}x`, tenants.deleted.token, user.token.slice(0, -3)]);
  return isAdminOperation(operation) && !withoutAdmin(operation) && random.chance(0.7)
    ? admin.token
    : user.token;
}

function pathFor({ path }: Operation): string {
  const { victim, deleted } = tenants;
  // Of several parameters, one that is wrong hides the others.
  const isOwn = random.chance(0.7);
  return path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => {
    const name = keyOf(path, parameter);
    const own = user.names[name] ?? '';
    if (isOwn || random.chance(0.6)) return encodeURIComponent(own);
    const foreign = random.pick([victim, deleted]);
    const value = random.pick([
      foreign.names[name] ?? own,
      ...Object.values(foreign.names),
      random.pick(naughtyStrings),
    ]);
    return percentEncoded(value.slice(0, 1_500));
  });
}

function queryFor({ parameters }: Operation): string {
  const parts: string[] = [];
  const add = (name: string, value: unknown) =>
    parts.push(`${percentEncoded(name)}=${percentEncoded(String(value).slice(0, 1_000))}`);
  const known = parameters.filter((one) => one.in === 'query');
  // Of many, few: or one of them would be wrong each time.
  const share = Math.min(0.25, 3 / known.length);
  for (const { name, schema, required } of known) {
    if (!random.chance(required ? 0.8 : share)) continue;
    const isRight = random.chance(0.85);
    // Nobody writes meanwhile, so a long poll would only wait.
    if (isRight && name === 'wait') continue;
    const value = isRight ? validValue(schema, random) : invalidValue(schema, random);
    for (const item of Array.isArray(value) ? value.slice(0, 25) : [value])
      add(name + (random.chance(0.1) ? '[]' : ''), item);
  }
  if (random.chance(0.04)) add(random.pick(naughtyStrings).slice(0, 50), random.pick(naughtyStrings));
  if (random.chance(0.02))
    parts.push(random.pick(['%', '%ff', 'a[b]=c', '=', '&&', 'limit=1&limit=2', '__proto__[x]=1']));
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** Mostly one item, so that no other hides its effect. */
const chosen = <T>(items: T[]): T[] =>
  items.length > 0 && random.chance(0.7) ? [random.pick(items)] : random.some(items, 0.4);

function bodyFor({ body }: Operation): string | undefined {
  if (body === undefined) return random.chance(0.05) ? '{"a":1}' : undefined;
  if (random.chance(0.02)) return undefined;
  const valid = random.chance(0.5) ? body.example : validValue(body.schema, random);
  if (random.chance(0.1)) return malformedBody(valid, random);
  if (typeof valid !== 'object' || valid === null || random.chance(0.55)) return JSON.stringify(valid);
  const mutated: Record<string, unknown> = { ...valid };
  for (const [name, schema] of chosen(Object.entries(body.schema.properties ?? {}))) {
    if (random.chance(0.1)) delete mutated[name];
    else mutated[name] = invalidValue(schema, random);
  }
  if (random.chance(0.1))
    mutated[random.pick(['user_id', 'id', 'role', 'constructor', random.pick(naughtyStrings)])] = 'x';
  return JSON.stringify(mutated);
}

const contentTypes = [
  'text/plain',
  'application/json; charset=utf-16',
  'application/jsonx',
  'application/json;',
  ' Application/JSON',
  'x',
];
const headerTexts = ['"1"', '*', 'W/"1"', '"x"', '1', '', '"99999999999"', 'é'.repeat(3), '"1", "2"', '\t'];

function headersFor(operation: Operation, body: string | undefined): Record<string, string> {
  const token = tokenFor(operation);
  const type = random.chance(0.95) ? 'application/json' : random.pick(contentTypes);
  return {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...((body !== undefined || random.chance(0.1)) && { 'content-type': type }),
    ...Object.fromEntries(
      random
        .some(
          operation.parameters.filter((one) => one.in === 'header'),
          0.3,
        )
        .map(({ name }) => [name, random.pick(headerTexts)]),
    ),
    ...(random.chance(0.02) && { 'x-request-id': random.pick(headerTexts) }),
    ...(random.chance(0.02) && { 'content-encoding': 'gzip' }),
    ...(random.chance(0.02) && { 'x-http-method-override': 'DELETE', 'x-forwarded-for': '1.2.3.4' }),
  };
}

function requestFor(operation: Operation): RawRequest {
  const body = bodyFor(operation);
  const method = operation.method === 'GET' && random.chance(0.03) ? 'HEAD' : operation.method;
  return {
    method,
    path: pathFor(operation) + queryFor(operation),
    headers: headersFor(operation, body),
    body,
  };
}

/** What is wrong with a response; null if nothing is. */
function fault(
  { method, path, headers: sent }: RawRequest,
  { status, text, headers }: RawReply,
): string | null {
  // A 503 with `Retry-After` means that the queue for hashing passwords is full.
  if (status >= 500 && !(status === 503 && headers['retry-after'] !== undefined)) return `status ${status}`;
  const others = sent?.authorization === `Bearer ${admin.token}` ? [] : ['the victim', 'the deleted'];
  for (const secret of others.flatMap(secretsOf)) if (text.includes(secret)) return `shows ${secret}`;
  if (method === 'HEAD') return null;
  const isJson = headers['content-type']?.includes('json');
  return tenants.app.violation(method, path, status, isJson ? JSON.parse(text) : undefined);
}

/** The requests end sessions and delete items, so the user is renewed. A token of another issuer needs no hashing. */
async function renew(): Promise<void> {
  const tasks = `/api/${user.id}/tasks`;
  const make = (fields = {}) => {
    const body = { title: 'x', tags: [user.names.tag_name], ...fields };
    return tenants.app.request('POST', tasks, { token: user.token, body });
  };
  let made = await make();
  if (made.status === 401) {
    user = { ...user, token: await mintToken({ sub: user.id }) };
    made = await make();
  }
  if (made.status !== 201) {
    user = await tenants.newTenant('the user');
    return;
  }
  const repeating = await make({ due_date: '2026-12-23', recurrence: 'FREQ=DAILY' });
  const repeating_id = repeating.body.id;
  await tenants.app.request('PATCH', `${tasks}/${repeating_id}/complete`, { token: user.token });
  const trashed_id = (await make()).body.id;
  await tenants.app.request('DELETE', `${tasks}/${trashed_id}`, { token: user.token });
  const makeAll = () => makeItems(tenants.app, user.id, user.token, 'x');
  // A log-out takes up to a second. After many renewals the user has as many views as there may be.
  const items = await makeAll().catch(async () => {
    user = { ...user, token: await mintToken({ sub: user.id }) };
    return makeAll().catch(() => null);
  });
  if (items === null) {
    user = await tenants.newTenant('the user');
    return;
  }
  const reminders = `/api/v1/users/${user.id}/tasks/${made.body.id}/reminders`;
  const body = { relative_to: 'due', minutes_before: 30 };
  const reminded = await tenants.app.request('POST', reminders, { token: user.token, body });
  const reminder_id = reminded.body.data?.id ?? '';
  const names = { ...items, task_id: made.body.id, reminder_id, repeating_id, trashed_id };
  user = { ...user, names: { ...user.names, ...names } };
}

test(`${total} generated requests of seed ${seed}: no failure, every answer as documented, nobody else's rows touched`, async () => {
  const { rows, victim, app } = tenants;
  const before = await rows.of(victim.id);
  const statuses = new Map<string, Set<number>>();
  const faults: string[] = [];
  let [sent, hashing] = [0, 0];
  /** Sends so many, for operations that are picked one by one. */
  const sendGenerated = async (count: number, pickOperation: () => Operation) => {
    await renew();
    await runConcurrently(Array(count).keys(), 8, async () => {
      const operation = pickOperation();
      const request = requestFor(operation);
      const reply = await tenants.client.send(request);
      sent += 1;
      const wrong = fault(request, reply);
      if (wrong !== null)
        faults.push(
          `${wrong}: ${JSON.stringify({ ...request, headers: undefined }).slice(0, 400)} -> ${reply.text.slice(0, 300)}`,
        );
      const seen = statuses.get(operation.operationId) ?? new Set();
      statuses.set(operation.operationId, seen.add(reply.status));
    });
  };
  while (sent < total)
    await sendGenerated(perRenewal, () => {
      const isCostly = hashing < mostHashing && random.chance(0.03);
      if (isCostly) hashing += 1;
      return random.pick(isCostly ? costly : common);
    });
  // Few of the generated requests of some operations succeed: those get more.
  const hasSucceeded = ({ operationId }: Operation) =>
    [...(statuses.get(operationId) ?? [])].some((status) => status < 300);
  for (const operation of common.filter(isUserOperation))
    for (let more = 0; more < mostMore && !hasSucceeded(operation); more += perRenewal)
      await sendGenerated(perRenewal, () => operation);
  expect(faults, `seed ${seed}`).toEqual([]);
  expect(sent).toBeGreaterThanOrEqual(total);
  expect(await rows.of(victim.id)).toEqual(before);
  expect((await app.request('GET', '/health/ready')).status).toBe(200);
  expect({}).not.toHaveProperty('polluted');
  // Each operation of a user without secrets must both succeed and fail for some of the generated requests.
  for (const operation of common.filter(isUserOperation)) {
    const { operationId } = operation;
    const seen = [...(statuses.get(operationId) ?? [])];
    expect(hasSucceeded(operation), `${operationId}: ${seen}`).toBe(true);
    expect(
      seen.some((status) => status >= 400),
      `${operationId}: ${seen}`,
    ).toBe(true);
  }
}, 300_000);
