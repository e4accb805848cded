/**
 * How fast the web app is in Chromium, on a list of many tasks: its start, its interactions, and typing in quick add.
 *
 *   node_modules/node/bin/node web/bench/main.ts [--tasks N] [--rounds N] [--slowdown N]
 *
 *   --tasks N      tasks that are due today (1000)
 *   --rounds N     starts, and repetitions of each interaction (5); medians and maxima are of these
 *   --slowdown N   how much slower the browser's processor is made (1), as in the developer tools; 4 is a phone there
 *
 * It builds the app, has a server of its own serve it, and signs a new user up. The figures are those of the machine:
 * docs/performance.md says how they compare with Lighthouse's.
 */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePort, type Server, startProgram } from '../../server/bench/server.ts';
import { launchBrowser } from '../../server/test/support/browser.ts';
import { measureInteractions } from './interactions.ts';
import { openList } from './list.ts';
import { measureStarts } from './starts.ts';
import { measureTyping } from './typing.ts';

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    slowdown: { type: 'string', default: '1' },
  },
});
const [tasks, rounds, slowdown] = [values.tasks, values.rounds, values.slowdown].map(Number) as [
  number,
  number,
  number,
];

if (![tasks, rounds, slowdown].every((number) => number >= 1)) {
  console.error('--tasks, --rounds and --slowdown want numbers from 1');
  process.exit(1);
}

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

function build(): void {
  const { status } = spawnSync(process.execPath, [file('../scripts/build.mjs')], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

async function serve(directory: string): Promise<Server> {
  const port = await freePort();
  const env = {
    PORT: String(port),
    DATA_DIR: directory,
    WEB_DIRECTORY: file('../dist'),
    BETTER_AUTH_URL: `http://localhost:${port}`,
    RATE_LIMIT_PER_USER: 'off',
    RATE_LIMIT_PER_IP: 'off',
    RATE_LIMIT_AUTH: 'off',
  };
  const program = [file('../../server/src/main.ts'), 'serve'];
  return startProgram(process.execPath, program, { env, port, readyPath: '/health/ready' });
}

build();
const directory = mkdtempSync(join(tmpdir(), 'duly-bench-'));
chmodSync(directory, 0o755);
const server = await serve(directory);
const browser = await launchBrowser();
try {
  const list = await openList(browser, { url: `http://localhost:${server.port}`, tasks, slowdown });
  console.log(`${tasks} tasks, processor slowed down ${slowdown} times, ${rounds} rounds`);
  console.table(await measureStarts(list, rounds));
  console.table(await measureInteractions(list, rounds));
  console.table(await measureTyping(list, rounds));
} finally {
  await browser.close();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}
