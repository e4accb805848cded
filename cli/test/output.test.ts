import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { useApp } from '../../client/test/support/duly.ts';
import { read } from '../../server/test/support/sources.ts';
import { exitCodes } from '../src/failure.ts';
import { commandNames, usageOf } from '../src/usage.ts';
import { buildBinary, newMachine, newUser, systemNode } from './support/duly.ts';

const app = useApp();
let binary: string;
beforeAll(async () => {
  binary = await buildBinary();
});
const run = promisify(execFile);

/** What a command prints on a terminal of so many columns. */
async function onTerminal(env: Record<string, string>, columns: number, ...args: string[]): Promise<string> {
  const command = `stty cols ${columns}; ${systemNode} ${binary} ${args.join(' ')}`;
  const { stdout } = await run('script', ['-qefc', command, '/dev/null'], { env });
  return stdout.replaceAll('\r', '');
}

test('colours are for terminals, without NO_COLOR', async () => {
  const { env, succeed } = await newUser(app(), binary);
  await succeed('add', 'milk !high');
  expect(await succeed('list')).toBe('1  !  milk\n');
  expect(await onTerminal({ ...env, TERM: 'xterm' }, 80, 'list')).toBe(
    '\u001b[36m1\u001b[0m  \u001b[31m!\u001b[0m  milk\n',
  );
  expect(await onTerminal({ ...env, TERM: 'xterm', NO_COLOR: '1' }, 80, 'list')).toBe('1  !  milk\n');
  expect(await onTerminal({ ...env, TERM: 'dumb' }, 80, 'list')).toBe('1  !  milk\n');
});

test('a table fits into the terminal, also with wide characters; in a pipe nothing is cut', async () => {
  const { account, env, succeed } = await newUser(app(), binary);
  const title = '牛乳を買う、それからパンも忘れずに買って帰ること';
  for (const one of [title, 'a long title that does not fit into a narrow terminal at all'])
    await account.send(account.token, 'POST', '/tasks', { title: one, due_date: '2099-01-01' });
  const lines = (await onTerminal({ ...env, NO_COLOR: '1' }, 40, 'list')).trimEnd().split('\n').sort();
  expect(lines).toEqual([
    '1  牛乳を買う、それから…  Thu 2099-01-01',
    '2  a long title that do…  Thu 2099-01-01',
  ]);
  expect(await succeed('list')).toContain(title);
});

test('a title cannot change the terminal', async () => {
  const { account, succeed } = await newUser(app(), binary);
  await account.send(account.token, 'POST', '/tasks', { title: 'a\u001b[2Jb\u202ec\u009bd' });
  expect(await succeed('list')).toBe('1  a [2Jb c d\n');
});

test('a reader that has seen enough ends the command without an error', async () => {
  const { account, env, succeed } = await newUser(app(), binary);
  for (let page = 0; page < 3; page += 1)
    await account.send(account.token, 'POST', '/tasks/bulk', {
      operations: Array.from({ length: 100 }, (_, index) => ({
        op: 'create',
        title: `${page} ${index} ${'x'.repeat(150)}`,
      })),
    });
  expect((await succeed('list')).length).toBeGreaterThan(40_000);
  const command = `set -o pipefail; ${systemNode} ${binary} list --offline | head -1 | wc -l`;
  const { stdout, stderr } = await run('bash', ['-c', command], { env });
  expect([stdout.trim(), stderr]).toEqual(['1', '']);
});

describe('usage', () => {
  test('--help lists every command, and each has help of its own with every option', async () => {
    const { succeed } = await newMachine(binary);
    const help = await succeed('--help');
    for (const name of commandNames) expect(help).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect(await succeed('help')).toBe(help);
    for (const name of commandNames) {
      const own = await succeed(name, '--help');
      for (const option of Object.keys(usageOf(name).options)) expect(own).toContain(`--${option}`);
    }
    const { version } = JSON.parse(await read('cli/package.json'));
    expect(await succeed('--version')).toBe(`${version}\n`);
  });

  test.each([
    [['frobnicate'], 'There is no command "frobnicate"'],
    [['migrate', 'up'], 'npx duly migrate'],
    [['add'], 'duly add needs TEXT…'],
    [['list', '--frob'], "Unknown option '--frob'"],
    [['list', '--due', 'never'], '--due is overdue, today, tomorrow, week, none, any, not "never"'],
    [['list', '--limit', '0'], '--limit is a number from 1 on, not "0"'],
    [['edit', '1', '2'], 'Unexpected "2"'],
    [['today', 'x'], 'Unexpected "x"'],
    [['login', 'duly.example.com'], '"duly.example.com" is no URL'],
    [['completions', 'tcsh'], 'There are completions for bash, zsh and fish, not for "tcsh"'],
  ])('duly %j is refused with exit code 2 and what is wrong', async (args, message) => {
    const { run: duly } = await newMachine(binary);
    const { code, stdout, stderr } = await duly(args);
    expect([code, stdout]).toEqual([exitCodes.usage, '']);
    expect(stderr).toContain(message);
  });

  test('cli/README.md has every command and every exit code', async () => {
    const readme = await read('cli/README.md');
    for (const name of commandNames) expect(readme).toContain(`\`duly ${name}`);
    const codes = [...readme.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual([0, ...Object.values(exitCodes)]);
  });
});

describe('completions', () => {
  test.each(['bash', 'zsh', 'fish'])(
    'those of %s name every command, and the shell reads them',
    async (shell) => {
      const { home, succeed } = await newMachine(binary);
      const script = await succeed('completions', shell);
      for (const name of commandNames) expect(script).toContain(name);
      const path = join(home, 'completions');
      await writeFile(path, script);
      const check = shell === 'fish' ? '--no-execute' : '-n';
      // Where the shell is not installed, only its commands are checked.
      const outcome = await run(shell, [check, path]).catch(({ code }: { code: unknown }) => code);
      expect(outcome === 'ENOENT' ? { stderr: '' } : outcome).toMatchObject({ stderr: '' });
    },
  );

  test('bash completes commands, options and choices', async () => {
    const { home, succeed } = await newMachine(binary);
    await writeFile(join(home, 'completions'), await succeed('completions', 'bash'));
    const complete = async (...words: string[]) => {
      const quoted = words.map((word) => `'${word}'`).join(' ');
      const script = `. ${home}/completions; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _duly; echo "\${COMPREPLY[*]}"`;
      return (await run('bash', ['-c', script])).stdout.trim();
    };
    expect(await complete('duly', 'l')).toBe('login logout list');
    expect(await complete('duly', 'list', '--p')).toBe('--project --priority');
    expect(await complete('duly', 'list', '--due', 't')).toBe('today tomorrow');
  });
});
