import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { createDb } from '../../src/db/pool.ts';
import { workTraces } from '../../src/platform/traces.ts';
import { createWebhookSecret } from '../../src/senders/webhook.ts';
import { startTracing } from '../../src/tracing/tracing.ts';
import { mintToken, secret } from '../support/app.ts';
import { afterFile, afterTest } from '../support/clean-up.ts';
import { createDatabase, urlOf } from '../support/database.ts';
import { silentLog } from '../support/log.ts';
import { patience } from '../support/patience.ts';
import { type Server, startServer } from '../support/process.ts';
import { startReceiver } from '../support/receivers.ts';
import { newMessage, sendersWith } from '../support/senders.ts';
import { attributeOf, type Span, startCollector } from '../support/traces.ts';

type Collector = Awaited<ReturnType<typeof startCollector>>;

let database: Awaited<ReturnType<typeof createDatabase>>;
let collector: Collector;
let server: Server;
let token: string;
beforeAll(async () => {
  database = await createDatabase();
  afterFile.push(() => database.drop());
  collector = await startCollector();
  afterFile.push(() => collector.close());
  token = await mintToken({ sub: 'ada' });
  server = await startTraced(collector.url);
});
afterAll(async () => {
  server.child.kill('SIGKILL');
  await server.ended;
});

const startTraced = (endpoint: string, env: Record<string, string> = {}) =>
  startServer({ DATABASE_URL: urlOf(database.connection), OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env });

