import Fastify from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSerializerCompiler } from '../../src/http/contract/compilers.ts';
import { namedSchemas } from '../../src/http/contract/schemas.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { operations, responseSchemas } from '../support/operations.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const body = { email: 'ada@example.com', password: 'gentle-otter-42', first_name: 'Ada', last_name: '' };

test('a property that the schema does not name is not sent, at any depth', async () => {
  const { accounts } = app.ctx;
  const { register } = accounts;
  accounts.register = async (...args) => {
    const grant = await register(...args);
    return { ...grant, internal: 1, user: { ...grant.user, internal: 1 } };
  };
  const reply = await app.request('POST', '/api/v1/auth/register', { body });
  expect(reply.status).toBe(201);
  expect(reply.body.user.email).toBe(body.email);
  expect(reply.text).not.toContain('internal');
});

test('nor is it sent in one of several forms', async () => {
  const server = Fastify();
  server.setSerializerCompiler(createSerializerCompiler(namedSchemas(100)));
  const changes = [
    { revision: 1, type: 'tag', id: 'a', op: 'upsert', tag: { name: 'a', usage_count: 1 } },
    { revision: 2, type: 'task', id: 'b', op: 'delete' },
  ];
  const schema = { response: { 200: { type: 'array', items: { $ref: 'Change' } } } };
  server.get('/', { schema }, () =>
    changes.map(({ tag, ...rest }) => ({ ...rest, internal: 1, tag: tag && { ...tag, internal: 1 } })),
  );
  expect((await server.inject('/')).json()).toEqual(changes);
});

test('the suite takes no answer with a property that the schema does not name, at any depth', async () => {
  const { status, body: user } = await app.request('POST', '/api/v1/auth/register', {
    body: { ...body, email: 'bob@example.com' },
  });
  const verdict = (answer: object) => app.violation('POST', '/api/v1/auth/register', status, answer);
  expect(verdict(user)).toBeNull();
  expect(verdict({ ...user, internal: 1 })).toMatch('additional');
  expect(verdict({ ...user, user: { ...user.user, internal: 1 } })).toMatch('additional');
});

const each = operations.map((operation) => [operation.operationId, operation] as const);

test.each(each)('the answers of %s may get new properties', (_, operation) => {
  const schemas = responseSchemas(operation);
  expect(schemas.length).toBeGreaterThan(0);
  expect(JSON.stringify(schemas).includes('additionalProperties')).toBe(false);
});

test.each(each)('every refusal that %s may answer with has an example of its own', (_, operation) => {
  const { method, path, responses, operationId } = operation;
  for (const [status, { content = {} }] of Object.entries(responses)) {
    if (Number(status) < 400 || operationId === 'getReadiness') continue;
    const example = content['application/json']?.example;
    expect(example, status).toMatchObject({ status_code: Number(status) });
    const url = path.replaceAll(/\{\w+\}/g, 'x');
    expect(app.violation(method, url, Number(status), example), status).toBeNull();
  }
});
