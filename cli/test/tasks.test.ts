import { beforeAll, expect, test } from 'vitest';
import { useApp } from '../../client/test/support/duly.ts';
import { buildBinary, newMachine, newUser, parseTasks } from './support/duly.ts';

const app = useApp();
let binary: string;
beforeAll(async () => {
  binary = await buildBinary();
});

test('a line becomes a task, which is listed, completed, taken back and deleted by its number', async () => {
  const { succeed, account } = await newUser(app(), binary);
  const added = await succeed('add', 'Buy milk tomorrow 9am @home !high');
  expect(added).toMatch(/^Added 1: Buy milk\n/);
  expect(added).toMatch(/date +tomorrow \(\d{4}-\d\d-\d\d\) +from "tomorrow"/);
  expect(added).toMatch(
    /time +09:00 +from "9am"\n +tag +home +from "@home"\n +priority +High +from "!high"\n/,
  );
  const { body } = await account.send(account.token, 'GET', '/tasks');
  expect(body.data).toMatchObject([
    { title: 'Buy milk', due_time: '09:00', tags: ['home'], priority: 'High' },
  ]);
  expect(await succeed('list')).toBe('1  !  Buy milk  tomorrow 09:00  @home\n');
  expect(await succeed('done', '1')).toBe('Done: 1 Buy milk\n');
  expect(await succeed('list')).toBe('');
  expect((await account.send(account.token, 'GET', '/tasks')).body.data[0].completed).toBe(true);
  expect(await succeed('undo')).toBe('Pending again: 1 Buy milk\n');
  expect(parseTasks(await succeed('list', '--json'))).toMatchObject([{ number: 1, completed: false }]);
  expect(await succeed('rm', '1')).toBe('Moved to the trash: 1 Buy milk\n');
  expect((await account.send(account.token, 'GET', '/tasks')).body.data).toEqual([]);
});

test('words without quotes are one line, and --dry-run stores nothing', async () => {
  const { succeed } = await newUser(app(), binary);
  expect(await succeed('add', '--dry-run', 'Call', 'Bob', 'friday')).toMatch(/^Call Bob\n +date/);
  expect(await succeed('list')).toBe('');
  await succeed('add', 'Call', 'Bob', '--description', 'about the car');
  expect(parseTasks(await succeed('list', '--json'))).toMatchObject([
    { title: 'Call Bob', description: 'about the car' },
  ]);
});

test('a project is named by #name; a name of none stays in the title, and a note says so', async () => {
  const { succeed, run, account } = await newUser(app(), binary);
  await account.send(account.token, 'POST', '/projects', { name: 'House' });
  await succeed('list');
  await succeed('add', 'Paint the door #house');
  expect(await succeed('list', '--project', 'HOUSE')).toBe('1  Paint the door  #House\n');
  const unknown = await run(['add', 'Mow #garden']);
  expect(unknown.stderr).toContain('There is no project "garden"');
  expect(await succeed('list', '--project', 'none')).toBe('2  Mow #garden\n');
  expect(await run(['list', '--project', 'garden'])).toMatchObject({ code: 4, stdout: '' });
});

