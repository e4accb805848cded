import ICAL from 'ical.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ComingOccurrence } from '../../src/occurrences/model.ts';
import type { Task } from '../../src/tasks/model.ts';
import { startApp, type TestApp, type TestUser } from '../support/app.ts';
import { naughtyStrings } from '../support/naughty.ts';
import { seeded } from '../support/random.ts';

/** Other tasks: `DULY_TEST_SEED=7 npm test -- server/test/export/ics-parser.test.ts`. */
const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_128);
const taskCount = 240;
const comingCount = 12;

const projectName = 'House; garden, "yard" \\ more 🏡';

const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'UTC',
];

/** Rules with a date that they have. */
const rules: readonly (readonly [rule: string, due: string])[] = [
  ['FREQ=DAILY', '2027-03-20'],
  ['FREQ=DAILY;INTERVAL=3;COUNT=9', '2027-10-25'],
  ['freq=weekly;byday=mo,th', '2027-10-25'],
  ['FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO', '2027-03-22'],
  ['FREQ=WEEKLY;UNTIL=20270401', '2027-03-01'],
  ['FREQ=MONTHLY;BYMONTHDAY=31', '2027-01-31'],
  ['FREQ=MONTHLY;BYMONTHDAY=-1', '2027-02-28'],
  ['FREQ=MONTHLY;BYDAY=-1FR', '2027-01-29'],
  ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2', '2027-01-28'],
  ['FREQ=YEARLY;COUNT=4', '2028-02-29'],
  ['FREQ=YEARLY;BYMONTH=3,11;BYDAY=1SU', '2027-03-07'],
];

let app: TestApp;
let user: TestUser;
let todos: ReadonlyMap<string, ICAL.Component>;
let text: string;
const tasks: Task[] = [];

const send = async (method: string, path: string, body?: object) => {
  const { status, body: answer } = await app.request(method, `${user.v1}${path}`, {
    token: user.token,
    ...(body === undefined ? {} : { body }),
  });
  return status < 300 ? answer : null;
};

beforeAll(async () => {
  app = await startApp();
  user = await app.newUser();
  const project = (await send('POST', '/projects', { name: projectName })).data;
  for (const body of newTasks(project.id)) {
    const created = await send('POST', '/tasks', body);
    // Some texts are no titles, and some are no tags.
    if (created !== null) tasks.push(created.data);
  }
  const parent = tasks[0]?.id ?? '';
  for (const id of [tasks[1]?.id, tasks[2]?.id]) await send('PATCH', `/tasks/${id}`, { parent_id: parent });
  for (const { id, recurrence } of tasks.slice(3))
    if (recurrence !== null && Number.parseInt(id.slice(0, 2), 16) % 2 === 0) await exclude(id);
  for (const [index, { id }] of tasks.entries()) tasks[index] = (await send('GET', `/tasks/${id}`)).data;
  text = (await app.request('GET', `${user.v1}/export?format=ics`, { token: user.token })).text;
  const calendar = new ICAL.Component(ICAL.parse(text));
  todos = new Map(
    calendar
      .getAllSubcomponents('vtodo')
      .map((todo) => [String(todo.getFirstPropertyValue('uid')), todo] as const),
  );
});
afterAll(() => app.close());

function newTasks(projectId: string): object[] {
  const random = seeded(seed);
  const long = () => random.some(naughtyStrings, 0.2).join(random.pick([' ', '\n', ',', '; ', '\\n', '']));
  return Array.from({ length: taskCount }, (_, index) => {
    const [rule, date] = random.pick(rules);
    const repeats = random.chance(0.4);
    const due = repeats || random.chance(0.7) ? { due_date: date } : {};
    const hasTime = 'due_date' in due && random.chance(0.6);
    return {
      ...due,
      ...(hasTime ? { due_time: random.pick(['00:00', '02:30', '09:15', '23:59']) } : {}),
      ...(hasTime && random.chance(0.6) ? { time_zone: random.pick(zones) } : {}),
      ...(repeats ? { recurrence: rule, recurrence_from: random.pick(['due', 'due', 'completion']) } : {}),
      ...(random.chance(0.3) ? { start_date: random.pick(['2026-12-01', date]) } : {}),
      ...(random.chance(0.3) ? { project_id: projectId } : {}),
      ...(random.chance(0.2) && !repeats ? { completed: true } : {}),
      title: random.chance(0.8) ? random.pick(naughtyStrings) : '👨‍👩‍👧‍👦 é ß 𠜎 '.repeat(12).trim(),
      description: random.chance(0.7) ? `${index}: ${long()}`.slice(0, 1_000) : null,
      priority: random.pick(['High', 'Medium', 'Low']),
      tags: random.some(['home', 'a,b', 'semi;colon', 'back\\slash', '"q"', '😀', 'x:y'], 0.4),
    };
  });
}

/** Excludes a later date of the rule. */
async function exclude(id: string): Promise<void> {
  const { coming } = await send('GET', `/tasks/${id}/occurrences?coming=3`);
  if (coming[2] !== undefined) await send('PATCH', `/tasks/${id}`, { excluded_dates: [coming[2].date] });
}

function todoOf({ id }: Task): ICAL.Component {
  const todo = todos.get(id);
  if (todo === undefined) throw new Error(`the task ${id} is not in the file`);
  return todo;
}

