import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';

let app: TestApp;
let user: { id: string; token: string };
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const importFile = (body: string, query = '', type = 'text/plain') =>
  app.request('POST', `/api/v1/users/${user.id}/import${query}`, {
    ...{ token: user.token, body },
    headers: { 'content-type': type },
  });
const listOf = async (path: string) =>
  (await app.request('GET', `/api/v1/users/${user.id}/${path}`, { token: user.token })).body.data;

const todo = `(A) 2026-11-01 Call the plumber +house @phone due:2026-12-01
Water the plants +house rec:1w due:2026-12-02
x 2026-11-20 2026-11-10 Pay the rent
Read +books
`;

describe('a file of another program', () => {
  beforeAll(async () => {
    user = await app.newUser();
  });

  test('as a dry run says of each task what would come of it, and stores nothing', async () => {
    const { status, body } = await importFile(todo, '?dry_run=true');
    expect([status, body.data]).toMatchObject([
      200,
      { format: 'todo-txt', dry_run: true, created: 4, existing: 0, skipped: 0, projects: 2, sections: 0 },
    ]);
    expect(
      body.data.lines.map(({ place, kind, title }: Record<string, string>) => [place, kind, title]),
    ).toEqual([
      ['line 1', 'created', 'Call the plumber'],
      ['line 2', 'created', 'Water the plants'],
      ['line 3', 'created', 'Pay the rent'],
      ['line 4', 'created', 'Read'],
    ]);
    expect([await listOf('tasks'), await listOf('projects')]).toEqual([[], []]);
  });

  test('becomes tasks in projects of those names', async () => {
    const { body } = await importFile(todo);
    expect(body.data).toMatchObject({ created: 4, projects: 2, lines: [] });
    const projects = await listOf('projects');
    expect(projects.map(({ name }: { name: string }) => name)).toEqual(['house', 'books']);
    const tasks = await listOf('tasks?sort_by=title&sort_direction=asc');
    expect(tasks).toMatchObject([
      {
        ...{ title: 'Call the plumber', priority: 'High', tags: ['phone'], due_date: '2026-12-01' },
        project_id: projects[0].id,
        created_at: '2026-11-01T00:00:00.000Z',
      },
      { title: 'Pay the rent', completed: true, completed_at: '2026-11-20T00:00:00.000Z', project_id: null },
      { title: 'Read', project_id: projects[1].id },
      {
        title: 'Water the plants',
        recurrence: 'FREQ=WEEKLY',
        due_date: '2026-12-02',
        occurrence: '2026-12-02',
      },
    ]);
  });

  test('imported again, with a line more, creates only that task', async () => {
    const { body } = await importFile(`${todo}Buy bread +house\n`);
    expect(body.data).toMatchObject({ created: 1, existing: 4, projects: 0 });
    expect(await listOf('tasks')).toHaveLength(5);
  });

  test('that was deleted here stays in the trash', async () => {
    const [task] = await listOf('tasks?search=bread');
    await app.request('DELETE', `/api/v1/users/${user.id}/tasks/${task.id}`, { token: user.token });
    expect((await importFile('Buy bread +house\n')).body.data).toMatchObject({ created: 0, existing: 1 });
  });

  test('may be of any type, and its name may tell what it is', async () => {
    const csv = 'title,completed\nSweep,false\n';
    for (const [index, type] of [
      'text/csv',
      'application/octet-stream',
      'application/x-anything',
    ].entries()) {
      const { status, body } = await importFile(csv, '?file_name=tasks.csv', type);
      expect([status, body.data.created, body.data.existing]).toEqual([
        200,
        index === 0 ? 1 : 0,
        index === 0 ? 0 : 1,
      ]);
    }
  });

  test('of a calendar in UTC repeats on the days that the clock of the user has then', async () => {
    const reader = await app.newUser();
    const send = (method: string, path: string, body?: string | object) =>
      app.request(method, `/api/v1/users/${reader.id}${path}`, {
        ...{ token: reader.token, ...(body !== undefined && { body }) },
        ...(typeof body === 'string' && { headers: { 'content-type': 'text/calendar' } }),
      });
    await send('PATCH', '', { time_zone: 'Asia/Tokyo' });
    // Of each rule, the instants that RFC 5545 has; where no rule has those days, the dates of the file.
    const rules: readonly [rule: string, coming: readonly string[]][] = [
      ['FREQ=WEEKLY;BYDAY=MO', ['2026-11-30T23:00', '2026-12-07T23:00', '2026-12-14T23:00']],
      ['FREQ=WEEKLY;BYDAY=MO,SU;COUNT=3', ['2026-11-30T23:00', '2026-12-06T23:00', '2026-12-07T23:00']],
      ['FREQ=DAILY', ['2026-11-30T23:00', '2026-12-01T23:00', '2026-12-02T23:00']],
      ['FREQ=WEEKLY;BYDAY=MO;BYHOUR=23', ['2026-11-30T23:00', '2026-12-07T23:00', '2026-12-14T23:00']],
      ['FREQ=MONTHLY;BYMONTHDAY=15,30', ['2026-11-30T23:00', '2026-12-14T23:00', '2026-12-29T23:00']],
    ];
    const lines = rules.flatMap(([rule], index) => [
      ...['BEGIN:VTODO', `UID:${index}`, `SUMMARY:${index}`, 'DTSTART:20261130T230000Z'],
      ...[`RRULE:${rule}`, 'END:VTODO'],
    ]);
    const { body } = await send(
      'POST',
      '/import',
      ['BEGIN:VCALENDAR', ...lines, 'END:VCALENDAR', ''].join('\r\n'),
    );
    expect(body.data).toMatchObject({
      created: rules.length,
      lines: [
        {
          kind: 'changed',
          reason: 'the days of its repeat are those of another time zone, and stay as they are',
        },
      ],
    });
    const tasks: { id: string; title: string }[] = (await send('GET', '/tasks')).body.data;
    for (const { id, title } of tasks) {
      const { coming } = (await send('GET', `/tasks/${id}/occurrences?coming=3`)).body;
      const found = coming.map(({ due_at }: { due_at: string }) => due_at);
      const [rule, expected = []] = rules[Number(title)] ?? [];
      expect([rule, found]).toEqual([rule, expected.map((time) => `${time}:00.000Z`)]);
    }
  });

  test('says what it was not taken over as, with its line', async () => {
    const long = 'x'.repeat(300);
    const { body } = await importFile(`(B) ${long}\n`);
    expect(body.data).toMatchObject({ created: 1, skipped: 0 });
    expect(body.data.lines).toMatchObject([{ place: 'line 1', kind: 'changed' }]);
    const [task] = await listOf('tasks?search=xxxx');
    expect([task.title.length, task.description]).toEqual([200, expect.stringContaining(long)]);
  });

  test.each([
    ['?format=paper', ['query', 'format']],
    ['?dry_run=perhaps', ['query', 'dry_run']],
    ['?colour=red', ['query', 'colour']],
    ['?format=google-tasks', ['body']],
  ])('with %s is refused, and nothing is stored', async (query, loc) => {
    const before = (await listOf('tasks')).length;
    const { status, body } = await importFile('Sing\n', query);
    expect([status, body.errors[0].loc]).toEqual([422, loc]);
    expect(await listOf('tasks')).toHaveLength(before);
  });

  test('of more than 5 MB is refused', async () => {
    const { status } = await importFile('x'.repeat(5 * 1_024 * 1_024 + 1));
    expect(status).toBe(413);
  });
});

