import { execFile, spawnSync } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { afterTest } from '../support/clean-up.ts';
import { temporaryDirectory } from '../support/process.ts';
import { read, root } from '../support/sources.ts';

const execute = promisify(execFile);

const folder = 'deploy/systemd';
const units = await readdir(join(root, folder));
const services = units.filter((unit) => unit.endsWith('.service'));
const hasAnalyzer = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!hasAnalyzer) console.warn('skipped: units of systemd, for want of systemd-analyze');

/** Copies of the units whose programs are those of this repository, as nothing is installed in /opt/duly. */
async function copyUnits(): Promise<string> {
  const { path, remove } = await temporaryDirectory();
  afterTest.push(remove);
  // A path of the repository may have characters that units do not take.
  await symlink(root, join(path, 'duly'));
  await mkdir(join(path, 'units'));
  for (const unit of units) {
    const text = (await read(`${folder}/${unit}`)).replaceAll('/opt/duly', join(path, 'duly'));
    await writeFile(join(path, 'units', unit), text);
  }
  return join(path, 'units');
}

test.runIf(hasAnalyzer)('systemd accepts the units', async () => {
  const directory = await copyUnits();
  const files = units.map((unit) => join(directory, unit));
  const { stderr } = await execute('systemd-analyze', ['verify', '--man=no', ...files]);
  const ours = stderr.split('\n').filter((line) => units.some((unit) => line.includes(unit)));
  expect(ours).toEqual([]);
});

test.runIf(hasAnalyzer).each(services)('the exposure of %s is at most 2.0', async (service) => {
  const file = join(await copyUnits(), service);
  const { stdout } = await execute('systemd-analyze', [
    ...['security', '--offline=true', '--no-pager', '--threshold=20', file],
  ]);
  const [, level] = /Overall exposure level for \S+: (\d+\.\d)/.exec(stdout) ?? [];
  expect(Number(level)).toBeLessThanOrEqual(2);
});

test('the units start commands that exist, with the heap limits of npm start', async () => {
  const launcher = await read('scripts/runtime.mjs');
  const limits = [...launcher.matchAll(/'(--max-[\w-]+=\d+)'/g)].map(([, option]) => option);
  const lines = await Promise.all(
    services.map(async (service) => /^ExecStart=(.*)$/m.exec(await read(`${folder}/${service}`))?.[1]),
  );
  const [node, main] = ['/opt/duly/node_modules/node/bin/node', '/opt/duly/server/dist/main.js'];
  expect(lines).toEqual([`${node} ${main} backup verify`, `${node} ${limits.join(' ')} ${main} serve`]);
});
