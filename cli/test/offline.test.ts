import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { useApp } from '../../client/test/support/duly.ts';
import { startForwarder } from '../../server/test/support/forwarder.ts';
import { waitUntil } from '../../server/test/support/process.ts';
import { buildBinary, dataDirectoryOf, newUser } from './support/duly.ts';

const app = useApp();
let binary: string;
beforeAll(async () => {
  binary = await buildBinary();
});

/** A user whose way to the server can be cut: new connections then lead nowhere. */
async function newTraveller() {
  const way = await startForwarder();
  const mend = () => way.setTarget(Number(new URL(app().url).port));
  mend();
  const user = await newUser(app(), binary, `http://127.0.0.1:${way.port}`);
  const { account } = user;
  const onServer = async () =>
    (await account.send(account.token, 'GET', '/tasks?sort_direction=asc')).body.data;
  return { ...user, onServer, mend, cut: () => way.setTarget(1) };
}

const mirrorOf = async (home: string): Promise<string> => join(await dataDirectoryOf(home), 'mirror.jsonl');

test('without a network, tasks are added, changed and listed, and it says what is not sent; then all is sent', async () => {
  const { cut, mend, onServer, run, succeed } = await newTraveller();
  await succeed('add', 'before');
  cut();
  expect(await run(['add', 'Buy bread tomorrow 8am'])).toEqual({
    code: 0,
    stdout: expect.stringContaining('Added 2: Buy bread'),
    stderr: 'Offline: the server cannot be reached. 1 change is not sent yet\n',
  });
  expect((await run(['done', '1'])).stderr).toContain('2 changes are not sent yet');
  expect((await run(['list'])).stdout).toBe('2  Buy bread  tomorrow 08:00\n');
  expect(await run(['sync'])).toMatchObject({ code: 6 });
  expect(await onServer()).toMatchObject([{ title: 'before', completed: false }]);
  mend();
  expect(await succeed('sync')).toBe('Everything is sent and fetched\n');
  expect(await onServer()).toMatchObject([
    { title: 'before', completed: true },
    { title: 'Buy bread', due_time: '08:00' },
  ]);
  // The number that it had before the server gave it an id.
  expect(await succeed('list')).toBe('2  Buy bread  tomorrow 08:00\n');
});

test('--offline leaves the network alone', async () => {
  const { onServer, run, succeed } = await newTraveller();
  const { code, stderr } = await run(['add', 'later', '--offline']);
  expect([code, stderr]).toEqual([0, 'Offline. 1 change is not sent yet\n']);
  expect((await run(['list', '--offline'])).stdout).toBe('1  later\n');
  expect(await onServer()).toEqual([]);
  await succeed('list');
  expect(await onServer()).toMatchObject([{ title: 'later' }]);
});

test('many processes at once lose and double nothing, and give each task a number of its own', async () => {
  const { onServer, run, succeed } = await newTraveller();
  const titles = Array.from({ length: 8 }, (_, index) => `task ${index}`);
  const results = await Promise.all(
    titles.map((title, index) => run(['add', title, ...(index % 2 === 0 ? ['--offline'] : [])])),
  );
  expect(results.map(({ code }) => code)).toEqual(titles.map(() => 0));
  const numbers = results.map(({ stdout }) => Number(/^Added (\d+)/.exec(stdout)?.[1]));
  expect(numbers.sort()).toEqual(titles.map((_, index) => index + 1));
  await succeed('sync');
  expect((await onServer()).map(({ title }: { title: string }) => title).sort()).toEqual(titles);
});

test('a process that is killed leaves no lock, and what it wrote before stays', async () => {
  const { cut, mend, onServer, run, start, succeed } = await newTraveller();
  cut();
  for (let round = 0; round < 4; round += 1) {
    const { child, ended } = start(['add', `round ${round}`]);
    await waitUntil(
      async () =>
        child.exitCode !== null || (await run(['list', '--offline'])).stdout.includes(`round ${round}`),
    );
    child.kill('SIGKILL');
    await ended;
  }
  mend();
  await succeed('sync');
  expect((await onServer()).map(({ title }: { title: string }) => title)).toEqual([
    ...['round 0', 'round 1', 'round 2', 'round 3'],
  ]);
});

test('a line that was cut off never happened, and the next one is whole', async () => {
  const { home, onServer, run, succeed } = await newTraveller();
  await run(['add', 'kept', '--offline']);
  await appendFile(await mirrorOf(home), '[["queue 1-x",{"order":"1-');
  await run(['add', 'next', '--offline']);
  await succeed('sync');
  expect((await onServer()).map(({ title }: { title: string }) => title)).toEqual(['kept', 'next']);
  await appendFile(await mirrorOf(home), 'rubbish\n');
  const damaged = await run(['list']);
  expect(damaged).toMatchObject({ code: 1, stderr: expect.stringContaining('is damaged') });
});

test('the file of the mirror does not grow with the number of changes', async () => {
  const { account, home, run, succeed } = await newTraveller();
  await succeed('add', 'again and again');
  const { body } = await account.send(account.token, 'GET', '/tasks');
  const [{ id }] = body.data;
  const path = await mirrorOf(home);
  // As many replaced values as make it write the file anew.
  const line = (await readFile(path, 'utf8')).split('\n').find((one) => one.includes(`item task ${id}`));
  await appendFile(path, `${line}\n`.repeat(600));
  expect((await run(['list'])).stdout).toBe('1  again and again\n');
  expect((await readFile(path, 'utf8')).split('\n').length).toBeLessThan(10);
});

test('a field that both sides have changed is kept as it was changed here, and both values are shown', async () => {
  const { account, onServer, run, succeed, addProgram } = await newTraveller();
  await succeed('add', 'milk');
  const [{ id }] = await onServer();
  const editor = await addProgram('editor', '#!/bin/sh\nsed -i "s/^title: .*/title: oat milk/" "$1"\n');
  await run(['edit', '1', '--offline'], { env: { EDITOR: editor } });
  await account.send(account.token, 'PATCH', `/tasks/${id}`, { title: 'soy milk', priority: 'High' });
  const { code, stderr, stdout } = await run(['sync', '--json']);
  expect(code).toBe(0);
  expect(stderr).toContain('Conflict: the task "soy milk" was changed elsewhere too');
  expect(stderr).toContain('title: kept "oat milk", elsewhere it was "soy milk"');
  expect(await onServer()).toMatchObject([{ title: 'oat milk', priority: 'High' }]);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ done: true, pending: 0, refused: [] },
    conflicts: [
      {
        ...{ noun: 'task', id, fields: ['title'], base: { title: 'milk' } },
        ...{ mine: { title: 'oat milk' }, theirs: { title: 'soy milk', priority: 'High' } },
      },
    ],
  });
});

test('a write that the server refuses is undone, told, and an error', async () => {
  const { account, onServer, run, succeed } = await newTraveller();
  await succeed('add', 'milk');
  const [{ id }] = await onServer();
  await run(['done', '1', '--offline']);
  await account.send(account.token, 'DELETE', `/tasks/${id}`);
  const { code, stderr, stdout } = await run(['sync', '--json']);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('Refused and undone: update of the task "milk"'),
  ]);
  const refusal = { noun: 'task', op: 'update', id, fields: { completed: true } };
  expect(JSON.parse(stdout)).toEqual({
    ...{ done: true, pending: 0, conflicts: [] },
    refused: [{ ...refusal, error: expect.objectContaining({ error_code: 'NOT_FOUND', status_code: 404 }) }],
  });
  expect((await run(['sync'])).code).toBe(0);
});
