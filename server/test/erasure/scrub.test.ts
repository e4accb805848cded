import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { createMarkers, type Markers } from '../support/markers.ts';
import { type Server, startProcess } from '../support/process.ts';
import { newDataDirectory, startTestServer } from '../support/servers.ts';

/** The files below the directory that have the prefix of the markers. */
async function filesWith(directory: string, { prefix }: Markers): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    let end = '';
    try {
      for await (const chunk of createReadStream(path, { encoding: 'latin1' })) {
        if ((end + chunk).includes(prefix)) found.push(path);
        end = String(chunk).slice(-prefix.length);
      }
    } catch {
      // It was removed meanwhile.
    }
  }
  return [...new Set(found)];
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects and fails on anything else
async function request(server: Server, method: string, path: string, body: object, token = ''): Promise<any> {
  const response = await fetch(server.url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token !== '' && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  return response.json();
}

test('after an erasure and a scrub no file below DATA_DIR has what was written', async () => {
  const markers = createMarkers();
  const dataDir = await newDataDirectory();
  const server = await startTestServer({ DATA_DIR: dataDir });
  const registration = {
    email: `${markers.next('email')}@example.com`,
    password: 'gentle-otter-42',
    first_name: markers.next('first name'),
    last_name: 'x',
  };
  const { access_token: token, user } = await request(server, 'POST', '/api/v1/auth/register', registration);
  const path = `/api/v1/users/${user.id}/tasks`;
  const title = markers.next('title');
  const operations = Array.from({ length: 100 }, () => ({ op: 'create', title }));
  for (let count = 0; count < 5; count += 1)
    await request(server, 'POST', `${path}/bulk`, { operations }, token);
  await request(server, 'POST', path, { title: markers.next('other'), tags: [markers.next('tag')] }, token);
  expect((await filesWith(dataDir, markers)).length).toBeGreaterThan(0);

  const env = { DATA_DIR: dataDir, BETTER_AUTH_SECRET: secret };
  const erased = await startProcess(['admin', 'delete', user.id], env).ended;
  expect([erased.code, erased.stderr]).toEqual([0, '']);
  const scrubbed = await startProcess(['admin', 'scrub'], env).ended;
  expect([scrubbed.code, scrubbed.stderr]).toEqual([0, '']);
  expect(scrubbed.stdout).toContain('rewriting duly.tasks\n');
  expect(scrubbed.stdout).toMatch(/\ndone: no file of the database has what was deleted\n$/);
  expect(await filesWith(dataDir, markers)).toEqual([]);
  server.child.kill('SIGTERM');
  const { stdout, stderr } = await server.ended;
  // In development, mails are written to the log.
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => !line.includes('"mail":'));
  expect(lines.join('\n')).not.toContain(markers.prefix);
  expect(await filesWith(dataDir, markers)).toEqual([]);
});