/** In this process. */
function startOwnTracing() {
  const { tracing } = readConfig({ BETTER_AUTH_SECRET: secret, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  if (tracing === null) throw new Error('nothing is traced');
  return startTracing(tracing, silentLog);
}

const newTraceId = () => randomBytes(16).toString('hex');

async function call(
  on: Server,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: object,
) {
  const response = await fetch(on.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await response.arrayBuffer();
  return response.status;
}

/** What was sent of a trace, once its request has ended: spans are sent every second, and at the end. */
async function spansOf(traceId: string, from = collector): Promise<Span[]> {
  const found = () => from.spans().filter((span) => span.traceId === traceId);
  await vi.waitFor(() => expect(found().some(({ kind }) => kind === 2)).toBe(true), patience);
  return found();
}

/** A child of the caller's span, which was sampled or not. */
const traceparent = (traceId: string, flags = '01') => ({
  traceparent: `00-${traceId}-b7ad6b7169203331-${flags}`,
});

describe('with a collector', () => {
  test('a request is a span of the caller’s trace, and its statements are spans within it', async () => {
    const traceId = newTraceId();
    const headers = { ...traceparent(traceId), 'x-request-id': 'traced-request' };
    expect(await call(server, 'POST', '/api/v1/users/ada/tasks', headers, { title: 'Buy milk' })).toBe(201);
    const spans = await spansOf(traceId);
    const [request] = spans.filter(({ kind }) => kind === 2);
    expect(request?.name).toBe('POST /api/v1/users/:user_id/tasks');
    expect(request?.parentSpanId).toBe('b7ad6b7169203331');
    const attributes = Object.fromEntries(request?.attributes.map(({ key, value }) => [key, value]) ?? []);
    expect(attributes).toMatchObject({
      'http.request.method': { stringValue: 'POST' },
      'http.route': { stringValue: '/api/v1/users/:user_id/tasks' },
      'http.response.status_code': { intValue: 201 },
      'user.id': { stringValue: 'ada' },
      'duly.request_id': { stringValue: 'traced-request' },
    });
    const statements = spans.filter(({ kind }) => kind === 3);
    expect(statements.some(({ name }) => name.includes('insert duly.tasks'))).toBe(true);
    for (const statement of statements) {
      expect(statement.parentSpanId).toBe(request?.spanId);
      expect(attributeOf(statement, 'db.system.name')).toBe('postgresql');
      expect(attributeOf(statement, 'db.query.text')).toMatch(/\$1/);
    }
  });

  test('a list that is not cached has the statement that reads it', async () => {
    const traceId = newTraceId();
    const path = '/api/v1/users/ada/tasks?limit=7';
    expect(await call(server, 'GET', path, traceparent(traceId))).toBe(200);
    const names = (await spansOf(traceId)).map(({ name }) => name);
    expect(names).toContain('GET /api/v1/users/:user_id/tasks');
    expect(names).toContain('select duly.tasks');
  });

  test('nothing that a user wrote or asked for leaves with a span', async () => {
    const traceId = newTraceId();
    const canary = 'canary-9f3b';
    const task = { title: canary, description: canary, tags: [canary] };
    const headers = traceparent(traceId);
    await call(server, 'POST', '/api/v1/users/ada/tasks', headers, task);
    await call(server, 'GET', `/api/v1/users/ada/tasks?search=${canary}&tags[]=${canary}`, headers);
    await call(server, 'GET', `/api/v1/users/ada/tasks?tags[]=${canary}&sort_by=title`, headers);
    await call(server, 'PUT', `/api/v1/users/ada/tags/${canary}`, headers, { name: `${canary}-2` });
    await call(server, 'POST', '/api/v1/users/ada/tasks', headers, { ...task, title: 7 });
    await call(server, 'GET', `/${canary}`, headers);
    await call(server, 'GET', '/api/v1/users/ada/tasks', { ...headers, authorization: `Bearer ${canary}` });
    await vi.waitFor(async () => {
      const requests = (await spansOf(traceId)).filter(({ kind }) => kind === 2);
      expect(requests).toHaveLength(7);
    }, patience);
    for (const text of collector.texts()) expect(text).not.toContain(canary);
  });

  test('a trace that the caller does not keep is not kept', async () => {
    const [unwanted, wanted] = [newTraceId(), newTraceId()];
    await call(server, 'GET', '/api/v1/users/ada/tasks', traceparent(unwanted, '00'));
    await call(server, 'GET', '/api/v1/users/ada/tasks', traceparent(wanted));
    await spansOf(wanted);
    expect(collector.spans().filter(({ traceId }) => traceId === unwanted)).toEqual([]);
  });

  test.each(['', 'nonsense', '00-00000000000000000000000000000000-b7ad6b7169203331-01', '00-1-2-01'])(
    'the traceparent %j begins a trace of its own',
    async (text) => {
      const id = randomBytes(6).toString('hex');
      const headers = { 'x-request-id': id, ...(text === '' ? {} : { traceparent: text }) };
      await call(server, 'GET', '/api/v1/users/ada/tasks', headers);
      const found = () => collector.spans().find((span) => attributeOf(span, 'duly.request_id') === id);
      await vi.waitFor(() => expect(found()).toBeDefined(), patience);
      expect(found()?.parentSpanId ?? '').toBe('');
      expect(found()?.traceId).toMatch(/^[0-9a-f]{32}$/);
    },
  );

  test('upkeep is a trace for each job, with its statements', async () => {
    const jobs = () => collector.spans().filter(({ name }) => name === 'job purge trash');
    await vi.waitFor(() => expect(jobs()).toHaveLength(1), patience);
    const [job] = jobs();
    const children = collector.spans().filter(({ parentSpanId }) => parentSpanId === job?.spanId);
    expect(children.length).toBeGreaterThan(0);
  });
});

test('a ratio of 0 keeps no trace, whatever the caller wants', async () => {
  const own = await startCollector();
  afterTest.push(() => own.close());
  const env = { OTEL_TRACES_SAMPLER_ARG: '0' };
  const other = await startTraced(own.url, env);
  await call(other, 'GET', '/api/v1/users/ada/tasks', traceparent(newTraceId()));
  other.child.kill('SIGTERM');
  const { code } = await other.ended;
  expect([code, own.received]).toEqual([0, []]);
});

test('a ratio of a half keeps about half of the traces, and the log has the caller’s trace for each', async () => {
  const own = await startCollector();
  afterTest.push(() => own.close());
  const half = await startTraced(own.url, { OTEL_TRACES_SAMPLER_ARG: '0.5' });
  const callers = Array.from({ length: 100 }, newTraceId);
  const path = '/api/v1/users/ada/tasks';
  await Promise.all(callers.map((traceId) => call(half, 'GET', path, traceparent(traceId))));
  await Promise.all(callers.map(() => call(half, 'GET', path, {})));
  half.child.kill('SIGTERM');
  const { code, stdout } = await half.ended;
  expect(code).toBe(0);
  const requests = own.spans().filter(({ kind }) => kind === 2);
  const [continued, begun] = [true, false].map(
    (isContinued) => requests.filter(({ traceId }) => callers.includes(traceId) === isContinued).length,
  );
  // By chance: less than one run in 10^8 has another number.
  for (const number of [continued, begun]) expect(Math.abs((number ?? 0) - 50)).toBeLessThan(30);
  for (const traceId of callers) expect(stdout).toContain(`"trace_id":"${traceId}"`);
});

test('what has ended is sent when the service stops, with what the settings say of it', async () => {
  const own = await startCollector();
  afterTest.push(() => own.close());
  const stopped = await startTraced(own.url, {
    OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20secret,x-team=a',
    OTEL_SERVICE_NAME: 'tasks',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  });
  const traceId = newTraceId();
  await call(stopped, 'GET', '/api/v1/users/ada/tasks', { ...traceparent(traceId), 'x-request-id': 'last' });
  stopped.child.kill('SIGTERM');
  const { code, stdout } = await stopped.ended;
  expect(code).toBe(0);
  expect(own.spans().map((span) => span.traceId)).toContain(traceId);
  expect(own.received[0]?.path).toBe('/v1/traces');
  expect(own.received[0]?.headers).toMatchObject({ 'x-key': 'a secret', 'x-team': 'a' });
  const { resource } = JSON.parse(own.texts()[0] ?? '').resourceSpans[0];
  expect(resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'tasks' } });
  expect(resource.attributes).toContainEqual({
    key: 'deployment.environment.name',
    value: { stringValue: 'test' },
  });
  const line = stdout.split('\n').find((text) => text.includes('"request_id":"last"'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({ trace_id: traceId, status: 200 });
});

test('while the collector refuses, requests are answered, and the log says so once', async () => {
  let status = 400;
  const refusing = await startReceiver((_request, response) => void response.writeHead(status).end('{}'));
  afterTest.push(() => refusing.close());
  const traced = await startTraced(refusing.url);
  const sendSpans = async () => {
    const before = refusing.received.length;
    expect(await call(traced, 'GET', '/api/v1/users/ada/tasks', traceparent(newTraceId()))).toBe(200);
    await vi.waitFor(() => expect(refusing.received.length).toBeGreaterThan(before), patience);
  };
  await sendSpans();
  await sendSpans();
  status = 200;
  await sendSpans();
  traced.child.kill('SIGTERM');
  const { code, stdout } = await traced.ended;
  expect(code).toBe(0);
  expect(stdout.split('traces cannot be sent').length - 1).toBe(1);
  expect(stdout.split('traces are sent again').length - 1).toBe(1);
});

test('without the setting no part of OpenTelemetry is loaded but what Better Auth loads', async () => {
  const loaded = async (env: Record<string, string>) => {
    const one = await startServer({
      DATABASE_URL: urlOf(database.connection),
      NODE_OPTIONS: `--import ${new URL('../support/log-modules.ts', import.meta.url)}`,
      ...env,
    });
    one.child.kill('SIGTERM');
    const { stderr } = await one.ended;
    return [...new Set(stderr.match(/(?<=node_modules\/)@opentelemetry\/[\w-]+/g))].sort();
  };
  const ofBetterAuth = ['@opentelemetry/api', '@opentelemetry/semantic-conventions'];
  const without = await loaded({});
  expect(without.filter((name) => !ofBetterAuth.includes(name))).toEqual([]);
  expect(await loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })).toContain('@opentelemetry/sdk-trace');
});

test('a webhook carries the trace of its delivery', async () => {
  const receiver = await startReceiver();
  const db = createDb({ connection: database.connection, max: 1, log: silentLog });
  const { senders } = sendersWith({ ALLOW_LOOPBACK_RECEIVERS: '1' }, db);
  afterTest.push(
    () => db.destroy(),
    () => receiver.close(),
    () => senders.close(),
  );
  const tracing = startOwnTracing();
  const target = { type: 'webhook', url: receiver.url, secret: createWebhookSecret() } as const;
  const send = () => senders.send(target, newMessage(), new AbortController().signal);
  await workTraces.tracePromise(send, { name: 'send webhook' });
  await tracing.close();
  await send();
  const [traced, untraced] = receiver.received.map(({ headers }) => headers.traceparent);
  expect(untraced).toBeUndefined();
  const [, traceId, spanId] = String(traced).split('-');
  const span = collector.spans().find((one) => one.traceId === traceId);
  expect([span?.name, span?.spanId]).toEqual(['send webhook', spanId]);
});

test('a statement that fails has its SQLSTATE, and nothing of the message', async () => {
  const db = createDb({ connection: database.connection, max: 1, log: silentLog });
  afterTest.push(() => db.destroy());
  const tracing = startOwnTracing();
  const divide = () => sql`select 1 / (length(${'a secret'}) - 8)`.execute(db);
  const failing = workTraces.tracePromise(divide, { name: 'a failing job' });
  await expect(failing).rejects.toThrow('division by zero');
  await tracing.close();
  const failed = collector.spans().filter(({ status }) => status.code === 2);
  expect(failed.map(({ name }) => name).sort()).toEqual(['a failing job', 'select']);
  for (const span of failed) expect(attributeOf(span, 'error.type')).toBe('22012');
  for (const text of collector.texts()) expect(text).not.toMatch(/a secret|division/);
});
