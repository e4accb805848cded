import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { blocksOf, runSnippet } from '../support/snippets.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

test('the tour of the README does what it says', async () => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
  const [, tour = ''] = readme.split('## A tour with curl\n');
  const [script = 'false'] = blocksOf(tour, 'sh');
  const stdout = await runSnippet('sh', script.replace('http://localhost:8000', app.url), {});
  const answers = stdout
    .replaceAll('}{', '}\n{')
    .split('\n')
    .map((line) => JSON.parse(line));
  const [called, searched, filtered, patched, completed, tags, bare, deleted, loggedOut] = answers;
  expect(answers).toHaveLength(9);
  expect(called).toMatchObject({ status_code: 201, data: { title: 'Call Bob', priority: 'Medium' } });
  for (const list of [searched, filtered])
    expect(list).toMatchObject({ data: [{ title: 'Buy milk' }], pagination: { total: 1 } });
  expect(patched.data).toMatchObject({ title: 'Buy oat milk', version: 2 });
  expect(completed.data).toMatchObject({ completed: true, version: 3 });
  expect(tags.data).toEqual([
    { name: 'home', usage_count: 1 },
    { name: 'shopping', usage_count: 1 },
  ]);
  expect(bare).toEqual(completed.data);
  expect(deleted).toEqual({ data: null, message: 'Task deleted successfully', status_code: 200 });
  expect(loggedOut).toEqual({ data: null, message: 'Logged out successfully', status_code: 200 });
});
