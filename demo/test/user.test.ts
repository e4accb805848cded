import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDuly, type Duly } from '../../client/src/index.ts';
import { secret } from '../../server/test/support/app.ts';
import { freePort, postTask, waitUntil } from '../../server/test/support/process.ts';
import {
  createMigratedDatabase,
  newDataDirectory,
  startTestServer,
} from '../../server/test/support/servers.ts';
import { person } from '../src/content.ts';
import { dayFrom } from '../src/days.ts';
import { startDemo } from './support.ts';

async function logIn(url: string): Promise<Duly> {
  const { email, password } = person;
  const { access_token: token } = await createDuly({ url }).auth.login({ email, password });
  return createDuly({ url, token });
}

async function totalsOf({ tasks, projects, views, reminders, trash }: Duly) {
  const lists = {
    tasks: tasks.list({ limit: 1 }),
    completed: tasks.list({ limit: 1, status: 'completed' }),
    overdue: tasks.list({ limit: 1, due: 'overdue' }),
    projects: projects.list({ limit: 1 }),
    views: views.list({ limit: 1 }),
    reminders: reminders.list({ limit: 1 }),
    trash: trash.list({ limit: 1 }),
  };
  const totals = Object.entries(lists).map(async ([name, list]) => [name, (await list).pagination.total]);
  return Object.fromEntries(await Promise.all(totals));
}

async function startServer() {
  const DATABASE_URL = await createMigratedDatabase();
  const { url } = await startTestServer({ DATABASE_URL, DATA_DIR: await newDataDirectory() });
  return { url, env: { DATABASE_URL, PORT: new URL(url).port, BETTER_AUTH_SECRET: secret } };
}

test('a running server gets one user with weeks of history, and no second one', async () => {
  const { url, env } = await startServer();
  const first = await startDemo([], env).ended;
  expect(first).toEqual({ code: 0, output: expect.stringContaining('Filled.') });
  for (const word of [person.email, person.password, `http://localhost:${env.PORT}`])
    expect(first.output).toContain(word);
  const duly = await logIn(url);
  const totals = await totalsOf(duly);
  expect(totals).toMatchObject({ projects: 4, views: 3, reminders: 8, trash: 1 });
  expect(totals.completed).toBeGreaterThan(40);
  expect(totals.overdue).toBeGreaterThan(1);

  const { data: done } = await duly.tasks.list({ status: 'completed', limit: 100 });
  const days = new Set(done.map(({ completed_at }) => completed_at?.slice(0, 10)));
  expect(days.size).toBeGreaterThan(20);
  expect([...days].filter((day = '') => day < dayFrom(new Date(), -28)).length).toBeGreaterThan(3);
  const { data: found } = await duly.tasks.list({ search: 'Stretch for ten minutes' });
  expect(found).toMatchObject([{ due_date: dayFrom(new Date(), 0), recurrence: 'FREQ=DAILY' }]);
  const { pagination } = await duly.tasks.occurrences(found[0]?.id ?? '', { limit: 1 });
  expect(pagination.total).toBe(56);
  const { data: kitchen } = await duly.tasks.list({ search: 'Pack the kitchen' });
  expect(kitchen).toMatchObject([{ progress: { done: 1, total: 4 } }]);

  const second = await startDemo([], env).ended;
  expect(second).toEqual({ code: 0, output: expect.stringContaining('there already') });
  expect(await totalsOf(duly)).toEqual(totals);
});

test('what a run that was cut off left is completed', async () => {
  const { url, env } = await startServer();
  const whole = startDemo([], env);
  await whole.ended;
  const duly = await logIn(url);
  const totals = await totalsOf(duly);
  for await (const view of duly.views.all()) {
    await duly.views.delete(view.id);
    await duly.views.purge(view.id);
  }
  expect(await startDemo([], env).ended).toMatchObject({ code: 0, output: /Filled\./ });
  expect(await totalsOf(duly)).toEqual(totals);
});

test('without a server one is started on DATA_DIR, and stopped by Ctrl-C', async () => {
  const DATA_DIR = await newDataDirectory();
  const demo = startDemo([], { DATA_DIR, PORT: String(await freePort()) });
  await waitUntil(() => demo.output().includes('Ctrl-C'));
  const pidFile = join(DATA_DIR, 'postgres', 'postmaster.pid');
  expect(existsSync(pidFile)).toBe(true);
  demo.child.kill('SIGINT');
  expect(await demo.ended).toMatchObject({ code: 0 });
  expect(existsSync(pidFile)).toBe(false);
});

test('a production database with users is left alone unless that is asked for', async () => {
  const { url, env } = await startServer();
  await postTask(url, 'ada', 'milk');
  const production = { NODE_ENV: 'production', BETTER_AUTH_URL: 'https://duly.example.com' };
  const settings = { ...env, ...production, BETTER_AUTH_SECRET: randomBytes(32).toString('base64') };
  expect(await startDemo([], settings).ended).toEqual({
    code: 1,
    output: expect.stringContaining('--production fills it all the same'),
  });
  await expect(logIn(url)).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
  expect(await startDemo(['--production'], settings).ended).toMatchObject({ code: 0 });
  await logIn(url);
});

test.each([
  [['--seconds', '3'], '--seconds goes with --chaos only'],
  [['--chaos', '--seconds', '3'], '--seconds: got "3", wants a whole number, 5 to 86400'],
  [['--chaos', '--seed', '-1'], 'npm run demo'],
  [['--anything'], "Unknown option '--anything'"],
])('%j is refused', async (args, message) => {
  expect(await startDemo(args).ended).toEqual({ code: 1, output: expect.stringContaining(message) });
});
