import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ts } from '@ts-morph/common';
import { beforeAll, describe, expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const src = fileURLToPath(new URL('../../src/', import.meta.url));

/**
 * The folders and files directly below `src`, lowest first. Each may import itself and those on lines above its own.
 */
const layers = [
  ['platform', 'dates'],
  ['config'],
  ['db'],
  ['audit', 'limits', 'mail', 'senders', 'stores'],
  ['writes'],
  ['response-cache'],
  ['items'],
  [
    ...['accounts', 'channels', 'tags', 'occurrences', 'reminders'],
    ...['tasks', 'projects', 'sections', 'views', 'profiles'],
  ],
  ['nouns.ts', 'item-kinds.ts'],
  ['tokens'],
  ['feed', 'admin', 'digest', 'deliveries'],
  ['user-data.ts'],
  ['jobs', 'worker', 'backup', 'dump', 'export', 'erasure', 'import'],
  ['metrics', 'tracing', 'doctor'],
  ['context.ts'],
  ['http'],
  ['process'],
  ['commands'],
  ['main.ts'],
];

/** What a folder may import from its own layer. */
const edges = [
  'dates → platform',
  'tasks → tags',
  'tasks → occurrences',
  'tasks → reminders',
  'projects → tasks',
  'projects → occurrences',
  'projects → reminders',
  'sections → projects',
  'views → tasks',
  'profiles → tasks',
  'profiles → reminders',
  'senders → mail',
  'jobs → erasure',
  'backup → erasure',
  'dump → backup',
];

interface Import {
  /** Of the importing file, below `src`. */
  file: string;
  /** Below `src` as well, or the name of a package. */
  target: string;
  isOurs: boolean;
}

let imports: Import[];
let files: string[];

beforeAll(async () => {
  const names = await readdir(src, { recursive: true });
  files = names.filter((name) => name.endsWith('.ts')).map((name) => name.split(sep).join('/'));
  expect(files.length).toBeGreaterThan(200);
  imports = (await Promise.all(files.map(importsOf))).flat();
});

/** Static and dynamic imports and re-exports, types included, by the parser of TypeScript. */
async function importsOf(file: string): Promise<Import[]> {
  const text = await readFile(join(src, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const found: Import[] = [];
  const add = (node: ts.Node | undefined) => {
    if (node === undefined || !ts.isStringLiteral(node)) return;
    const isOurs = node.text.startsWith('.');
    found.push({ file, target: isOurs ? posix.join(dirname(file), node.text) : node.text, isOurs });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0]);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const folderOf = (file: string) => file.split('/')[0] ?? '';
const layerOf = (file: string) => layers.findIndex((layer) => layer.includes(folderOf(file)));
const ours = () => imports.filter(({ isOurs }) => isOurs);
const show = ({ file, target }: Import) => `${file} → ${target}`;

describe('who may import whom', () => {
  test('every folder has its layer', () => {
    expect([...new Set(files.filter((file) => layerOf(file) < 0).map(folderOf))]).toEqual([]);
  });

  test('a folder imports lower layers only, and of its own those on the list', () => {
    const wrong = ours().filter(({ file, target }) => {
      if (folderOf(file) === folderOf(target)) return false;
      const isListed = edges.includes(`${folderOf(file)} → ${folderOf(target)}`);
      return layerOf(target) > layerOf(file) || (layerOf(target) === layerOf(file) && !isListed);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test('no files import each other in a circle', () => {
    expect(circlesOf(ours())).toEqual([]);
  });

  test('of HTTP, only the table of routes imports a surface', () => {
    const isSurface = (file: string) => /^http\/(v1|bare)\//.test(file);
    const wrong = ours().filter(
      ({ file, target }) => isSurface(target) && !isSurface(file) && file !== 'http/routes.ts',
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test('HTTP holds no SQL: it imports neither Kysely nor pg', () => {
    const wrong = imports.filter(
      ({ file, target }) => folderOf(file) === 'http' && ['kysely', 'pg'].includes(target),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test('no handler has secrets of channels in clear', () => {
    const wrong = ours().filter(
      ({ file, target }) => folderOf(file) === 'http' && target === 'channels/sending-targets.ts',
    );
    expect(wrong.map(show)).toEqual([]);
    expect(files).toContain('channels/sending-targets.ts');
  });

  test('only HTTP knows Fastify', () => {
    const wrong = imports.filter(
      ({ file, target, isOurs }) => !isOurs && /^@?fastify/.test(target) && folderOf(file) !== 'http',
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test('only the platform knows TypeBox, whose modules no start loads', () => {
    const wrong = imports.filter(
      ({ file, target, isOurs }) => !isOurs && /^typebox/.test(target) && folderOf(file) !== 'platform',
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test('the platform imports nothing of ours', () => {
    const wrong = ours().filter(
      ({ file, target }) => folderOf(file) === 'platform' && folderOf(target) !== 'platform',
    );
    expect(wrong.map(show)).toEqual([]);
  });
});

test('a name that two files export is that of a handler and of the function that does its work', async () => {
  const exportedBy = new Map<string, string[]>();
  for (const file of files)
    for (const name of await exportedNamesOf(file))
      exportedBy.set(name, [...(exportedBy.get(name) ?? []), file]);
  const shared = [...exportedBy].filter(([, { length }]) => length > 1);
  expect(shared.length).toBeGreaterThan(10);
  const isHandler = (file: string) => file.startsWith('http/handlers/');
  const wrong = shared.filter(([, by]) => by.length > 2 || by.filter(isHandler).length !== 1);
  expect(wrong).toEqual([]);
});

/** The names of exported declarations; a schema and its type may share one. */
async function exportedNamesOf(file: string): Promise<Set<string>> {
  const text = await readFile(join(src, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const names = source.statements.flatMap((statement): (ts.Node | undefined)[] => {
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => name);
    const isNamed =
      ts.isFunctionDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement);
    return isNamed ? [statement.name] : [];
  });
  return new Set(names.flatMap((name) => (name === undefined ? [] : [name.getText()])));
}

/** Each circle once, as the files on it. */
function circlesOf(all: readonly Import[]): string[] {
  const targets = Map.groupBy(all, ({ file }) => file);
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) circles.push([...path.slice(start), file].join(' → '));
    if (start >= 0 || done.has(file)) return;
    for (const { target } of targets.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return circles;
}

test('process.env is read in one place', async () => {
  const readers = [];
  for (const file of files) {
    if ((await readFile(join(src, file), 'utf8')).includes('process.env')) readers.push(file);
  }
  expect(readers).toEqual(['config/config.ts']);
});

/** The peer dependency of each adapter of the client. */
const peers: Readonly<Record<string, string>> = { react: 'react', 'tanstack-db': '@tanstack/db' };

test.each(['quick-add', 'client'])(
  '%s imports nothing but itself and what its adapters are for, so that it runs in browsers',
  async (name) => {
    const folder = `../../${name}/src`;
    const names = await readdir(join(src, folder), { recursive: true });
    const sources = names.filter((file) => file.endsWith('.ts')).map((file) => file.split(sep).join('/'));
    const all = (await Promise.all(sources.map((file) => importsOf(`${folder}/${file}`)))).flat();
    expect(all.length).toBeGreaterThan(10);
    const isPeer = (file: string, target: string) =>
      Object.entries(peers).some(
        ([adapter, peer]) => file === `${folder}/${adapter}/index.ts` && target === peer,
      );
    const others = all.filter(
      ({ file, target }) => !target.startsWith(`${folder}/`) && !isPeer(file, target),
    );
    expect(others.map(show)).toEqual([]);
    expect(circlesOf(all)).toEqual([]);
  },
);

test('files have at most 250 lines, and comments at most 120 columns', async () => {
  const wrong: string[] = [];
  for (const folder of ['server', 'quick-add', 'client', 'cli', 'web', 'demo', 'scripts']) {
    for (const file of await readdir(join(repository, folder), { recursive: true })) {
      if (!/\.(ts|mjs|js)$/.test(file) || /node_modules|\.next\/|dist\/|src\/generated/.test(file)) continue;
      const lines = (await readFile(join(repository, folder, file), 'utf8')).split('\n');
      const name = relative(repository, join(repository, folder, file));
      if (file.startsWith('src') && lines.length > 251) wrong.push(name);
      lines.forEach((line, index) => {
        if ([...line].length > 120 && /^\s*(\/\/|\/?\*)/.test(line)) wrong.push(`${name}:${index + 1}`);
      });
    }
  }
  expect(wrong).toEqual([]);
});
