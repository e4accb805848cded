import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { password, registerAccount } from '../../server/test/support/accounts.ts';
import { startApp } from '../../server/test/support/app.ts';
import { afterTest } from '../../server/test/support/clean-up.ts';
import { patience } from '../../server/test/support/patience.ts';
import { startServer } from '../../server/test/support/process.ts';
import { newDataDirectory } from '../../server/test/support/servers.ts';
import { blocksOf, compileSnippets, runSnippet } from '../../server/test/support/snippets.ts';
import { read, root } from '../../server/test/support/sources.ts';

async function newAccount() {
  const app = await startApp();
  afterTest.push(() => app.close());
  const { email } = await registerAccount(app);
  return { DULY_URL: app.url, DULY_EMAIL: email, DULY_PASSWORD: password };
}

test('the start for front-end developers prints what it says', async () => {
  const text = await read('docs/start/front-end.md');
  const program = blocksOf(text, 'ts').join('\n');
  expect(await compileSnippets(new Map([['start.mts', program]]))).toBe('');
  expect(await runSnippet('ts', program, await newAccount())).toBe(blocksOf(text, 'text').join(''));
});

const hasJq = spawnSync('jq', ['--version']).status === 0;
if (!hasJq) console.warn('skipped: the start for authors of scripts, for want of jq');

test.skipIf(!hasJq)('the start for authors of scripts prints what it says', async () => {
  const text = await read('docs/start/script.md');
  const printed = await runSnippet('sh', blocksOf(text, 'sh').join('\n'), await newAccount());
  expect(printed).toBe(blocksOf(text, 'text').join(''));
});

test('the start for operators: its settings and commands work', { timeout: 300_000 }, async () => {
  const text = await read('docs/start/operator.md');
  const commands = blocksOf(text, 'sh').flatMap((block) => block.trim().split('\n'));
  expect(commands.splice(0, 2)).toEqual(['mkdir -p backups', 'npm start']);
  const DATA_DIR = await newDataDirectory();
  const env = { DATA_DIR, BACKUP_DIRECTORY: join(DATA_DIR, '..', 'backups') };
  const [settings = ''] = blocksOf(text, 'ini');
  for (const name of ['PORT', ...Object.keys(env)]) expect(settings).toContain(`\n${name}=`);
  mkdirSync(env.BACKUP_DIRECTORY);
  const server = await startServer(env);
  afterTest.push(async () => {
    server.child.kill('SIGTERM');
    await server.ended;
  });
  const { PATH = '', HOME = '' } = process.env;
  const settled = { PATH, HOME, ...env, PORT: new URL(server.url).port, HOST: '127.0.0.1' };
  const outputs: string[] = [];
  for (const command of commands) {
    const [npm, run, name = '', ...args] = command.split(' ').filter((word) => word !== '--');
    expect([npm, run]).toEqual(['npm', 'run']);
    const program = [join(root, 'server/src/main.ts'), name, ...args];
    const execute = async () =>
      outputs.push((await promisify(execFile)(process.execPath, program, { env: settled })).stdout);
    // The first backup takes a moment, and `doctor` misses it.
    await (name === 'doctor' ? vi.waitFor(execute, patience) : execute());
  }
  expect(outputs.join('')).toContain('ada@example.com');
});
