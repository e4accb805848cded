import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = fileURLToPath(new URL('../../../src', import.meta.url));
const imports = /from '([^']+)'|import\('([^']+)'\)/g;

/** Every import of every source file. */
async function importsOf(): Promise<{ file: string; name: string }[]> {
  const files = (await readdir(src, { recursive: true })).filter((file) => file.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(30);
  const found = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(src, file), 'utf8');
      return [...text.matchAll(imports)].map(([, from, dynamic]) => ({ file, name: from ?? dynamic ?? '' }));
    }),
  );
  return found.flat();
}

const isHttp = (file: string) =>
  file.startsWith(join('http', '')) || file.startsWith(join('response-cache', ''));

test('HTTP holds no SQL: it imports neither Kysely nor pg', async () => {
  const wrong = (await importsOf()).filter(
    ({ file, name }) => isHttp(file) && ['kysely', 'pg'].includes(name),
  );
  expect(wrong).toEqual([]);
});

test('the core knows no HTTP: outside src/http nothing imports Fastify, and only the process imports src/http', async () => {
  const wrong = (await importsOf()).filter(({ file, name }) => {
    if (isHttp(file) || file.startsWith('process/')) return false;
    const target = name.startsWith('.') ? relative(src, join(src, file, '..', name)) : name;
    return /^@?fastify/.test(name) || isHttp(target);
  });
  expect(wrong).toEqual([]);
});

test('process.env is read in one place', async () => {
  const files = (await readdir(src, { recursive: true })).filter((file) => file.endsWith('.ts'));
  const readers = [];
  for (const file of files) {
    if ((await readFile(join(src, file), 'utf8')).includes('process.env')) readers.push(file);
  }
  expect(readers).toEqual([join('config', 'config.ts')]);
});

test('comments keep to 120 columns', async () => {
  const wrong: string[] = [];
  for (const folder of ['server', 'scripts', 'examples']) {
    const root = fileURLToPath(new URL(`../../../${folder}`, import.meta.url));
    for (const file of await readdir(root, { recursive: true })) {
      if (!/\.(ts|mjs|js)$/.test(file)) continue;
      const lines = (await readFile(join(root, file), 'utf8')).split('\n');
      lines.forEach((line, index) => {
        if ([...line].length > 120 && /^\s*(\/\/|\/?\*)/.test(line))
          wrong.push(`${folder}/${file}:${index + 1}`);
      });
    }
  }
  expect(wrong).toEqual([]);
});
