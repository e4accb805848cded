import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useApp } from './support/duly.ts';
import { inClient } from './support/generate.ts';

const run = promisify(execFile);
const app = useApp();
const pathOf = (name: string) => fileURLToPath(inClient(name));
const tsc = pathOf('../node_modules/typescript/bin/tsc');
const nodes = [process.execPath, ...(process.env.DULY_NODES?.split(':') ?? ['/usr/bin/node'])];

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'duly-package-'));
  await run(process.execPath, [
    tsc,
    '-p',
    pathOf('tsconfig.build.json'),
    '--outDir',
    join(directory, 'dist'),
  ]);
  await cp(pathOf('package.json'), join(directory, 'package.json'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test.each([
  ['the client', 'index.js', 15_000],
  ['the offline part', 'offline/index.js', 7_500],
])('%s, bundled from %s, is at most %i bytes, minified and compressed', async (_, file, limitBytes) => {
  const bundle = await rolldown({ input: join(directory, 'dist', file), platform: 'browser' });
  const { output } = await bundle.generate({ minify: true, format: 'esm' });
  await bundle.close();
  expect(output).toHaveLength(1);
  const [{ code, imports }] = output;
  expect(imports).toEqual([]);
  const sizeBytes = gzipSync(code, { level: 9 }).length;
  expect(sizeBytes).toBeLessThanOrEqual(limitBytes);
  expect(sizeBytes).toBeGreaterThan(2_000);
});

test('the built package has the files that its manifest names, and declares no dependencies', async () => {
  const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
  const files = Object.values(manifest.exports).flatMap((entry) => Object.values(Object(entry)));
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) expect(existsSync(join(directory, String(file)))).toBe(true);
  expect(manifest.dependencies).toBeUndefined();
});

test('an app that compiles strictly gets the types of the built package', async () => {
  const source = await readFile(pathOf('test/types/methods.ts'), 'utf8');
  await writeFile(join(directory, 'app.ts'), source.replace('../../src/index.ts', './dist/index.js'));
  const compilerOptions = { strict: true, module: 'nodenext', target: 'es2022', noEmit: true, types: [] };
  const project = { compilerOptions, files: ['app.ts'] };
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(project));
  const compiled = await run(process.execPath, [tsc, '-p', directory]).catch((error: unknown) => error);
  expect(compiled).toMatchObject({ stdout: '' });
});

test.each(nodes.filter((node) => existsSync(node)))('the built package runs on %s', async (node) => {
  const { token } = await app().newUser();
  const script = pathOf('test/fixtures/use-package.mjs');
  const { stdout } = await run(node, [script, join(directory, 'dist/index.js'), app().url, token]);
  expect(stdout.trim().split('\n')).toEqual([
    expect.stringMatching(/^v\d+/),
    'created Buy milk',
    'listed 3',
    'conflict with Buy oat milk',
    'feed 3',
    'event Buy bread',
    'ended',
  ]);
});

test.each(nodes.filter((node) => existsSync(node)))('its offline part runs on %s', async (node) => {
  const { token } = await app().newUser();
  const { stdout } = await run(node, [
    ...[pathOf('test/fixtures/use-offline.mjs'), join(directory, 'dist'), app().url, token],
  ]);
  expect(stdout.trim().split('\n')).toEqual([
    expect.stringMatching(/^v\d+/),
    'offline NETWORK_ERROR 2',
    'kept Buy oat milk 2',
    'sent 2 0',
    'conflict title Buy rice milk',
    'followed 2',
    'ended 0',
  ]);
});