describe('a large file', () => {
  test('is read while other requests are answered', async () => {
    user = await app.newUser();
    // 60,000 lines with nothing to store of most: reading them takes longer than all else.
    const file = `${'x 2026-11-20 2026-11-10 Done +a +b @c due:2026-12-01 rec:1w\n'.repeat(30_000)}Last\n`;
    let isRead = false;
    const imported = importFile(file, '?dry_run=true').then((response) => {
      isRead = true;
      return response;
    });
    let answers = 0;
    for (; !isRead; answers += 1) await app.request('GET', '/health/live');
    expect([(await imported).status, answers > 20]).toEqual([200, true]);
  });

  test('is stored in groups; cut off between two, it is finished by a repetition', async () => {
    user = await app.newUser();
    const lines = Array.from({ length: 1_200 }, (_, index) => `Task ${index} +p${index % 7} @t${index % 11}`);
    await importFile(lines.slice(0, 700).join('\n'));
    const { body } = await importFile(lines.join('\n'));
    expect(body.data).toMatchObject({ created: 500, existing: 700, projects: 0 });
    const { body: changes } = await app.request('GET', `/api/v1/users/${user.id}/tasks?limit=1`, {
      token: user.token,
    });
    expect(changes.data).toHaveLength(1);
    const tags = await listOf('tags');
    expect(tags.map(({ usage_count }: { usage_count: number }) => usage_count).toSorted()).toEqual(
      Array.from({ length: 11 }, (_, tag) => (tag < 1 ? 110 : 109)).toSorted(),
    );
  });

  test('has subtasks whose parents are in another group', async () => {
    user = await app.newUser();
    const task = (id: number, parent: number | null) => ({
      id: `t${id}`,
      title: `Task ${id}`,
      parent: parent === null ? undefined : `t${parent}`,
    });
    const items = Array.from({ length: 1_001 }, (_, index) =>
      task(index, index > 500 && index <= 600 ? 0 : null),
    );
    const file = JSON.stringify({ kind: 'tasks#taskLists', items: [{ title: 'List', items }] });
    const rehearsed = await importFile(file, '?dry_run=true', 'application/json');
    expect(rehearsed.body.data).toMatchObject({ created: 1_001, skipped: 0 });
    const { body } = await importFile(file, '', 'application/json');
    expect(body.data).toMatchObject({ format: 'google-tasks', created: 1_001, lines: [] });
    const [parent] = await listOf('tasks?search=Task%200');
    expect(parent.progress).toEqual({ done: 0, total: 100 });
  });
});