test('lists are filtered by words, tags, priority, due date and status, and ordered', async () => {
  const { succeed, run, account } = await newUser(app(), binary);
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const tasks = [
    { title: 'Straße kehren', tags: ['home', 'out'], due_date: day(1) },
    { title: 'old', due_date: day(-3), priority: 'Low' },
    { title: 'now', due_date: day(0), priority: 'High' },
    { title: 'later', due_date: day(20), tags: ['home'] },
    { title: 'never' },
    { title: 'hidden', start_date: day(5) },
  ];
  for (const task of tasks) await account.send(account.token, 'POST', '/tasks', task);
  const titles = async (...args: string[]) =>
    parseTasks(await succeed(...args, '--json')).map(({ title }) => title);
  expect(await titles('list')).toEqual(['old', 'now', 'Straße kehren', 'later', 'never']);
  expect(await titles('list', '--sort', 'priority')).toEqual([
    ...['now', 'Straße kehren', 'later', 'never', 'old'],
  ]);
  expect(await titles('today')).toEqual(['old', 'now']);
  expect(await titles('list', '--due', 'overdue')).toEqual(['old']);
  expect(await titles('list', '--due', 'week')).toEqual(['now', 'Straße kehren']);
  expect(await titles('list', '--due', 'none')).toEqual(['never']);
  expect(await titles('list', '-t', 'HOME')).toEqual(['Straße kehren', 'later']);
  expect(await titles('list', '-t', 'home', '-t', 'out')).toEqual(['Straße kehren']);
  expect(await titles('list', '--priority', 'high')).toEqual(['now']);
  expect(await titles('list', '--deferred', 'hid')).toEqual(['hidden']);
  const limited = await run(['list', '--limit', '1', '--json']);
  expect(limited.stderr).toBe('4 more\n');
  const [first] = parseTasks(limited.stdout);
  expect(first?.title).toBe('old');
  await succeed('done', String(first?.number));
  expect(await titles('search', 'OLD')).toEqual(['old']);
  expect(await titles('list', '--status', 'completed')).toEqual(['old']);
});

test('a completion of a repeating task is of its occurrence, and can be taken back', async () => {
  const { succeed, account } = await newUser(app(), binary);
  await succeed('add', 'Water the plants every day starting 2099-01-01');
  expect(await succeed('done', '1')).toBe('Done, next Fri 2099-01-02: 1 Water the plants\n');
  const task = async () => (await account.send(account.token, 'GET', '/tasks')).body.data[0];
  expect(await task()).toMatchObject({ completed: false, occurrence: '2099-01-02' });
  expect(await succeed('undo')).toBe('Pending again: 1 Water the plants\n');
  expect(await task()).toMatchObject({ completed: false, occurrence: '2099-01-01' });
});

test('numbers stay with their tasks, and a deleted task does not give its number away on the same day', async () => {
  const { succeed } = await newUser(app(), binary);
  for (const title of ['a', 'b', 'c']) await succeed('add', title);
  await succeed('rm', '2');
  await succeed('done', '1');
  await succeed('add', 'd');
  expect(await succeed('list')).toBe('3  c\n4  d\n');
});

test('several tasks are named at once; if one of them does not exist, none is changed', async () => {
  const { succeed, run } = await newUser(app(), binary);
  for (const title of ['a', 'b', 'c']) await succeed('add', title);
  const missing = await run(['done', '1', '17']);
  expect(missing).toMatchObject({ code: 4, stdout: '' });
  expect(missing.stderr).toContain('There is no task "17"');
  const [, { id } = { id: '' }] = parseTasks(await succeed('list', '--json'));
  expect(await succeed('done', '3', id)).toBe('Done: 3 c\nDone: 2 b\n');
  expect(await succeed('list')).toBe('1  a\n');
});

test('days are those of the time zone of the profile', async () => {
  const { account, run, succeed } = await newUser(app(), binary);
  await account.send(account.token, 'PATCH', '', { time_zone: 'Pacific/Kiritimati' });
  await succeed('list');
  const ahead = new Date(Date.now() + 14 * 3_600_000).toISOString().slice(0, 10);
  const { stdout } = await run(['add', 'x today', '--json']);
  expect(JSON.parse(stdout).task).toMatchObject({ number: 1, title: 'x', due_date: ahead });
  expect(await succeed('today')).toBe('1  x  today\n');
});

test('another machine of the same user has the tasks', async () => {
  const { account, succeed } = await newUser(app(), binary);
  await succeed('add', 'from the desk');
  const laptop = await newMachine(binary);
  const { code } = await laptop.run(['login', app().url, '--email', account.email], {
    input: 'gentle-otter-42\n',
  });
  expect(code).toBe(0);
  expect(await laptop.succeed('list')).toBe('1  from the desk\n');
});
