import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestApp } from '../support/app.ts';
import { isLong } from '../support/long-tests.ts';
import { seeded } from '../support/random.ts';
import { createTenants, type Tenant, type Tenants } from '../support/tenants.ts';

let tenants: Tenants;
let app: TestApp;
/** The export of a user who has something of everything. */
let original: { text: string; body: ExportDocument };
beforeAll(async () => {
  tenants = await createTenants();
  ({ app } = tenants);
  const { victim } = tenants;
  await app.request('PATCH', `/api/v1/users/${victim.id}`, {
    ...{ token: victim.token, body: { time_zone: 'Europe/Berlin', locale: 'de', digest_hour: 7 } },
  });
  original = await exportOf(victim);
});
afterAll(() => tenants.close());

type ExportDocument = Record<string, Record<string, unknown>[]>;
type Owner = Pick<Tenant, 'id' | 'token'>;
const exportOf = ({ id, token }: Owner) => app.request('GET', `/api/v1/users/${id}/export`, { token });
const importInto = ({ id, token }: Owner, body: string, query = '') =>
  app.request('POST', `/api/v1/users/${id}/import${query}`, { token, body });

/** The lists that an import takes over. */
const lists = ['projects', 'sections', 'tasks', 'occurrences', 'reminders', 'views', 'profile'];
const takenOver = (document: Record<string, unknown>) =>
  Object.fromEntries(lists.map((name) => [name, document[name]]));
const countOf = ({ tasks = [] }: ExportDocument) => tasks.length;

describe('an export document', () => {
  test('imported for another user and exported again is the same', async () => {
    for (const name of lists) expect([name, original.body[name]]).not.toEqual([name, []]);
    const user = await app.newUser();
    const imported = await importInto(user, original.text);
    expect([imported.status, imported.body.data]).toEqual([
      200,
      {
        format: 'duly-json',
        dry_run: false,
        created: countOf(original.body),
        existing: 0,
        skipped: 0,
        projects: original.body.projects?.length,
        sections: original.body.sections?.length,
        lines: [],
        lines_left_out: 0,
      },
    ]);
    expect(takenOver((await exportOf(user)).body)).toEqual(takenOver(original.body));
  });

  test('imported again creates nothing, and the feed has no change', async () => {
    const user = await app.newUser();
    await importInto(user, original.text);
    const cursorOf = async () =>
      (await app.request('GET', `/api/v1/users/${user.id}/changes`, { token: user.token })).body.next_cursor;
    const before = await cursorOf();
    const again = await importInto(user, original.text);
    expect(again.body.data).toMatchObject({
      ...{ created: 0, existing: countOf(original.body), projects: 0, sections: 0, lines: [] },
    });
    expect(await cursorOf()).toBe(before);
  });

  test('as a dry run says the same, and stores nothing', async () => {
    const user = await app.newUser();
    const empty = (await exportOf(user)).body;
    const rehearsal = await importInto(user, original.text, '?dry_run=true');
    expect(rehearsal.body.data).toMatchObject({ dry_run: true, created: countOf(original.body), skipped: 0 });
    expect(rehearsal.body.data.lines).toHaveLength(countOf(original.body));
    expect(takenOver((await exportOf(user)).body)).toEqual(takenOver(empty));
    const imported = await importInto(user, original.text);
    const { lines: _, dry_run: __, ...counts } = rehearsal.body.data;
    expect(imported.body.data).toMatchObject(counts);
  });

  test('leaves what the user has under the same id, in the trash too', async () => {
    const user = await app.newUser();
    await importInto(user, original.text);
    const path = `/api/v1/users/${user.id}/tasks`;
    const [task] = (await app.request('GET', path, { token: user.token })).body.data;
    await app.request('PATCH', `${path}/${task.id}`, { token: user.token, body: { title: 'Mine' } });
    await app.request('DELETE', `${path}/${task.id}`, { token: user.token });
    await importInto(user, original.text);
    expect((await app.request('GET', `${path}/${task.id}`, { token: user.token })).status).toBe(404);
    const stored = (await exportOf(user)).body.tasks.find(({ id }: { id: string }) => id === task.id);
    expect(stored).toMatchObject({ title: 'Mine' });
  });

  test.each([
    ['{"format": "duly-export", "version": 2}', 'The export document has the version 2, wants 1'],
    [
      '{"format": "duly-export", "version": 1, "tasks": [',
      'The file is not an export document: it is no JSON',
    ],
    ['', 'is empty'],
    ['\u0000\u0001', 'looks like a file of no program'],
  ])('that is none is refused: %j', async (text, message) => {
    const user = await app.newUser();
    const { status, body } = await importInto(user, text);
    expect([status, body.errors[0].msg]).toEqual([422, expect.stringContaining(message)]);
  });

  test('has the dates that a rule leaves out as a set in order', async () => {
    const user = await app.newUser();
    const excluded_dates = ['2026-12-30', '2026-12-26', '2026-12-30'];
    const task = { id: randomUUID(), title: 'x', due_date: '2026-12-24', recurrence: 'FREQ=DAILY' };
    const tasks = [{ ...task, excluded_dates }];
    await importInto(user, JSON.stringify({ format: 'duly-export', version: 1, tasks }));
    const path = `/api/v1/users/${user.id}/tasks/${task.id}`;
    const { data } = (await app.request('GET', path, { token: user.token })).body;
    expect(data.excluded_dates).toEqual(['2026-12-26', '2026-12-30']);
  });

  test('brings no section into a project in the trash, and none that only its project could bring back', async () => {
    const user = await app.newUser();
    const send = (method: string, path: string, body?: object) =>
      app.request(method, `/api/v1/users/${user.id}${path}`, { token: user.token, ...(body && { body }) });
    const [project, section] = [
      { id: randomUUID(), name: 'P' },
      { id: randomUUID(), name: 'S' },
    ];
    const importSection = (fields: object) =>
      importInto(
        user,
        JSON.stringify({
          ...{ format: 'duly-export', version: 1, projects: [project] },
          sections: [{ ...section, project_id: project.id, ...fields }],
        }),
      );
    await importSection({ name: '' });
    await send('DELETE', `/projects/${project.id}?tasks=trash`);
    expect((await importSection({})).body.data).toMatchObject({
      sections: 0,
      lines: [{ place: 'sections.0', kind: 'skipped', reason: 'its project is in the trash' }],
    });
    expect((await send('GET', `/sections/${section.id}`)).status).toBe(404);
    await send('POST', `/trash/projects/${project.id}/restore`);
    const deleted = { deleted_at: '2026-01-01T00:00:00.000Z', deleted_with: project.id };
    expect((await importSection(deleted)).body.data.sections).toBe(1);
    expect((await send('POST', `/trash/sections/${section.id}/restore`)).status).toBe(200);
  });

  test('has no occurrence whose undo leaves a repeating task without a date', async () => {
    const user = await app.newUser();
    const task = { id: randomUUID(), title: 'x', due_date: '2026-12-24', recurrence: 'FREQ=DAILY' };
    const before = {
      ...{ due_date: null, recurrence: task.recurrence, recurrence_from: 'due' },
      ...{ occurrence: '2026-12-23', occurrence_number: 1, series_start: '2026-12-24' },
    };
    const occurrence = {
      ...{ id: randomUUID(), task_id: task.id, date: '2026-12-23', number: 1, status: 'done' },
      ...{ recorded_at: '2026-11-01T00:00:00.000Z', task_version: 1, before },
    };
    const document = { format: 'duly-export', version: 1, tasks: [task], occurrences: [occurrence] };
    await importInto(user, JSON.stringify(document));
    const path = `/api/v1/users/${user.id}/tasks/${task.id}/occurrences`;
    expect((await app.request('GET', path, { token: user.token })).body.data).toEqual([]);
    expect((await app.request('POST', `${path}/undo`, { token: user.token })).status).toBe(409);
  });

  test('of another user is refused, and so is one without a token', async () => {
    const { id } = await app.newUser();
    const { token } = await app.newUser();
    expect((await importInto({ id, token }, original.text)).status).toBe(403);
    const anonymous = await app.request('POST', `/api/v1/users/${id}/import`, { body: original.text });
    expect(anonymous.status).toBe(401);
  });
});

