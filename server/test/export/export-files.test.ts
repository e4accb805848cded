import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const formula = '=HYPERLINK("http://evil.example","x")';
const odd = 'quotes ", commas, semi; back\\slash, 𝄞 and äöü '.repeat(4).trim();

async function userWithTasks() {
  const user = await app.newUser();
  const { token, v1 } = user;
  const create = async (path: string, body: object) =>
    (await app.request('POST', `${v1}${path}`, { token, body })).body.data;
  const project = await create('/projects', { name: 'Garden; and more' });
  const first = await create('/tasks', { title: formula, description: 'one\ntwo', tags: ['a,b', 'c'] });
  const second = await create('/tasks', { title: odd, project_id: project.id, due_date: '2030-03-01' });
  const third = await create('/tasks', {
    title: '-1',
    due_date: '2030-03-04',
    due_time: '09:30',
    time_zone: 'Europe/Berlin',
    recurrence: 'freq=weekly;byday=MO;count=5',
    priority: 'High',
  });
  const child = await create('/tasks', { title: "'quoted", parent_id: second.id, completed: true });
  const trashed = await create('/tasks', { title: 'in the trash' });
  await app.request('DELETE', `${v1}/tasks/${trashed.id}`, { token });
  return { ...user, first, second, third, child, trashed };
}

const fileOf = (user: { v1: string; token: string }, format: string) =>
  app.request('GET', `${user.v1}/export?format=${format}`, { token: user.token });

/** By RFC 4180. */
function parseCsv(text: string): string[][] {
  const cells = text.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/g);
  const lines: string[][] = [[]];
  for (const [, cell = '', end] of cells) {
    lines.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === '\r\n') lines.push([]);
  }
  return lines.slice(0, -1);
}

