import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { type Random, seeded } from '../support/random.ts';
import { invalidStatus, issueLocationsOf, newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const codePoints = [...Array(95).keys()].map((index) => index + 32);
const exotic = [
  0x1, 0x7f, 0x85, 0xad, 0xe9, 0x130, 0x131, 0x300, 0x489, 0x5d0, 0x627, 0x200b, 0x200d, 0x202e, 0x2028,
];
const astral = [
  0xfffd, 0xfffe, 0xffff, 0x1f600, 0x1f468, 0x1f3fd, 0xe0001, 0x10ffff, 0x65e5, 0x0e33, 0xfb03, 0xdf,
];

function randomText(random: Random, most: number): string {
  const length = 1 + random.below(most - 2);
  const inner = Array.from({ length }, () => random.pick(random.pick([codePoints, exotic, astral])));
  return `<${String.fromCodePoint(...inner)}`.slice(0, most).toWellFormed().trimEnd().slice(0, most);
}

describe('valid text', () => {
  const random = seeded(4);
  const texts = Array.from({ length: 60 }, () => randomText(random, 50));

  test('comes back byte for byte as title, description and tag, and is found by search and by tag', async () => {
    const { v1, get, list, tags } = await newClient(app);
    for (const text of texts) {
      const what = JSON.stringify(text);
      const fields = { title: text, description: ` ${text}\n`, tags: [text] };
      const created = await v1('POST', '/tasks', fields);
      expect(created.status, what).toBe(201);
      const { id } = created.body.data;
      expect(await get(id), what).toMatchObject(fields);
      const asked = encodeURIComponent(text);
      expect(
        (await list(`?search=${asked}&limit=100`)).map((task) => task.id),
        what,
      ).toContain(id);
      expect(
        (await list(`?tags[]=${asked}`)).map((task) => task.id),
        what,
      ).toEqual([id]);
      expect(
        (await tags(`?search=${asked}`)).map(({ name }) => name),
        what,
      ).toContain(text);
      await v1('DELETE', `/tasks/${id}`);
    }
  });

  test('is the same in a list, in the trash and by itself, as are times and what is not there', async () => {
    const { create, get, list, v1, bare, user } = await newClient(app);
    const { db } = app.ctx;
    for (const [index, text] of texts.entries()) {
      const some = { description: text, tags: [text, text + 1], completed: true, due_date: '2028-02-29' };
      const { id } = await create({ title: `${text}\t\b\u001f`, ...(index % 3 > 0 && some) });
      // With zero, one, two and three decimals of a second.
      const time = new Date(Date.UTC(2000, 0, 1, 0, 0, index, [0, 100, 120, 123][index % 4]));
      const set = { created_at: time, updated_at: time, completed_at: index % 3 > 0 ? time : null };
      await db
        .updateTable('duly.tasks')
        .set(set)
        .where('user_id', '=', user.id)
        .where('id', '=', id)
        .execute();
      expect((await get(id)).created_at).toBe(time.toISOString());
    }
    const listed = await list('?limit=100');
    expect(listed).toHaveLength(texts.length);
    const alone = await Promise.all(listed.map(({ id }) => get(id)));
    // Compared as text, for the order of the members.
    expect(JSON.stringify(listed)).toBe(JSON.stringify(alone));
    expect((await bare('GET', '/tasks?limit=100')).body).toEqual(alone);
    for (const { id } of listed) await v1('DELETE', `/tasks/${id}`);
    const trashed = (await v1('GET', '/trash?limit=100')).body.data;
    expect(trashed).toEqual(
      alone.toReversed().map((task) => {
        const { deleted_at } = trashed.find(({ id }: { id: string }) => id === task.id);
        return { ...task, version: 2, updated_at: deleted_at, deleted_at };
      }),
    );
  });

  test.each(['x', 'é', '日', '😀', '\u{10ffff}'])('is counted in code points: %s', async (one) => {
    const { create, get, list } = await newClient(app);
    const fields = {
      title: one.repeat(200),
      description: one.repeat(1000),
      tags: Array.from({ length: 20 }, (_, index) => one.repeat(50 - index)).toReversed(),
    };
    const { id } = await create(fields);
    expect(await get(id)).toMatchObject(fields);
    expect(await list(`?search=${encodeURIComponent(one.repeat(200))}`)).toHaveLength(1);
  });

  test.each(['1970-01-01', '2000-02-29', '2026-03-29', '2028-02-29', '2100-12-31'])(
    'the date %s',
    async (due_date) => {
      const { create, get } = await newClient(app);
      const { id } = await create({ due_date });
      expect((await get(id)).due_date).toBe(due_date);
    },
  );
});

test.each(['v1', 'bare'] as const)(
  'random queries on %s are answered or refused by name, never failed',
  async (surface) => {
    const { create, [surface]: call } = await newClient(app);
    await create({ title: 'x', tags: ['x'], due_date: '2026-01-01' });
    const random = seeded(5);
    const names = [
      'search',
      'status',
      'tags',
      'tags[]',
      'tags_match',
      'due_after',
      'sort_by',
      'limit',
      'offset',
      'cursor',
    ];
    const good = ['x', 'all', 'any', '2026-01-01', 'title', '1', '0'];
    const outcomes = new Map<number, number>();
    for (let round = 0; round < 150; round += 1) {
      const params = new URLSearchParams();
      for (const name of random.some(names, 0.2))
        params.append(name, random.chance(0.8) ? random.pick(good) : randomText(random, 300));
      if (random.chance(0.1)) params.append(randomText(random, 20), 'x');
      const reply = await call('GET', `/tasks?${params}`);
      outcomes.set(reply.status, (outcomes.get(reply.status) ?? 0) + 1);
      if (reply.status === 200) continue;
      expect(reply.status, String(params)).toBe(invalidStatus[surface]);
      const asked = [...params.keys()].map((name) => `query.${name.replace(/^tags\[\]$/, 'tags')}`);
      for (const loc of issueLocationsOf(surface, reply))
        expect(
          asked.some((name) => loc.startsWith(name)),
          loc,
        ).toBe(true);
    }
    expect([...outcomes.keys()].sort()).toEqual([200, invalidStatus[surface]]);
  },
);

test('a search of 200 code points is taken and one of 201 refused', async () => {
  const { v1 } = await newClient(app);
  for (const one of ['x', '😀']) {
    expect((await v1('GET', `/tasks?search=${encodeURIComponent(one.repeat(200))}`)).status).toBe(200);
    const reply = await v1('GET', `/tasks?search=${encodeURIComponent(one.repeat(201))}`);
    expect(reply.status).toBe(422);
    expect(issueLocationsOf('v1', reply)).toEqual(['query.search']);
  }
});

describe('text that does not match its pattern is refused with what the pattern means', () => {
  const blank = 'must not be blank, got " "';
  const visible =
    'must be 1 to 255 visible ASCII characters, with or without quotes around them, got "two words"';
  const key = { 'idempotency-key': 'two words' };
  const task = { title: 'a', tags: [' '] };

  test.each([
    ['POST', '/tasks', task, {}, blank],
    ['GET', '/tasks?tags=%20', undefined, {}, blank],
    ['POST', '/tasks', { title: 'a' }, key, visible],
  ])('on both surfaces: %s %s %j %j', async (method, path, body, headers, message) => {
    const { v1, bare } = await newClient(app);
    const full = await v1(method, path, body, headers);
    const plain = await bare(method, path, body, headers);
    expect([full.status, plain.status]).toEqual([invalidStatus.v1, invalidStatus.bare]);
    expect([full.body.errors, plain.body.detail].map(([issue]) => [issue.msg, issue.type])).toEqual([
      [message, 'pattern'],
      [message, 'pattern'],
    ]);
  });

  test.each([
    ['PATCH', '/tags/%20', { name: 'home' }],
    ['PATCH', '/tags/home', { name: ' ' }],
    ['DELETE', '/tags/%20', undefined],
    ['POST', '/tasks/bulk', { operations: [{ op: 'create', ...task }] }],
  ])('on the full surface: %s %s %j', async (method, path, body) => {
    const { v1 } = await newClient(app);
    const { status, body: answer } = await v1(method, path, body);
    expect([status, answer.errors.map(({ msg }: { msg: string }) => msg)]).toEqual([422, [blank]]);
  });
});
