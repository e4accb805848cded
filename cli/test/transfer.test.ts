import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { useApp } from '../../client/test/support/duly.ts';
import { buildBinary, newUser } from './support/duly.ts';

const app = useApp();
let binary: string;
beforeAll(async () => {
  binary = await buildBinary();
});

test('a file of another program is imported once, and its tasks are listed', async () => {
  const { home, run, succeed } = await newUser(app(), binary);
  const path = join(home, 'todo.txt');
  await writeFile(path, '(A) Call Bob due:2099-01-01\nBuy milk @shop\n');
  const trial = await succeed('import', path, '--dry-run');
  expect(trial).toMatch(/Call Bob/);
  expect(trial).toMatch(/ created +2\n/);
  expect(await succeed('list')).toBe('');
  await succeed('import', path);
  expect(JSON.parse(await succeed('import', path, '--json'))).toMatchObject({ created: 0, existing: 2 });
  expect(await succeed('list')).toMatch(/Call Bob +Thu 2099-01-01\n.*Buy milk/);
  const piped = await run(['import', '-', '--format', 'todo-txt', '--json'], { input: 'Read\n' });
  expect(JSON.parse(piped.stdout)).toMatchObject({ created: 1 });
});

test('what cannot be imported is told: a file that is not there, and one that is nothing', async () => {
  const { home, run } = await newUser(app(), binary);
  expect(await run(['import', join(home, 'none')])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('ENOENT'),
  });
  await writeFile(join(home, 'odd.csv'), '\u0000\u0001');
  const odd = await run(['import', join(home, 'odd.csv')]);
  expect(odd).toMatchObject({ code: 1, stdout: '' });
  expect(odd.stderr.length).toBeGreaterThan(10);
});

test('an export goes to standard output, or to a new file that only its user can read', async () => {
  const { home, run, succeed } = await newUser(app(), binary);
  await succeed('add', 'Buy milk');
  expect(JSON.parse(await succeed('export'))).toMatchObject({ tasks: [{ title: 'Buy milk' }] });
  const path = join(home, 'tasks.csv');
  expect(await succeed('export', '--format', 'csv', '-o', path)).toBe('');
  expect(await readFile(path, 'utf8')).toContain('Buy milk');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await run(['export', '-o', path])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('EEXIST'),
  });
});