/** A time as the parser reads it: a date, a time on a clock, or an instant. */
function readTime(value: unknown): string | null {
  if (!(value instanceof ICAL.Time)) return null;
  if (value.isDate) return value.toString();
  const zone = value.zone?.tzid ?? 'floating';
  if (zone === 'floating') return value.toString();
  return new Date(value.toUnixTime() * 1_000).toISOString();
}

const timeOf = (todo: ICAL.Component, name: string) => readTime(todo.getFirstPropertyValue(name));

/** Without milliseconds. */
const second = (iso: string | null) => (iso === null ? null : `${iso.slice(0, 19)}.000Z`);

/** Control characters have no place in a text, and all line breaks are one (RFC 5545 §3.3.11). */
const plain = (value: string | null) =>
  value === null || value === ''
    ? null
    : // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go
      value.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '').replaceAll(/\r\n?/g, '\n');

/** When an occurrence is due, as the parser reads it. */
function dueOf({ due_time, time_zone }: Task, date: string, instant: string | null): string {
  if (due_time === null) return date;
  return time_zone === null ? `${date}T${due_time}:00` : String(second(instant));
}

test('every task is in the file once', () => {
  expect(tasks.length).toBeGreaterThan(taskCount / 4);
  expect([...todos.keys()].sort()).toEqual(tasks.map(({ id }) => id).sort());
});

test('no line has more than 75 octets, and no character is cut', () => {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  let start = 0;
  const bytes = Buffer.from(text);
  for (let end = bytes.indexOf('\r\n'); end >= 0; end = bytes.indexOf('\r\n', start)) {
    expect(end - start).toBeLessThanOrEqual(75);
    utf8.decode(bytes.subarray(start, end));
    start = end + 2;
  }
  expect(start).toBe(bytes.length);
});

describe(`an independent parser reads of each task, seed ${seed}`, () => {
  test('its texts', () => {
    for (const task of tasks) {
      const todo = todoOf(task);
      const value = (name: string) => todo.getFirstPropertyValue(name);
      expect({
        title: value('summary'),
        description: value('description'),
        tags: todo.getFirstProperty('categories')?.getValues() ?? [],
        // The parser leaves values of names that it does not know as they are.
        project: String(value('x-duly-project')).replaceAll(/\\([\\;,])/g, '$1'),
      }).toEqual({
        title: plain(task.title),
        description: plain(task.description),
        tags: task.tags,
        project: task.project_id === null ? 'null' : projectName,
      });
    }
  });

  test('its state', () => {
    for (const task of tasks) {
      const todo = todoOf(task);
      const value = (name: string) => todo.getFirstPropertyValue(name);
      expect({
        status: value('status'),
        priority: value('priority'),
        sequence: value('sequence'),
        parent: value('related-to'),
        from: value('x-duly-recurrence-from'),
        times: ['created', 'last-modified', 'dtstamp', 'completed'].map((name) => timeOf(todo, name)),
      }).toEqual({
        status: task.completed ? 'COMPLETED' : 'NEEDS-ACTION',
        priority: { High: 1, Medium: 5, Low: 9 }[task.priority],
        sequence: task.version - 1,
        parent: task.parent_id,
        from: task.recurrence === null ? null : task.recurrence_from.toUpperCase(),
        times: [task.created_at, task.updated_at, task.updated_at, task.completed_at].map(second),
      });
    }
  });

  test('when it is due and begins', () => {
    for (const task of tasks.filter(({ recurrence }) => recurrence === null)) {
      const { due_date: date, due_time: time, start_date: start } = task;
      // Both would have to be of one type, and the begin before the end.
      const hasStart = start !== null && (date === null || (time === null && start < date));
      const todo = todoOf(task);
      expect([timeOf(todo, 'due'), timeOf(todo, 'dtstart')]).toEqual([
        date === null ? null : dueOf(task, date, task.due_at),
        hasStart ? start : null,
      ]);
    }
  });

  test('the dates of its rule, without those that are excluded', async () => {
    const repeating = tasks.filter(
      ({ recurrence, recurrence_from }) => recurrence !== null && recurrence_from === 'due',
    );
    expect(repeating.length).toBeGreaterThan(10);
    expect(repeating.some(({ excluded_dates }) => excluded_dates.length > 0)).toBe(true);
    for (const task of repeating) {
      const todo = todoOf(task);
      expect(todo.hasProperty('due')).toBe(false);
      const dtstart = todo.getFirstPropertyValue('dtstart');
      if (!(dtstart instanceof ICAL.Time)) throw new Error('there is no DTSTART');
      const expansion = new ICAL.RecurExpansion({ component: todo, dtstart });
      const found: (string | null)[] = [];
      for (let next = expansion.next(); next && found.length < comingCount; next = expansion.next())
        found.push(readTime(next));
      const { coming } = await send('GET', `/tasks/${task.id}/occurrences?coming=${comingCount}`);
      const expected = coming.map((one: ComingOccurrence) => dueOf(task, one.due_date, one.due_at));
      expect([task.recurrence, task.due_time, task.time_zone, found]).toEqual([
        ...[task.recurrence, task.due_time, task.time_zone],
        expected,
      ]);
    }
  });
});
