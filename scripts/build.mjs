// Bundles the server into server/dist: a few large files load in half the time of 1,700 small ones, and take less
// memory (docs/decisions/0062). The pinned runtime runs this file; `run.mjs` does when sources or packages changed.
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { digestInputs, digestName } from './build-inputs.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(root, 'server', 'src');
const target = join(root, 'server', 'dist');

/** Packages that find files beside their own, and such as need not be there. */
const external = [
  ...[
    '@fastify/static',
    '@fastify/swagger',
    '@fastify/swagger-ui',
    '@zxcvbn-ts/language-common',
    'ioredis',
    'pino',
  ],
  'pg-native',
  /^cloudflare:/,
];

/**
 * `import.meta.url` of our sources stays the place of the source, so that the files beside it are found. A module that
 * is named by its URL, because a process or thread starts with it, becomes a file of the bundle.
 */
const keepUrls = {
  name: 'keep-urls',
  transform(code, id) {
    const found = /\bimport\.meta\b|\b__(?:dirname|filename)\b/.exec(code);
    if (found === null || id.startsWith('\0')) return null;
    if (!id.startsWith(sources))
      return this.error(
        `${id} has ${found[0]}, which is another place in a bundle: name its package in external`,
      );
    const source = JSON.stringify(relative(target, id));
    return code.replaceAll(/new URL\('([^']+)\.ts', import\.meta\.url\)|import\.meta\.url/g, (_, module) => {
      if (module === undefined) return `new URL(${source}, import.meta.url).href`;
      const fileName = `${basename(module)}.js`;
      this.emitFile({ type: 'chunk', id: join(dirname(id), `${module}.ts`), fileName });
      return `new URL('./${fileName}', import.meta.url)`;
    });
  },
};

/** For so long a running server can still load the files of the previous bundle. */
const keepMs = 86_400_000;

/** @param directory beside `server/src`, or a copy of it without the modules */
export async function buildServer(directory) {
  const built = await rolldown({
    input: { main: join(sources, 'main.ts') },
    platform: 'node',
    external,
    plugins: [keepUrls],
  });
  const { output } = await built.generate({
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    // Names stay, so that stack traces can be read.
    minify: { compress: true, mangle: false, codegen: true },
  });
  await built.close();
  mkdirSync(directory, { recursive: true });
  // What a file loads is there before the file.
  const files = output.toSorted((a, b) => Number(a.isEntry) - Number(b.isEntry));
  for (const { fileName, code } of files) replaceFile(join(directory, fileName), code);
  const names = new Set(files.map(({ fileName }) => fileName));
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (!names.has(name) && Date.now() - statSync(path).mtimeMs > keepMs) rmSync(path);
  }
}

/** As a whole: another process may be loading it, or building as well. */
function replaceFile(path, content) {
  const temporary = `${path}.new-${process.pid}`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const digest = digestInputs(root);
  try {
    await buildServer(target);
    replaceFile(join(target, digestName), digest);
  } catch (error) {
    process.stderr.write(`The server could not be built: ${error.message}\n`);
    process.exitCode = 1;
  }
}
