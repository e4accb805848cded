import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { seeded } from '../support/random.ts';
import { type Client, invalidStatus, issueLocationsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const notStrings = [5, 0, true, [], ['a'], {}, { a: 'b' }];
const brokenText = ['a\0b', '\0', '\ud800', 'a\udfffb', '\ude00\ud83d'];
const tooMany = Array.from({ length: 21 }, (_, index) => `tag ${index}`);
const blanks = ['', ' ', '\t\r\n', '\u00a0\u2003\u3000\ufeff'];

/** Values that a field refuses, on create and on change. */
const refusedValues: Record<string, unknown[]> = {
  title: [
    ...notStrings,
    ...brokenText,
    ...blanks,
    null,
    'x'.repeat(201),
    '😀'.repeat(201),
    'e\u0301'.repeat(101),
  ],
  description: [...notStrings, ...brokenText, 'x'.repeat(1001), '😀'.repeat(1001)],
  tags: [
    ...[5, true, null, 'a', '', {}, { 0: 'a' }],
    ...[5, null, true, ['a'], {}, ...blanks, ...brokenText, 'x'.repeat(51), '😀'.repeat(51)].map((tag) => [
      'ok',
      tag,
    ]),
    tooMany,
  ],
  due_date: [
    ...[
      ...notStrings,
      ...brokenText,
      ...blanks.filter((text) => text !== ''),
      20260101,
      'infinity',
      '-infinity',
      'tomorrow',
      'now',
      'epoch',
    ],
    ...['2026-02-30', '2026-02-29', '2100-02-29', '2026-13-01', '2026-00-10', '2026-01-00', '2026-04-31'],
    ...[
      '0000-01-01',
      '1969-12-31',
      '2101-01-01',
      '5874898-01-01',
      '-2026-01-01',
      '+002026-01-01',
      '26-01-01',
    ],
    ...[
      '2026-1-1',
      '2026/01/01',
      '20260101',
      '2026-01-01T00:00:01Z',
      ' 2026-01-01',
      '2026-01-01\n',
      '２０２６-01-01',
    ],
  ],
  priority: [
    ...notStrings,
    ...brokenText,
    ...blanks,
    null,
    'urgent',
    'all',
    'High ',
    'Hıgh',
    '1',
    'High,Low',
  ],
  completed: ['true', 'false', '', 1, 0, null, [], [true], {}, 'completed', 'a\0'],
};
const refusedVersions = ['1', 0, -1, 1.5, null, true, [1], {}, 2_147_483_648, 2 ** 53, 1e300];

describe.each(['v1', 'bare'] as const)('on %s', (surface) => {
  const invalid = invalidStatus[surface];

  /** Sends a change that must be refused with an issue for `field` alone, and must not be stored. */
  async function expectRefused(client: Client, method: string, path: string, field: string, body?: unknown) {
    const before = await client.stored();
    const reply = await client[surface](method, path, body);
    const what = `${method} ${JSON.stringify(body ?? path).slice(0, 120)}`;
    expect(reply.status, what).toBe(invalid);
    const named = issueLocationsOf(surface, reply);
    expect(named.length, what).toBeGreaterThan(0);
    for (const loc of named)
      expect(loc === field || loc.startsWith(`${field}.`), `${what}: ${loc}`).toBe(true);
    expect(await client.stored(), what).toEqual(before);
  }

  test.each(Object.keys(refusedValues))(
    '%s of a wrong type, length or content is refused and named',
    async (field) => {
      const client = await newClient(app);
      const { id } = await client.create({ tags: ['kept'], due_date: '2026-01-01', description: 'kept' });
      for (const value of refusedValues[field] ?? []) {
        const loc = `body.${field}`;
        await expectRefused(client, 'POST', '/tasks', loc, { title: 'fine', tags: ['new'], [field]: value });
        await expectRefused(client, 'PATCH', `/tasks/${id}`, loc, {
          title: 'new',
          tags: ['new'],
          [field]: value,
        });
      }
    },
  );

  test('version and the completed of …/complete are not coerced', async () => {
    const client = await newClient(app);
    const { id } = await client.create();
    for (const version of refusedVersions) {
      await expectRefused(client, 'PUT', `/tasks/${id}`, 'body.version', { title: 'new', version });
      await expectRefused(client, 'PATCH', `/tasks/${id}/complete`, 'body.version', {
        completed: true,
        version,
      });
    }
    for (const completed of refusedValues.completed ?? [])
      await expectRefused(client, 'PATCH', `/tasks/${id}/complete`, 'body.completed', { completed });
    await expectRefused(client, 'PATCH', `/tasks/${id}/complete`, 'body.title', {
      completed: true,
      title: 'new',
    });
    for (const version of ['9007199254740993', '1e400', '-1e400', '0.9999999'])
      await expectRefused(
        client,
        'PATCH',
        `/tasks/${id}`,
        'body.version',
        `{"title":"new","version":${version}}`,
      );
  });

  test('an id that is not a UUID with hyphens is refused, whatever it would mean to PostgreSQL', async () => {
    const client = await newClient(app);
    const { id } = await client.create();
    const plain = id.replaceAll('-', '');
    const bad = [
      'x',
      '0',
      plain,
      `%7B${id}%7D`,
      `urn:uuid:${id}`,
      `${id}%20`,
      `%20${id}`,
      `${id}%00`,
      `${id}0`,
    ];
    for (const text of [
      ...bad,
      '..%2F..%2Fetc',
      '%F0%9F%98%80',
      'a'.repeat(2000),
      `${id},${id}`,
      '__proto__',
    ]) {
      await expectRefused(client, 'GET', `/tasks/${text}`, 'path.task_id');
      await expectRefused(client, 'PATCH', `/tasks/${text}`, 'path.task_id', { title: 'new' });
      await expectRefused(client, 'PATCH', `/tasks/${text}/complete`, 'path.task_id', { completed: true });
      await expectRefused(client, 'DELETE', `/tasks/${text}`, 'path.task_id');
    }
  });

  test('random bodies are stored whole or refused whole, naming only fields that were sent', async () => {
    const client = await newClient(app);
    const random = seeded(surface.length);
    const fine: Record<string, unknown> = {
      title: 'ok',
      description: null,
      tags: ['a'],
      due_date: '2026-01-01',
      priority: 'low',
      completed: true,
    };
    const outcomes = { stored: 0, refused: 0 };
    for (let round = 0; round < 150; round += 1) {
      const body: Record<string, unknown> = { title: 'ok' };
      const wrong: string[] = [];
      for (const field of random.some(Object.keys(refusedValues), 0.6)) {
        const isWrong = random.chance(0.2);
        body[field] = isWrong ? random.pick(refusedValues[field] ?? []) : fine[field];
        if (isWrong) wrong.push(field);
      }
      const before = await client.revision();
      const reply = await client[surface]('POST', '/tasks', body);
      expect(reply.status, JSON.stringify(body)).toBe(wrong.length === 0 ? 201 : invalid);
      expect(await client.revision()).toBe(wrong.length === 0 ? before + 1 : before);
      outcomes[wrong.length === 0 ? 'stored' : 'refused'] += 1;
      if (wrong.length > 0)
        for (const loc of issueLocationsOf(surface, reply)) expect(wrong).toContain(loc.split('.')[1]);
    }
    expect(Math.min(outcomes.stored, outcomes.refused)).toBeGreaterThan(30);
  });
});
