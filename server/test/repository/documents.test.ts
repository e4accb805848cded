import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { ts } from '@ts-morph/common';
import { describe, expect, test } from 'vitest';
import { errorCodes } from '../../src/platform/errors.ts';
import { codeSpansOf, nodesOf, parse, read, root } from '../support/sources.ts';

const documents = [
  ...(await readdir(root)),
  ...(await readdir(join(root, 'docs'), { recursive: true })).map((name) => `docs/${name}`),
  ...(await readdir(join(root, 'client'))).map((name) => `client/${name}`),
  ...(await readdir(join(root, 'cli'))).map((name) => `cli/${name}`),
].filter((name) => name.endsWith('.md'));
const texts = new Map(await Promise.all(documents.map(async (name) => [name, await read(name)] as const)));
const textOf = (name: string): string => texts.get(name) ?? expect.fail(`no ${name}`);

/** The cells of all rows of a document's tables, with headings and separator rows. */
const tableRowsOf = (name: string): string[][] =>
  (textOf(name).match(/^\|.*\|$/gm) ?? []).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );

/** By a build, so a fresh clone does not have it: a folder that `.gitignore` names from the root on. */
const made = (await read('.gitignore')).split('\n').filter((line) => /^\/.+\/$/.test(line));
const isMade = (path: string): boolean => made.some((folder) => `/${path}/`.startsWith(folder));

describe('paths and links', () => {
  const path =
    /(?<![\w./-])(?:server|quick-add|client|cli|docs|scripts|examples|\.ci|\.github|\.githooks)\/[\w./-]*[\w/-]/g;
  const placeholder = /000N|npm-cache/;

  test.each(documents.filter((name) => name !== 'CHANGELOG.md'))('%s names files that exist', (name) => {
    const named = [...textOf(name).matchAll(path)].map(([found]) => found);
    const bare = codeSpansOf(textOf(name)).filter((span) => /^[\w.-]+\.(md|json)$/.test(span));
    const missing = [...named, ...bare.filter((file) => /^[A-Z]+\.md$/.test(file))].filter(
      (found) => !placeholder.test(found) && !isMade(found) && !existsSync(join(root, found)),
    );
    expect(missing).toEqual([]);
  });

  test.each(documents)('the links of %s lead to files and headings that exist', (name) => {
    const links = [...textOf(name).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(
      ([, link = '']) => link,
    );
    const broken = links.filter((link) => {
      const [file = '', heading] = link.split('#');
      const target = file === '' ? name : normalize(join(dirname(name), file));
      if (!existsSync(join(root, target))) return true;
      return heading !== undefined && !anchorsOf(textOf(target)).includes(heading);
    });
    expect(broken).toEqual([]);
  });

  test('the indexes of decisions and of operations list every page', () => {
    for (const folder of ['docs/decisions', 'docs/operations']) {
      const pages = documents.filter((name) => dirname(name) === folder && !name.endsWith('README.md'));
      const listed = pages.filter((page) =>
        textOf(`${folder}/README.md`).includes(`(${page.slice(folder.length + 1)})`),
      );
      expect(listed).toEqual(pages);
    }
  });

  test('decisions are numbered without gaps, and titled with their numbers', () => {
    const records = documents.filter((name) => /^docs\/decisions\/\d{4}-/.test(name)).sort();
    const titles = records.map((name) => textOf(name).slice(0, 8));
    expect(titles).toEqual(records.map((_, index) => `# ${String(index + 1).padStart(4, '0')}: `));
    expect(records.map((name) => name.slice(15, 19))).toEqual(titles.map((title) => title.slice(2, 6)));
  });
});

/** The anchors that GitHub makes from headings. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('ARCHITECTURE.md', () => {
  const text = textOf('ARCHITECTURE.md');

  test('has at most 150 lines', () => {
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  test('has a row for each folder below server/src, in its layer', async () => {
    const rows = tableRowsOf('ARCHITECTURE.md').filter(([layer = '']) => /^\d+$/.test(layer));
    const mapped = rows.flatMap(([layer, folders = '']) =>
      codeSpansOf(folders).map((folder) => [folder.replace(/\/$/, ''), Number(layer)]),
    );
    const layers = await architectureConstant('layers');
    expect(Object.fromEntries(mapped)).toEqual(
      Object.fromEntries(layers.flatMap((names, index) => names.map((name) => [name, index + 1]))),
    );
  });

  test('names the imports that are allowed within a layer, and no others', async () => {
    const allowed = (await architectureConstant('edges')).flat();
    expect(codeSpansOf(text).filter((span) => span.includes(' → '))).toEqual(allowed);
  });
});

/** Reads a constant of `architecture.test.ts`: an array of texts, or of arrays of texts. */
async function architectureConstant(name: string): Promise<string[][]> {
  const file = 'server/test/repository/architecture.test.ts';
  for (const node of nodesOf(await parse(file))) {
    if (!ts.isVariableDeclaration(node) || node.name.getText() !== name || !node.initializer) continue;
    if (!ts.isArrayLiteralExpression(node.initializer)) continue;
    return node.initializer.elements.map((element) =>
      nodesOf(element).flatMap((part) => (ts.isStringLiteral(part) ? [part.text] : [])),
    );
  }
  return expect.fail(`${file} has no ${name}`);
}

describe('settings', () => {
  const namesIn = (rows: string[][]) => rows.flatMap(([cell = '']) => codeSpansOf(cell)).sort();

  async function readSettings(): Promise<string[]> {
    const names = new Set<string>();
    for (const file of await readdir(join(root, 'server/src/config'))) {
      for (const node of nodesOf(await parse(`server/src/config/${file}`))) {
        const [env, name] = ts.isCallExpression(node) ? node.arguments : [];
        if (env?.getText() === 'env' && name && ts.isStringLiteral(name)) names.add(name.text);
        if (ts.isPropertyAccessExpression(node) && node.expression.getText() === 'env')
          names.add(node.name.text);
      }
    }
    return [...names].filter((name) => /^[A-Z][A-Z\d_]+$/.test(name)).sort();
  }

  test('docs/operations/configuration.md has those that the code reads', async () => {
    const settings = await readSettings();
    expect(settings.length).toBeGreaterThan(30);
    expect(namesIn(tableRowsOf('docs/operations/configuration.md'))).toEqual(settings);
  });

  test('.env.example has all of them, and the README none but them', async () => {
    const settings = await readSettings();
    const example = [...(await read('.env.example')).matchAll(/^# ?([A-Z][A-Z\d_]+)=/gm)].map(
      ([, name]) => name,
    );
    expect([...new Set(example)].sort()).toEqual(settings);
    const [, section = ''] = textOf('README.md').split('## Configuration\n');
    const [table = ''] = section.split('\n## ');
    expect(settings).toEqual(
      expect.arrayContaining(
        [...table.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell = '']) => codeSpansOf(cell)),
      ),
    );
  });
});

