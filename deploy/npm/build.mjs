// Writes the npm package `duly`, ready for `npm pack`, into a directory: dist/duly, or the first argument. Node.js runs
// no TypeScript in node_modules, so the sources lose their types. The command line is bundled, which needs the
// development packages. The pinned runtime runs this file.
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCli } from '../../cli/build.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const target = process.argv[2] ?? join(root, 'dist', 'duly');
const read = (path) => readFileSync(join(root, path), 'utf8');
const readJson = (path) => JSON.parse(read(path));

function write(path, content) {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  writeFileSync(join(target, path), content);
}

const writeJson = (path, value) => write(path, `${JSON.stringify(value, null, 2)}\n`);

/** Blanks take the place of types, so that stack traces have the lines of the sources. */
const built = (text) =>
  stripTypeScriptTypes(text).replace(/\b(from |import |import\()'(\.{1,2}\/[^']+)\.ts'/g, "$1'$2.js'");

/** Copies a folder of sources, with `.js` for `.ts`. */
function buildFolder(from, to) {
  for (const entry of globSync('**/*', { cwd: join(root, from), withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name).slice(join(root, from).length + 1);
    if (path.endsWith('.ts')) write(join(to, path.replace(/\.ts$/, '.js')), built(read(join(from, path))));
    else cpSync(join(root, from, path), join(target, to, path));
  }
}

const server = readJson('server/package.json');
const { version, dependencies, optionalDependencies } = server;
const { description, license, engines } = readJson('package.json');
const quickAdd = readJson('quick-add/package.json');

rmSync(target, { recursive: true, force: true });
writeJson('package.json', {
  ...{ name: 'duly', version, description, license, type: 'module', engines },
  bin: { duly: 'scripts/duly.mjs' },
  files: ['scripts', 'server', 'cli'],
  dependencies: { ...dependencies, ...quickAdd.dependencies },
  optionalDependencies,
  bundleDependencies: [quickAdd.name],
});
// It says how modules are read, and the version of the service.
writeJson('server/package.json', { name: server.name, version, private: true, type: 'module' });
for (const path of ['LICENSE', 'server/migrations'])
  cpSync(join(root, path), join(target, path), { recursive: true });
cpSync(join(root, 'deploy/npm/README.md'), join(target, 'README.md'));
for (const path of ['scripts/duly.mjs', 'scripts/runtime.mjs', 'scripts/usage.mjs']) write(path, read(path));
buildFolder('server/src', 'server/src');
const bundled = join('node_modules', quickAdd.name);
buildFolder('quick-add/src', join(bundled, 'src'));
writeJson(join(bundled, 'package.json'), { ...quickAdd, exports: './src/index.js' });
await buildCli(join(target, 'cli'));
// The launcher reads the names of its commands.
write('cli/usage.json', read('cli/src/usage.json'));
