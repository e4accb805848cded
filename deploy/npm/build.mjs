// Writes the npm package `duly`, ready for `npm pack`, into a directory: dist/duly, or the first argument. Server and
// command line are bundled, the web app is built, and the files that the server reads lie where they do here. It needs
// the development packages. The pinned runtime runs this file.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCli } from '../../cli/build.mjs';
import { buildServer } from '../../scripts/build.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const target = process.argv[2] ?? join(root, 'dist', 'duly');
const read = (path) => readFileSync(join(root, path), 'utf8');
const readJson = (path) => JSON.parse(read(path));

function write(path, content) {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  writeFileSync(join(target, path), content);
}

const writeJson = (path, value) => write(path, `${JSON.stringify(value, null, 2)}\n`);

const server = readJson('server/package.json');
const { version, dependencies, optionalDependencies } = server;
// It is part of the bundle, and of no registry.
const { '@duly/quick-add': _, ...packages } = dependencies;
const { description, license, engines } = readJson('package.json');

rmSync(target, { recursive: true, force: true });
writeJson('package.json', {
  ...{ name: 'duly', version, description, license, type: 'module', engines },
  bin: { duly: 'scripts/duly.mjs' },
  files: ['scripts', 'server', 'cli', 'web'],
  dependencies: packages,
  optionalDependencies,
});
// It says how modules are read, and the version of the service.
writeJson('server/package.json', { name: server.name, version, private: true, type: 'module' });
for (const path of ['LICENSE', 'server/migrations'])
  cpSync(join(root, path), join(target, path), { recursive: true });
cpSync(join(root, 'deploy/npm/README.md'), join(target, 'README.md'));
for (const path of ['scripts/duly.mjs', 'scripts/runtime.mjs', 'scripts/usage.mjs']) write(path, read(path));
cpSync(join(root, 'server/src'), join(target, 'server/src'), {
  recursive: true,
  filter: (path) => !path.endsWith('.ts'),
});
await buildServer(join(target, 'server/dist'));
await buildCli(join(target, 'cli'));
execFileSync(process.execPath, [join(root, 'web/scripts/build.mjs')], { stdio: 'inherit' });
cpSync(join(root, 'web/dist'), join(target, 'web/dist'), { recursive: true });
// The launcher reads the names of its commands.
write('cli/usage.json', read('cli/src/usage.json'));