test('API.md has every error code with its status', () => {
  const rows = tableRowsOf('API.md').filter(([code = '']) => /^`[A-Z_]+`$/.test(code) && code !== '`sub`');
  const documented = rows.flatMap(([code = '', status = '']) => {
    const [name = ''] = codeSpansOf(code);
    return [[name, Number(/^\d{3}/.exec(status)?.[0])]];
  });
  expect(Object.fromEntries(documented)).toEqual(errorCodes);
});

test('docs/errors.md says of every error code, under its status, what to do', () => {
  const sections = textOf('docs/errors.md').split(/^##+ /m);
  const described = sections.flatMap((section) => {
    const [, code, status] = /^`([A-Z_]+)` · (\d{3})\n\n\S/.exec(section) ?? [];
    return code === undefined ? [] : [[code, Number(status)]];
  });
  expect(Object.fromEntries(described)).toEqual(errorCodes);
});

test('the tests that SECURITY.md names exist', async () => {
  const files = (await readdir(join(root, 'server/test'), { recursive: true })).map(
    (file) => file.split('/').at(-1) ?? '',
  );
  const rows = tableRowsOf('SECURITY.md').filter(([what]) => what !== 'what' && !what?.startsWith('---'));
  const named = rows
    .flatMap(([, , tests = '']) => codeSpansOf(tests))
    .filter((name) => /^[a-z*-]+$/.test(name));
  expect(named.length).toBeGreaterThan(30);
  const missing = named.filter((name) => {
    const pattern = RegExp(`^${name.replace('*', '[a-z-]*')}\\.test\\.ts$`);
    return !files.some((file) => pattern.test(file));
  });
  expect(missing).toEqual([]);
});
