import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { urlOf } from '../support/database.ts';
import { responseStatus, startProcess, waitUntil } from '../support/process.ts';
import { newDataDirectory, startTestServer } from '../support/servers.ts';
import { restoreTags } from '../support/stored-tags.ts';
import { newClient } from '../support/tasks.ts';

const password = 'gentle-otter-42';
const email = 'first@example.com';

async function post(url: string, path: string, body: unknown) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return JSON.parse(await response.text());
}

test('the command line makes the first admin, and locks the service, beside a running server and without one', async () => {
  const env = { DATA_DIR: await newDataDirectory() };
  const admin = async (...args: string[]) => {
    const { code, stdout, stderr } = await startProcess(['admin', ...args], env).ended;
    return [code, (stdout + stderr).trim()];
  };
  const server = await startTestServer(env);
  await post(server.url, '/api/v1/auth/register', { email, password, first_name: 'F', last_name: '' });
  expect(await admin('grant', email.toUpperCase())).toEqual([
    0,
    `${email.toUpperCase()} has the role admin now and has to log in again`,
  ]);
  const { access_token } = await post(server.url, '/api/v1/auth/login', { email, password });
  const headers = { authorization: `Bearer ${access_token}` };
  expect((await fetch(`${server.url}/api/v1/admin/users`, { headers })).status).toBe(200);

  expect(await admin('lock')).toEqual([0, 'locked: every instance answers 503 within a second']);
  await waitUntil(async () => (await responseStatus(`${server.url}/api/v1/users/x/tasks`)) === 503);
  expect(await responseStatus(`${server.url}/health/ready`)).toBe(200);
  server.child.kill('SIGTERM');
  await server.ended;

  expect(await admin('status')).toEqual([0, expect.stringMatching(/^locked since 20/)]);
  expect(await admin('unlock')).toEqual([0, 'unlocked']);
  expect(await admin()).toEqual([0, 'not locked']);
  expect(await admin('grant', 'nobody@example.com')).toEqual([
    1,
    'admin: got "nobody@example.com", wants the email address of an account; register it first',
  ]);
  expect(await admin('dance')).toEqual([
    1,
    expect.stringMatching(/^admin: got "dance", wants create, .+, status$/),
  ]);
});

test('verify-data compares stored tags and counts with their source, and exits with 1 where they differ', async () => {
  const app = await startApp();
  const { db } = app.ctx;
  const verify = async () => {
    const env = { DATABASE_URL: urlOf(app.database.connection) };
    const { code, stdout, stderr } = await startProcess(['admin', 'verify-data'], env).ended;
    return [code, (stdout + stderr).trim()];
  };
  try {
    const client = await newClient(app, 'ada');
    const { id } = await client.create({ tags: ['home'] });
    const right = '1 tasks and 1 tags of 1 users: stored tags and counts are right';
    expect(await verify()).toEqual([0, right]);
    await sql`update duly.tasks set tags_version = null`.execute(db);
    expect(await verify()).toEqual([
      0,
      `${right}\nthe tags of 1 tasks are not on their rows yet: a job of a running server stores them`,
    ]);
    await sql`update duly.tasks set tags = '{}', tags_version = version`.execute(db);
    expect(await verify()).toEqual([1, `"ada": task ${id}: its row has the tags [], task_tags has ["home"]`]);
    await restoreTags(db);
  } finally {
    await app.close();
  }
});
