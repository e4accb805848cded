// Writes the command line as plain JavaScript that starts fast: one small entry, and a file for each group of commands.
// Into dist/, or the first argument. Needs the development packages.
import { chmodSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = dirname(fileURLToPath(import.meta.url));

/** @param directory is emptied first */
export async function buildCli(directory) {
  rmSync(directory, { recursive: true, force: true });
  const bundle = await rolldown({
    input: { duly: join(root, 'src', 'main.ts') },
    platform: 'node',
    transform: { target: 'node20' },
  });
  await bundle.write({
    dir: directory,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    banner: ({ isEntry }) => (isEntry ? '#!/usr/bin/env node' : ''),
    // Names stay, so that stack traces can be read.
    minify: { compress: true, mangle: false, codegen: true },
  });
  await bundle.close();
  chmodSync(join(directory, 'duly.mjs'), 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildCli(process.argv[2] ?? join(root, 'dist'));
