import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';
import { sendDeleteTag, sendRenameTag, tagPathOf } from '../support/tags.ts';
import { locsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

describe('the name in the path', () => {
  const names = [
    'a/b',
    '/',
    '%',
    '%2F',
    '%252f',
    '?x=1',
    '#',
    '&',
    ' ',
    ' a ',
    '+',
    ';',
    ':name',
    '*',
    '\\',
    '"',
    '...',
  ];
  test.each([...names.filter((name) => name.trim() !== ''), '😀'.repeat(50), 'e\u0301', 'rtl \u202e x'])(
    '%j is what a tag may be called',
    async (name) => {
      const client = await newClient(app);
      const { id } = await client.create({ tags: [name] });
      expect((await sendRenameTag(client, name, `${name.slice(0, 40)}2`)).status).toBe(200);
      expect((await sendRenameTag(client, `${name.slice(0, 40)}2`, name)).body.data).toEqual({
        name,
        usage_count: 1,
      });
      expect((await client.get(id)).tags).toEqual([name]);
      expect((await sendDeleteTag(client, name)).status).toBe(200);
      expect((await client.get(id)).tags).toEqual([]);
    },
  );

  test('may be a dot or two, for clients that do not take them for directories', async () => {
    const client = await newClient(app);
    await client.create({ tags: ['.', '..'] });
    const { send, close } = createClient(app.url, 1);
    const headers = { authorization: `Bearer ${client.user.token}` };
    for (const name of ['.', '%2e%2e'])
      expect((await send({ method: 'DELETE', path: `${client.user.v1}/tags/${name}`, headers })).status).toBe(
        200,
      );
    close();
    expect(await client.tags()).toEqual([]);
  });

  test.each(['x'.repeat(51), '😀'.repeat(51), ' ', '\0'])('%j is none', async (name) => {
    const client = await newClient(app);
    for (const reply of [await sendRenameTag(client, name, 'new'), await sendDeleteTag(client, name)])
      expect([reply.status, locsOf(reply.body.errors)]).toEqual([422, ['path.name']]);
  });
});

test.each([
  [{}, 'name'],
  [{ name: '' }, 'name'],
  [{ name: '  ' }, 'name'],
  [{ name: 'x'.repeat(51) }, 'name'],
  [{ name: 'a\0' }, 'name'],
  [{ name: null }, 'name'],
  [{ name: 5 }, 'name'],
  [{ name: 'b', usage_count: 2 }, 'usage_count'],
])('the body %j is refused, naming %s', async (body, field) => {
  const client = await newClient(app);
  await client.create({ tags: ['a'] });
  const before = await client.stored();
  const reply = await client.v1('PATCH', tagPathOf('a'), body);
  expect([reply.status, [...new Set(locsOf(reply.body.errors))]]).toEqual([422, [`body.${field}`]]);
  expect(await client.stored()).toEqual(before);
});