test('CSV has each task on a line, and no cell that a spreadsheet would execute', async () => {
  const user = await userWithTasks();
  const { text, headers } = await fileOf(user, 'csv');
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
  const [names = [], ...lines] = parseCsv(text);
  const rows = lines.map((line) => Object.fromEntries(line.map((cell, index) => [names[index], cell])));
  const rowOf = ({ id }: { id: string }) => rows.find((row) => row.id === id);
  expect(rows).toHaveLength(5);
  expect(rowOf(user.first)).toMatchObject({
    title: `'${formula}`,
    description: 'one\ntwo',
    tags: '["a,b","c"]',
    completed: 'false',
    due_date: '',
  });
  expect(rowOf(user.second)).toMatchObject({ title: odd, project: 'Garden; and more' });
  expect(rowOf(user.third)).toMatchObject({ title: "'-1", time_zone: 'Europe/Berlin' });
  expect(rowOf(user.child)).toMatchObject({
    title: "''quoted",
    completed: 'true',
    parent_id: user.second.id,
  });
  expect(rowOf(user.trashed)?.deleted_at).toMatch(/^20/);
  for (const cell of lines.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
});

/** Content lines of each VTODO by its UID, unfolded. */
function parseTodos(text: string): Map<string, string[]> {
  const lines = text.replaceAll('\r\n ', '').split('\r\n');
  const todos = new Map<string, string[]>();
  for (const line of lines) if (line.startsWith('UID:')) todos.set(line.slice(4), []);
  let current: string[] = [];
  for (const line of lines) {
    if (line.startsWith('UID:')) current = todos.get(line.slice(4)) ?? [];
    current.push(line);
  }
  return todos;
}

test('iCalendar has each live task as a VTODO, in lines of at most 75 octets', async () => {
  const user = await userWithTasks();
  const { text, headers } = await fileOf(user, 'ics');
  expect(headers.get('content-type')).toBe('text/calendar; charset=utf-8');
  expect(text).toMatch(/^BEGIN:VCALENDAR\r\nVERSION:2\.0\r\nPRODID:.*\r\n/);
  expect(text).toMatch(/\r\nEND:VCALENDAR\r\n$/);
  for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
  expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  const todos = parseTodos(text);
  expect([...todos.keys()].sort()).toEqual(
    [user.first, user.second, user.third, user.child].map(({ id }) => id).sort(),
  );
  expect(todos.get(user.first.id)).toEqual(
    expect.arrayContaining(['DESCRIPTION:one\\ntwo', 'CATEGORIES:a\\,b,c', 'STATUS:NEEDS-ACTION']),
  );
  const escaped = odd.replaceAll(/[\\;,]/g, '\\$&');
  expect(todos.get(user.second.id)).toEqual(
    expect.arrayContaining([
      `SUMMARY:${escaped}`,
      'DUE;VALUE=DATE:20300301',
      'X-DULY-PROJECT:Garden\\; and more',
    ]),
  );
  expect(todos.get(user.third.id)).toEqual(
    expect.arrayContaining([
      'PRIORITY:1',
      'DTSTART;TZID=Europe/Berlin:20300304T093000',
      'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5',
    ]),
  );
  expect(todos.get(user.child.id)).toEqual(
    expect.arrayContaining([`RELATED-TO:${user.second.id}`, 'STATUS:COMPLETED']),
  );
  expect(text).toContain('BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n');
  expect(text).toMatch(
    /BEGIN:DAYLIGHT\r\nDTSTART:20\d\d03\d\dT020000\r\nTZOFFSETFROM:\+0100\r\nTZOFFSETTO:\+0200/,
  );
});

test('of a rule that has begun, iCalendar has what is left of it', async () => {
  const user = await app.newUser();
  const { token, v1 } = user;
  const body = { title: 'x', due_date: '2030-01-01', recurrence: 'FREQ=DAILY;COUNT=5;UNTIL=20300201' };
  const withoutUntil = { ...body, recurrence: 'FREQ=DAILY;COUNT=5' };
  const { id } = (await app.request('POST', `${v1}/tasks`, { token, body: withoutUntil })).body.data;
  await app.request('POST', `${v1}/tasks/${id}/occurrences/skip`, { token });
  const until = { ...body, recurrence: 'FREQ=DAILY;UNTIL=20300201T120000Z' };
  const second = (await app.request('POST', `${v1}/tasks`, { token, body: until })).body.data;
  const todos = parseTodos((await fileOf(user, 'ics')).text);
  expect(todos.get(id)).toEqual(
    expect.arrayContaining(['DTSTART;VALUE=DATE:20300102', 'RRULE:FREQ=DAILY;COUNT=4']),
  );
  expect(todos.get(second.id)).toEqual(expect.arrayContaining(['RRULE:FREQ=DAILY;UNTIL=20300201']));
});

test('of a rule with an end, iCalendar has the occurrences that happen', async () => {
  const user = await app.newUser();
  const { token, v1 } = user;
  await app.request('PATCH', v1, { token, body: { time_zone: 'America/New_York' } });
  const [zoned, floating, day] = [
    { due_time: '07:00', time_zone: 'Asia/Tokyo' },
    { due_time: '20:00' },
    { due_time: null },
  ];
  // The end of each rule, and its last date: one that an end on the date in UTC would leave out, or add.
  const ends = [
    [zoned, '20300109T223000Z', '2030-01-10', '20300109T223000Z'],
    [zoned, '20300110T063000', '2030-01-09', '20300109T213000Z'],
    [zoned, '20300110', '2030-01-10', '20300110T145900Z'],
    [floating, '20300110T003000Z', '2030-01-08', '20300109T193000'],
    [floating, '20300110T193000', '2030-01-09', '20300110T193000'],
    [floating, '20300110', '2030-01-10', '20300110T235900'],
    [day, '20300110T003000Z', '2030-01-09', '20300109'],
    [day, '20300110T003000', '2030-01-10', '20300110'],
    [{ due_time: '20:00', time_zone: 'America/New_York' }, '99991231', '2030-02-09', '21010103T045900Z'],
    [floating, '99991231T235959Z;', '2030-02-09', '21010101T190000'],
  ] as const;
  for (const [due, until, last, exported] of ends) {
    const recurrence = `FREQ=DAILY;UNTIL=${until}`;
    const body = { title: 'x', due_date: '2030-01-01', ...due, recurrence };
    const { id } = (await app.request('POST', `${v1}/tasks`, { token, body })).body.data;
    const { coming } = (await app.request('GET', `${v1}/tasks/${id}/occurrences?coming=40`, { token })).body;
    const todos = parseTodos((await fileOf(user, 'ics')).text);
    const rule = todos.get(id)?.find((line) => line.startsWith('RRULE:'));
    expect([due, until, coming.at(-1).date, rule]).toEqual([
      ...[due, until, last],
      `RRULE:FREQ=DAILY;UNTIL=${exported}`,
    ]);
  }
});
