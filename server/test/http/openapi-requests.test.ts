import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import document from '../../openapi.json' with { type: 'json' };
import { startApp, type TestApp } from '../support/app.ts';
import { createWebhook } from '../support/channels.ts';
import {
  expandRefs,
  fillPath,
  isUserOperation,
  operations,
  requiredQuery,
  resolveRef,
  type Schema,
} from '../support/operations.ts';
import { createItems } from '../support/projects.ts';
import { createReminder } from '../support/reminders.ts';
import { createRepeating, isOfRepeating } from '../support/repeats.ts';
import { newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const withBody = operations.filter(({ body }) => body !== undefined);
const optional = withBody.filter(({ isBodyOptional }) => isBodyOptional);

test('every body is a component, and takes no property that it does not name', () => {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const operation of Object.values(methods)) {
      const content: Record<string, { schema: object }> = operation.requestBody?.content ?? {};
      for (const { schema } of Object.values(content)) expect(Object.keys(schema), path).toEqual(['$ref']);
    }
  }
  for (const { body, operationId } of withBody)
    for (const schema of schemasIn(body?.schema)) {
      if (schema.properties !== undefined)
        expect({ ...schema, type: [schema.type].flat()[0] }, operationId).toMatchObject({
          type: 'object',
          additionalProperties: false,
        });
    }
});

test.each(optional.map((one) => [one.operationId, one] as const))(
  '%s takes no body, and null like none',
  async (_, operation) => {
    const { method, path } = operation;
    const client = await newClient(app);
    const isTrashed = path.includes('/trash/');
    for (const body of [undefined, 'null', '{}']) {
      const { id } = await (isOfRepeating({ path }) ? createRepeating(client) : client.create());
      if (isTrashed) await client.v1('DELETE', `/tasks/${id}`);
      const items = await createItems(client, isTrashed);
      const names = {
        user_id: client.user.id,
        task_id: id,
        ...items,
        channel_id: await createWebhook(client),
        reminder_id: await createReminder(client, id),
      };
      const url = fillPath(path, names) + requiredQuery(operation);
      const reply = await app.request(method, url, { token: client.user.token, body });
      expect(reply.status, reply.text).toBeLessThan(300);
    }
  },
);

test('a deletion, a restore, a purge, the flip, a skip, an undo and a rotation take a body that may be left out', () => {
  expect(optional.map(({ operationId }) => operationId).sort()).toEqual([
    'bareCompleteTask',
    'bareDeleteTask',
    ...['deleteChannel', 'deleteProject', 'deleteReminder', 'deleteSection', 'deleteTask', 'deleteView'],
    ...['purgeProject', 'purgeSection', 'purgeTask', 'purgeView'],
    ...['restoreProject', 'restoreSection', 'restoreTask', 'restoreView', 'rotateChannelSecret'],
    ...['skipOccurrence', 'undoOccurrence'],
  ]);
});

/** A schema and all schemas in it. */
function schemasIn(schema: unknown): Schema[] {
  const found: Schema[] = [];
  JSON.parse(JSON.stringify(expandRefs(Object(schema))), (_, value) => {
    if (typeof value?.type === 'string' || Array.isArray(value?.type)) found.push(value);
    return value;
  });
  return found;
}

const standard = ['uuid', 'date-time'];

test('no text that a request may have can hold a NUL', () => {
  for (const { parameters, body, operationId } of operations) {
    const places = parameters.filter((one) => one.in !== 'header').map(({ schema }) => schema);
    for (const schema of [...places, body?.schema].flatMap(schemasIn)) {
      const { type, enum: allowed, format = '', pattern } = schema;
      if (![type].flat().includes('string') || allowed !== undefined || standard.includes(format)) continue;
      expect(new RegExp(pattern ?? '', 'u').test('a\0b'), `${operationId} ${JSON.stringify(schema)}`).toBe(
        false,
      );
    }
  }
});

const fieldOf = (component: string, field: string): RegExp =>
  new RegExp(
    resolveRef({ $ref: `#/components/schemas/${component}` }).properties?.[field]?.pattern ?? '',
    'u',
  );

test.each([
  ['locale', ['en', 'pt-BR', 'zh-Hant-TW', 'de-1996', 'sl-rozaj', 'de-DE-u-co-phonebk', 'es-419', 'und']],
  ['time_zone', ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5']],
  ['first_name', ['Ada', ' x ', '"', '😀']],
])('what the document says of %s, the service takes', async (field, values) => {
  const client = await newClient(app);
  for (const value of values) {
    expect(value).toMatch(fieldOf('ProfilePatch', field));
    const reply = await client.v1('PATCH', '', { [field]: value });
    expect(reply.status, reply.text).toBe(200);
  }
});

test.each([
  ['locale', ['', 'e', 'en_GB', 'en-', 'en-u', '*', 'en\n']],
  ['time_zone', ['', '+01:00', 'Europe/', '/', 'Europe Berlin']],
  ['first_name', ['', ' ', '\t\n', 'a\0']],
])('what the document refuses of %s, so does the service', async (field, values) => {
  const client = await newClient(app);
  for (const value of values) {
    expect(value).not.toMatch(fieldOf('ProfilePatch', field));
    expect((await client.v1('PATCH', '', { [field]: value })).status, JSON.stringify(value)).toBe(422);
  }
});

test.each([
  ['email', 'a@b', 'a b@example.com', 'ä@example.com', 'a@example', '.a@example.com'],
  ['totp_code', '12345', '1234567', 'abcdef', '１２３４５６'],
])('a wrong %s is wrong in the document too', async (field, ...values) => {
  for (const value of values) {
    expect(value).not.toMatch(fieldOf('Credentials', field));
    const body = { email: `${randomUUID()}@example.com`, password: 'x', [field]: value };
    expect((await app.request('POST', '/api/v1/auth/login', { body })).status).toBe(422);
  }
});

const conditional = operations.filter(
  (one) => isUserOperation(one) && one.parameters.some(({ name }) => name === 'if-match'),
);

test('a pattern says what If-Match may be', async () => {
  const client = await newClient(app);
  const { id } = await client.create();
  expect(conditional.length).toBeGreaterThan(5);
  for (const { parameters } of conditional) {
    const { schema } = parameters.find(({ name }) => name === 'if-match') ?? {};
    const pattern = new RegExp(schema?.pattern ?? '', 'u');
    for (const tag of ['*', '"1"', '"1", W/"x"']) expect(tag).toMatch(pattern);
    for (const tag of ['1', '"1', '*, "1"', 'x']) expect(tag).not.toMatch(pattern);
  }
  for (const tag of ['1', '"1', '*, "1"', 'x']) {
    const reply = await client.v1('PATCH', `/tasks/${id}`, { title: 'x' }, { 'if-match': tag });
    expect([reply.status, reply.body.errors[0].loc]).toEqual([422, ['header', 'if-match']]);
  }
});
