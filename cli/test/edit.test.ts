import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { useApp } from '../../client/test/support/duly.ts';
import { buildBinary, newUser, systemNode } from './support/duly.ts';

const app = useApp();
let binary: string;
beforeAll(async () => {
  binary = await buildBinary();
});

/** A user with the task "milk", and an editor that is a shell script. */
async function newWriter(script: string) {
  const user = await newUser(app(), binary);
  const { account } = user;
  await account.send(account.token, 'POST', '/projects', { name: 'House' });
  await user.succeed('add', 'milk 2099-01-02 9am @shop', '--description', 'two bottles');
  const task = async () => (await account.send(account.token, 'GET', '/tasks')).body.data[0];
  const editor = await user.addProgram('editor', `#!/bin/sh\n${script}\n`);
  const edit = (...args: string[]) => user.run(['edit', '1', ...args], { env: { EDITOR: `env ${editor}` } });
  return { ...user, task, edit };
}

test('the editor gets the task as text, in a file of its user alone, and what it changes is changed', async () => {
  const { edit, home, task } = await newWriter(`
    cp "$1" "$HOME/before"; stat -c %a "$1" > "$HOME/mode"
    sed -i -e "s/^title: .*/title: oat milk/" -e "s/^due: .*/due: 2099-01-03/" -e "s/^tags: .*/tags: shop, food/" \\
      -e "s/^priority: .*/priority: high/" -e "s/^project:.*/project: house/" "$1"
    echo "and bread" >> "$1"`);
  expect(await edit()).toEqual({ code: 0, stdout: 'Changed: 1 oat milk\n', stderr: '' });
  expect(await task()).toMatchObject({
    ...{ title: 'oat milk', due_date: '2099-01-03', due_time: null, priority: 'High' },
    ...{ tags: ['food', 'shop'], description: 'two bottles\nand bread', project_id: expect.any(String) },
  });
  const before = await readFile(join(home, 'before'), 'utf8');
  expect(before).toContain(
    '\ntitle: milk\ndue: 2099-01-02 09:00\nstart:\nrepeat:\npriority: Medium\nproject:\ntags: shop\n',
  );
  expect(before).toMatch(/\n--- the description follows\ntwo bottles\n$/);
  expect((await readFile(join(home, 'mode'), 'utf8')).trim()).toBe('600');
});

test('an empty value is taken away, and words are read as a date', async () => {
  const { edit, task } = await newWriter(
    'sed -i -e "s/^due: .*/due: tomorrow 5pm/" -e "s/^tags: .*/tags:/" -e "/^two/d" "$1"',
  );
  expect((await edit()).code).toBe(0);
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  expect(await task()).toMatchObject({ due_date: day, due_time: '17:00', tags: [], description: null });
});

test('without a change, and when the editor fails, nothing is written', async () => {
  const unchanged = await newWriter('true');
  expect(await unchanged.edit()).toMatchObject({ code: 0, stdout: 'Unchanged: 1 milk\n' });
  const failing = await newWriter('echo x >> "$1"; exit 3');
  expect(await failing.edit()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('ended with code 3'),
  });
  for (const { task } of [unchanged, failing]) expect((await task()).version).toBe(1);
});

test.each([
  ['s/^due: .*/due: someday/', 'due: "someday" is no date'],
  ['s/^priority: .*/priority: urgent/', 'priority: "urgent" is not High, Medium or Low'],
  ['s/^project:.*/project: Moon/', 'There is no project "Moon"; there are House'],
  ['s/^title: .*/title:/', 'title: a task needs one'],
  ['s/^tags: .*/tag: x/', '"tag: x" is no line that was there'],
  ['/^start/d', 'There is no line start'],
  ['/^---/d', 'The line --- is missing'],
])('a text that is spoiled by %s is refused, and kept', async (command, message) => {
  const { edit, task } = await newWriter(`sed -i "${command}" "$1"`);
  const { code, stderr } = await edit();
  expect([2, 4]).toContain(code);
  expect(stderr).toContain(message);
  const [, path = ''] = /What you wrote is in (.*)/.exec(stderr) ?? [];
  expect((await stat(path)).mode & 0o077).toBe(0);
  expect((await task()).version).toBe(1);
});

/** Changes the task elsewhere while the editor is open. */
const changedMeanwhile = (title: string, fields: string) => `
  curl -sf -X PATCH "$URL/tasks/$ID" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '${fields}' >/dev/null || exit 9
  sed -i "s/^title: .*/title: ${title}/" "$1"`;

async function newContested(fields: string) {
  const writer = await newWriter(changedMeanwhile('oat milk', fields));
  const { id } = await writer.task();
  const { account, bin } = writer;
  const env = { URL: app().url + account.path, ID: id, TOKEN: account.token, EDITOR: join(bin, 'editor') };
  return { ...writer, contested: env };
}

async function editWhileChanged(fields: string) {
  const writer = await newContested(fields);
  return { ...writer, result: await writer.run(['edit', '1'], { env: writer.contested }) };
}

test('a field that was changed elsewhere meanwhile is a conflict: both values are shown, and nothing is written', async () => {
  const { result, task } = await editWhileChanged('{"title": "soy milk"}');
  expect(result).toMatchObject({ code: 5, stdout: '' });
  expect(result.stderr).toContain('title: yours "oat milk", theirs "soy milk"');
  const [, path = ''] = /What you wrote is in (.*)/.exec(result.stderr) ?? [];
  expect(existsSync(path)).toBe(true);
  expect(await task()).toMatchObject({ title: 'soy milk', version: 2 });
});

test('other fields that were changed elsewhere meanwhile stay as they are there', async () => {
  const { result, task } = await editWhileChanged('{"priority": "Low"}');
  expect(result).toMatchObject({ code: 0, stdout: 'Changed: 1 oat milk\n' });
  expect(await task()).toMatchObject({ title: 'oat milk', priority: 'Low', version: 3 });
});

test.each([
  ['y', 'oat milk', 'Low'],
  ['t', 'soy milk', 'Low'],
])('on a terminal the user decides: %s leaves the title %s', async (answer, title, priority) => {
  const { contested, env, home, task } = await newContested('{"title": "soy milk", "priority": "Low"}');
  // `script` gives the program a terminal. The answer is typed once it is asked for.
  const typed = `(while ! grep -q Keep "${home}/log" 2>/dev/null; do sleep 0.05; done; echo ${answer})`;
  const command = `${systemNode} ${binary} edit 1`;
  const { stdout } = await promisify(execFile)(
    'bash',
    ['-c', `${typed} | script -qefc "${command}" "${home}/log"`],
    { env: { ...env, ...contested } },
  );
  expect(stdout).toContain('Keep [y]ours, [t]heirs, or [n]othing of your changes?');
  expect(await task()).toMatchObject({ title, priority });
});
