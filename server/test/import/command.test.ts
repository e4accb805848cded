import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { asAdmin, createDatabase, type TestDatabase, urlOf } from '../support/database.ts';
import { isLong } from '../support/long-tests.ts';
import { startProcess, temporaryDirectory } from '../support/process.ts';

let app: TestApp;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
/** Of a backend of the plans. */
let other: TestDatabase;
beforeAll(async () => {
  app = await startApp();
  directory = await temporaryDirectory();
  other = await createDatabase('empty');
});
afterAll(async () => {
  await other.drop();
  await app.close();
  await directory.remove();
});

const commandEnv = () => ({
  DATABASE_URL: urlOf(app.database.connection),
  DATA_DIR: app.ctx.config.dataDir,
});

async function admin(...args: string[]) {
  const { code, stdout, stderr } = await startProcess(['admin', ...args], commandEnv()).ended;
  return { code, stdout: stdout.split('\n').filter((line) => line !== ''), stderr };
}

/** Of twenty kills, or one. */
const killTimeoutMs = isLong ? 900_000 : 120_000;

async function newUser() {
  const user = await app.newUser();
  await app.request('POST', `${user.v1}/tasks`, { token: user.token, body: { title: 'First' } });
  return user;
}

const tasksOf = async ({ v1, token }: { v1: string; token: string }) =>
  (await app.request('GET', `${v1}/tasks?sort_by=title&sort_direction=asc&limit=100`, { token })).body.data;

describe('admin import', () => {
  test('tells line by line what would come of a file, stores it, and again nothing', async () => {
    const user = await newUser();
    const path = join(directory.path, 'todo.txt');
    await writeFile(path, 'Buy milk +home\n\nx 2026-11-20 Sweep\n');
    const rehearsal = await admin('import', user.id, path, '--dry-run');
    expect(rehearsal).toMatchObject({ code: 0, stderr: '2 of 2 tasks\n' });
    expect(rehearsal.stdout.map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      'created "line 1" "Buy milk" -',
      'created "line 3" Sweep -',
      ...['created 2', 'existing 0', 'skipped 0', 'projects 1', 'sections 0', 'stored false'],
    ]);
    expect(await tasksOf(user)).toHaveLength(1);
    expect((await admin('import', user.id, path)).stdout).toContain('created   2');
    expect((await admin('import', user.id, path)).stdout).toContain('existing  2');
    expect((await tasksOf(user)).map(({ title }: { title: string }) => title)).toEqual([
      ...['Buy milk', 'First', 'Sweep'],
    ]);
  });

  test('takes what admin export has written, for another user', async () => {
    const [one, two] = [await newUser(), await newUser()];
    const path = join(directory.path, 'export.json');
    expect(await admin('export', one.id, '--output', path)).toMatchObject({ code: 0, stderr: '' });
    expect(await admin('import', two.id, path)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^\d+ of \d+ tasks\n$/),
    });
    const { tasks } = JSON.parse(await readFile(path, 'utf8'));
    expect((await tasksOf(two)).map(({ id }: { id: string }) => id)).toContain(tasks[0].id);
  });

  test(
    'that is killed leaves whole groups, and a repetition finishes it',
    async () => {
      const path = join(directory.path, 'many.txt');
      const titles = Array.from({ length: 3_000 }, (_, index) => `Task ${index}`);
      await writeFile(path, titles.map((title) => `${title} @many`).join('\n'));
      for (let round = 0; round < (isLong ? 20 : 1); round += 1) {
        const user = await newUser();
        const { child, ended } = startProcess(['admin', 'import', user.id, path], commandEnv());
        const groups = 1 + Math.floor(Math.random() * 5);
        let printed = 0;
        child.stderr?.on('data', (text: string) => {
          printed += text.split('\n').length - 1;
          if (printed >= groups) child.kill('SIGKILL');
        });
        expect((await ended).signal).toBe('SIGKILL');
        const count = async () =>
          (await app.request('GET', `${user.v1}/tasks?limit=1&tags=many`, { token: user.token })).headers.get(
            'x-total-count',
          );
        const stored = Number(await count());
        expect([stored % 500, stored >= groups * 500]).toEqual([0, true]);
        expect((await admin('import', user.id, path)).stdout).toContain(`created   ${3_000 - stored}`);
        expect(Number(await count())).toBe(3_000);
      }
    },
    killTimeoutMs,
  );

  test.each([
    [['nobody', 'FILE'], 'wants the email address or the id of a user'],
    [['USER', '/nowhere/at-all'], 'cannot be read'],
    [['USER', 'FILE', '--format', 'paper'], 'wants duly-json, '],
    [['USER', 'FILE', '--quiet'], 'wants [--format …]'],
    [['USER', 'FILE', '--format', 'duly-json'], 'The file is not an export document: the JSON'],
    [['USER', 'BINARY'], 'looks like a file of no program that is known'],
  ])('refuses %j with one line', async (args, message) => {
    const { id } = await newUser();
    const [file, binary] = [join(directory.path, 'file.txt'), join(directory.path, 'binary')];
    await Promise.all([writeFile(file, 'Buy milk\n'), writeFile(binary, Buffer.from([0, 1, 2, 255]))]);
    const places: Record<string, string> = { USER: id, FILE: file, BINARY: binary };
    const { code, stdout, stderr } = await admin('import', ...args.map((arg) => places[arg] ?? arg));
    expect([code, stdout, stderr.split('\n').length, stderr]).toEqual([
      1,
      [],
      2,
      expect.stringContaining(message),
    ]);
  });
});