const odd = [
  null,
  '',
  0,
  -1,
  1e300,
  true,
  [],
  {},
  'x'.repeat(2_000),
  '2026-02-30',
  '9999-12-31T23:59:59Z',
  'a\u0000b',
];

describe('a document that somebody changed', () => {
  test('may nest values without end', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const head = '{"format": "duly-export", "version": 1';
    const row = `{"id": "00000000-0000-4000-8000-000000000001", "name": "x", "title": "x", "parameters": ${deep}, "tags": ${deep}, "before": ${deep}}`;
    const user = await app.newUser();
    const lists = ['projects', 'views', 'tasks', 'occurrences', 'reminders'].map(
      (name) => `"${name}": [${row}]`,
    );
    const { status, body } = await importInto(user, `${head}, ${lists.join(', ')}}`);
    expect([status, body.data]).toMatchObject([200, { created: 1, projects: 1 }]);
  });

  const seed = Number(process.env.DULY_TEST_SEED ?? 1);
  test(`never fails, and what is stored keeps the rules of tasks (seed ${seed})`, async () => {
    const random = seeded(seed);
    for (let round = 0; round < (isLong ? 40 : 15); round += 1) {
      const document: ExportDocument = JSON.parse(original.text);
      const profile: Record<string, unknown> = { ...document.profile };
      profile[random.pick(Object.keys(profile))] = random.pick(odd);
      Object.assign(document, { profile });
      for (let change = 0; change < 12; change += 1) {
        const rows = document[random.pick(lists.filter((name) => Array.isArray(document[name])))] ?? [];
        const row = random.pick(rows);
        const name = random.pick(Object.keys(row));
        const other = random.pick(rows)[name];
        row[name] = random.chance(0.5) ? random.pick(odd) : other;
      }
      const user = await app.newUser();
      const { status, body } = await importInto(user, JSON.stringify(document));
      expect([round, status, body]).toMatchObject([round, 200, { message: 'File imported' }]);
      const { created, existing, skipped } = body.data;
      expect(created + existing + skipped).toBeGreaterThanOrEqual(countOf(document));
      const stored = await exportOf(user);
      expect(countOf(stored.body)).toBe(created);
      const again = await importInto(user, JSON.stringify(document));
      expect([again.status, again.body.data.created]).toEqual([200, 0]);
      const path = `/api/v1/users/${user.id}/tasks`;
      for (const { id } of (await app.request('GET', `${path}?limit=100`, { token: user.token })).body.data)
        for (const completed of [true, false]) {
          const toggled = await app.request('PATCH', `${path}/${id}/complete`, {
            token: user.token,
            body: { completed },
          });
          expect(toggled.status).toBeLessThan(500);
        }
    }
  });
});
