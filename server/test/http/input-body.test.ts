import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { invalidStatus, issueLocationsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

describe.each(['v1', 'bare'] as const)('on %s', (surface) => {
  const invalid = invalidStatus[surface];

  test.each([
    '',
    '{',
    '{"title":',
    '{"title":"x",}',
    "{'title':'x'}",
    '{"title":"x"} x',
    'NaN',
    '{"title":NaN}',
    '{"title":"\\x"}',
    '{"title":"a\nb"}',
    Buffer.from([0x7b, 0x22, 0x74, 0x69, 0x74, 0x6c, 0x65, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]),
    Buffer.from('{"title":"é"}', 'latin1'),
    Buffer.from('{"title":"x"}', 'utf16le'),
  ])('the body %j is not JSON in UTF-8: 400, and nothing is stored', async (body) => {
    const client = await newClient(app);
    const { id } = await client.create();
    const before = await client.stored();
    for (const [method, path] of [
      ['POST', '/tasks'],
      ['PATCH', `/tasks/${id}`],
    ] as const) {
      const reply = await client[surface](method, path, body);
      expect(reply.status).toBe(400);
      expect(reply.body.error_code).toBe('INVALID_JSON');
    }
    expect(await client.stored()).toEqual(before);
  });

  test.each([10, 1_000, 30_000])('lists nested %i deep are refused', async (depth) => {
    const client = await newClient(app);
    const nested = '['.repeat(depth) + ']'.repeat(depth);
    const bodies = {
      title: `{"title":${nested}}`,
      tags: `{"title":"x","tags":${nested}}`,
      unknown: `{"title":"x","unknown":${nested}}`,
    };
    for (const [field, body] of Object.entries(bodies)) {
      const reply = await client[surface]('POST', '/tasks', body);
      expect(reply.status, body.slice(0, 40)).toBe(invalid);
      for (const loc of issueLocationsOf(surface, reply))
        expect(loc.split('.').slice(0, 2)).toEqual(['body', field]);
    }
    expect(await client.revision()).toBe(0);
  });

  test.each([
    '{"__proto__":{"polluted":1},"title":"x"}',
    '{"title":"x","constructor":{"prototype":{"polluted":1}}}',
  ])('%s is refused and reaches no prototype', async (body) => {
    const client = await newClient(app);
    const { id } = await client.create();
    const before = await client.stored();
    expect([400, invalid]).toContain((await client[surface]('POST', '/tasks', body)).status);
    expect([400, invalid]).toContain((await client[surface]('PATCH', `/tasks/${id}`, body)).status);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(await client.stored()).toEqual(before);
  });

  test('of a name that stands twice the last is checked and stored', async () => {
    const client = await newClient(app);
    const reply = await client[surface]('POST', '/tasks', '{"title":5,"title":"last"}');
    expect(reply.status).toBe(201);
    expect((reply.body.data ?? reply.body).title).toBe('last');
    const refused = await client[surface]('POST', '/tasks', '{"title":"first","title":5}');
    expect(refused.status).toBe(invalid);
    expect(issueLocationsOf(surface, refused)).toEqual(['body.title']);
  });

  test.each([
    'id',
    'user_id',
    'created_at',
    'updated_at',
    'completed_at',
    'deleted_at',
    'revision',
    'unknown',
  ])('%s in a body is no field to write: refused by name', async (field) => {
    const client = await newClient(app);
    const { id } = await client.create();
    const before = await client.stored();
    for (const [method, path] of [
      ['POST', '/tasks'],
      ['PUT', `/tasks/${id}`],
      ['PATCH', `/tasks/${id}`],
      ['PATCH', `/tasks/${id}/complete`],
    ] as const) {
      const body = path.endsWith('complete') ? { completed: true } : { title: 'x' };
      const reply = await client[surface](method, path, { ...body, [field]: 5 });
      expect(reply.status).toBe(invalid);
      expect(issueLocationsOf(surface, reply)).toEqual([`body.${field}`]);
    }
    expect(await client.stored()).toEqual(before);
  });

  test('of thousands of faults the first 20 are named, so a body is never answered with a larger one', async () => {
    const client = await newClient(app);
    const fields = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`f${index}`, 1]));
    const broken = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`f${index}`, '\0']));
    const bodies = [
      [{ title: 'x', ...broken }, 20],
      [{ title: 'x', ...fields }, 20],
      // A list that is too long gets one issue, regardless of its items.
      [{ title: 'x', tags: Array(7000).fill('\0') }, 1],
    ] as const;
    for (const [body, named] of bodies) {
      const reply = await client[surface]('POST', '/tasks', body);
      expect(reply.status).toBe(invalid);
      expect(issueLocationsOf(surface, reply)).toHaveLength(named);
      expect(reply.text.length).toBeLessThan(10_000);
    }
    expect(await client.revision()).toBe(0);
  });
});