describe('admin import-database', () => {
  beforeAll(async () => {
    await asAdmin(
      `create table tasks (id uuid primary key, user_id varchar not null, title varchar, description varchar,
         completed boolean, priority varchar, due_date date, created_at timestamp, updated_at timestamp);
       create table tags (id uuid primary key, name varchar, user_id varchar);
       create table task_tags (task_id uuid references tasks, tag_id uuid references tags);
       insert into tasks select ('00000000-0000-4000-8000-00000000000' || n)::uuid, 'ada', 'Task ' || n, 'of ada',
         n = 2, 'High', '2026-12-24', '2026-01-02 03:04:05', '2026-02-03 04:05:06' from generate_series(1, 3) as n;
       insert into tasks values ('00000000-0000-4000-8000-00000000000a', 'bob', 'Of bob', null, false, 'Low', null,
         '2026-01-02', '2026-01-02');
       insert into tags values ('00000000-0000-4000-9000-000000000001', 'home', 'ada');
       insert into task_tags select id, '00000000-0000-4000-9000-000000000001' from tasks where user_id = 'ada'`,
      other.connection.database,
    );
    await asAdmin(
      `grant select on all tables in schema public to ${other.connection.user}`,
      other.connection.database,
    );
  });

  test('takes the tasks of each user to the same user here, with their ids, tags and times', async () => {
    const url = urlOf(other.connection);
    const rehearsal = await admin('import-database', url, '--dry-run');
    expect(rehearsal.stdout.filter((line) => line.startsWith('user'))).toEqual(['user ada', 'user bob']);
    expect((await admin('import-database', url)).code).toBe(0);
    const ada = await app.newUser('ada');
    expect(await tasksOf(ada)).toMatchObject([
      {
        ...{
          id: '00000000-0000-4000-8000-000000000001',
          title: 'Task 1',
          description: 'of ada',
          tags: ['home'],
        },
        ...{
          priority: 'High',
          due_date: '2026-12-24',
          completed: false,
          created_at: '2026-01-02T03:04:05.000Z',
        },
      },
      { title: 'Task 2', completed: true, completed_at: '2026-02-03T04:05:06.000Z' },
      { title: 'Task 3' },
    ]);
    expect(await tasksOf(await app.newUser('bob'))).toMatchObject([
      { title: 'Of bob', priority: 'Low', due_date: null },
    ]);
    const again = await admin('import-database', url, '--user', 'ada');
    expect(again.stdout).toEqual(expect.arrayContaining(['user ada', 'created   0', 'existing  3']));
  });

  test.each([
    ['no-url', 'is no URL of a database'],
    ['postgresql://127.0.0.1:1/x', 'The database cannot be read'],
    ['OWN', 'has no table tasks or task with a column user_id'],
  ])('of %s is refused with one line', async (url, message) => {
    const { code, stderr } = await admin(
      'import-database',
      url === 'OWN' ? urlOf(app.database.connection) : url,
    );
    expect([code, stderr.split('\n').length, stderr]).toEqual([1, 2, expect.stringContaining(message)]);
  });
});
