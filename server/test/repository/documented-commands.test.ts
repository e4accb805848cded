import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkArguments } from '../../src/commands/arguments.ts';
import { isCommandName } from '../../src/commands/table.ts';
import { errorCodes } from '../../src/platform/errors.ts';
import { read, root } from '../support/sources.ts';

const folders = ['docs/operations', 'docs/start', 'docs/guides'];
const pages = (
  await Promise.all(
    folders.map(async (folder) => (await readdir(join(root, folder))).map((name) => `${folder}/${name}`)),
  )
).flat();
const { scripts }: { scripts: Record<string, string> } = JSON.parse(await read('package.json'));
const command = /npm run ([a-z:-]*[a-z])/g;

test.each(pages)('the commands that %s names exist', async (page) => {
  const found = [...(await read(page)).matchAll(command)];
  const unknown = found.filter(([, name = '']) => scripts[name] === undefined).map(([text]) => text);
  expect(unknown).toEqual([]);
});

test.each(pages)('the subcommands that %s names exist', async (page) => {
  const text = (await read(page)).replaceAll('|', ' ');
  const wrong = [...text.matchAll(/npm run ([a-z-]+) -- ([a-z][a-z-]*)/g)].filter(
    ([, name = '', word = '']) => {
      if (!isCommandName(name)) return false;
      try {
        checkArguments(name, [word]);
        return false;
      } catch {
        return true;
      }
    },
  );
  expect(wrong.map(([found]) => found)).toEqual([]);
});

test('the pages name many commands', async () => {
  const texts = await Promise.all(pages.map(read));
  expect(texts.join('\n').match(command)?.length).toBeGreaterThan(80);
});

test('the codes of the page on troubleshooting exist, with their status', async () => {
  const rows = [
    ...(await read('docs/operations/troubleshooting.md')).matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm),
  ];
  const wrong = rows.filter(
    ([, code = '', status]) => new Map(Object.entries(errorCodes)).get(code) !== Number(status),
  );
  expect(wrong.map(([row]) => row)).toEqual([]);
  expect(rows.length).toBeGreaterThan(10);
});
