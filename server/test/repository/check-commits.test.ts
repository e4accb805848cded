import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { afterTest } from '../support/clean-up.ts';
import { temporaryDirectory } from '../support/process.ts';

const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));
const script = join(repositoryRoot, 'scripts', 'check-commits.mjs');
const author = { name: 'Ada', email: 'ada@example.com' };
const env = {
  PATH: process.env.PATH,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: author.name,
  GIT_AUTHOR_EMAIL: author.email,
  GIT_COMMITTER_NAME: author.name,
  GIT_COMMITTER_EMAIL: author.email,
};

let directory: string;
beforeEach(async () => {
  const temporary = await temporaryDirectory();
  afterTest.push(() => temporary.remove());
  directory = temporary.path;
});

function git(clone: string, ...args: string[]): string {
  const cwd = join(directory, clone);
  const { status, stdout, stderr } = spawnSync('git', args, { cwd, env, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return stdout;
}

const commit = (clone: string, message: string) =>
  git(clone, 'commit', '-q', '--allow-empty', '--cleanup=verbatim', '-m', message);

/** @returns the exit code, and a line for each fault */
function check(clone: string, ...args: string[]) {
  const cwd = join(directory, clone);
  const { status, stdout, stderr } = spawnSync('node', [script, ...args], { cwd, env, encoding: 'utf8' });
  return { status, stdout: stdout.trim(), faults: stderr.trim().split('\n').filter(Boolean) };
}

/** Creates `origin` with an invalid commit, and a clone with a branch. */
function cloned(...options: string[]): void {
  git('.', 'init', '-q', '-b', 'main', 'origin');
  commit('origin', 'a subject of before that ends with a full stop.');
  commit('origin', 'Add something');
  git('.', 'clone', '-q', ...options, `file://${join(directory, 'origin')}`, 'clone');
  git('clone', 'switch', '-q', '-c', 'branch');
}

test('the commits that origin/main lacks are checked, without merges, and no others', () => {
  cloned();
  expect(check('clone')).toMatchObject({ status: 0, stdout: 'commit messages checked: 0' });
  commit('clone', `${'x'.repeat(72)}\n\nA body may have long lines: ${'x'.repeat(100)}.`);
  git('clone', 'switch', '-q', '-c', 'other', 'origin/main');
  commit('clone', 'Add “é” and 日本語');
  git('clone', 'merge', '-q', '--no-ff', '-m', `Merge ${'x'.repeat(80)}.`, 'branch');
  expect(check('clone')).toMatchObject({ status: 0, stdout: 'commit messages checked: 2', faults: [] });
});

const refused = [
  ['x'.repeat(73), 'the subject has 73 characters, of at most 72'],
  ['End with a full stop.', 'the subject ends with a full stop'],
  ['fixup! Add something', 'the commit is to be squashed'],
  ['squash! Add something', 'the commit is to be squashed'],
  ['Add something\nand more', 'the line after the subject is not blank'],
] as const;

test.each(refused)('%j is refused', (message, fault) => {
  cloned();
  commit('clone', message);
  commit('clone', 'Add something else');
  const { status, faults } = check('clone');
  expect(status).toBe(1);
  expect(faults).toEqual([expect.stringContaining(fault)]);
  expect(faults[0]).toContain(git('clone', 'rev-parse', '--short', 'HEAD~').trim());
});

test('nothing is checked in a shallow clone, without a remote, and outside of a repository', () => {
  cloned('--depth', '1');
  commit('clone', 'End with a full stop.');
  git('.', 'init', '-q', 'alone');
  commit('alone', 'End with a full stop.');
  for (const place of ['clone', 'alone', '.'])
    expect(check(place)).toMatchObject({ status: 0, stdout: expect.stringContaining('no commits checked') });
});

test('the hook refuses what it can, and leaves fixups and merges to git', () => {
  cloned();
  const message = join(directory, 'message');
  const checked = (text: string) => {
    writeFileSync(message, text);
    return check('clone', message).status;
  };
  for (const [text] of refused.filter(([text]) => !text.includes('!'))) expect(checked(text), text).toBe(1);
  const comment = `# Please enter the commit message.\n# ------------------------ >8 ------------------------\ndiff.`;
  const accepted = ['Add something\n', `Add something\n\nWhy.\n${comment}`, '', comment];
  for (const text of [...accepted, 'fixup! Add.', `Merge ${'x'.repeat(80)}`])
    expect(checked(text), text).toBe(0);
});

test('git calls the hook from .githooks', () => {
  cloned();
  git('clone', 'config', 'core.hooksPath', join(repositoryRoot, '.githooks'));
  const cwd = join(directory, 'clone');
  const options = ['commit', '-q', '--allow-empty', '-m'];
  const { status, stderr } = spawnSync('git', [...options, 'End.'], { cwd, env, encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, 'commit message "End.": the subject ends with a full stop\n']);
  commit('clone', 'End without one');
});
