import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { IDBFactory } from 'fake-indexeddb';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { password, registerAccount } from '../../server/test/support/accounts.ts';
import { blocksOf, withClientSources } from '../../server/test/support/snippets.ts';
import { newDuly, useApp } from './support/duly.ts';
import { inClient } from './support/generate.ts';

const app = useApp();
let directory: string;
let file: string;
let blocks: string[];

/** The examples of the page as one function of what they do not declare. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'duly-readme-'));
  const text = await readFile(inClient('README.md'), 'utf8');
  blocks = blocksOf(text, 'ts');
  const isImport = (line: string) => line.startsWith('import ');
  const lines = blocks.map((block) => block.split('\n'));
  const imports = lines.flat().filter(isImport).join('\n');
  const [first = '', ...others] = lines.map((block) => block.filter((line) => !isImport(line)).join('\n'));
  const page = `${withClientSources(imports)}
export interface Given {
  url: string; email: string; password: string; signal: AbortSignal;
  userId: string; console: { log(...words: unknown[]): void };
  mirror: Map<string, unknown>; load(): Promise<string | null>; save(cursor: string): Promise<void>;
}
export async function run({ url, email, password, signal, userId, console, mirror, load, save }: Given) {
${first}${others.map((block) => `{\n${block}}\n`).join('')}}
`;
  file = join(directory, 'readme.mts');
  await writeFile(file, page);
});
afterAll(() => {
  vi.unstubAllGlobals();
  return rm(directory, { recursive: true, force: true });
});

test('the examples of the README compile', async () => {
  const compilerOptions = { lib: ['es2022', 'dom', 'dom.asynciterable', 'dom.iterable'], types: [] };
  const project = { extends: fileURLToPath(inClient('../tsconfig.json')), compilerOptions, files: [file] };
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(project));
  const tsc = fileURLToPath(inClient('../node_modules/typescript/bin/tsc'));
  const compiled = await promisify(execFile)(process.execPath, [tsc, '-p', directory]).catch(
    (error: unknown) => error,
  );
  expect(compiled).toMatchObject({ stdout: '' });
});

test('the examples of the README do what it says', async () => {
  expect(blocks).toHaveLength(6);
  vi.stubGlobal('indexedDB', new IDBFactory());
  const { email, id, newToken } = await registerAccount(app());
  const stop = new AbortController();
  const lines: string[] = [];
  const { run } = await import(pathToFileURL(file).href);
  const mirror = new Map<string, unknown>();
  let cursor: string | null = null;
  const running = run({
    url: app().url,
    email,
    password,
    signal: stop.signal,
    mirror,
    userId: id,
    console: { log: (...words: unknown[]) => lines.push(words.join(' ')) },
    load: async () => cursor,
    save: async (next: string) => {
      cursor = next;
    },
  });
  await vi.waitUntil(() => lines.includes('connected'), 60_000);
  expect(lines).toEqual(['0 of 0', 'Buy milk', 'now Buy milk', 'connected']);
  expect([...mirror.keys()].map((key) => key.split(' ')[0]).sort()).toEqual([
    'profile',
    'tag',
    'task',
    'task',
  ]);
  const { duly } = await newDuly(app(), { token: await newToken(), userId: id });
  await duly.tasks.create({ title: 'from elsewhere' });
  await vi.waitUntil(() => lines.at(-1) === 'task upsert', 60_000);
  stop.abort();
  await running;
  expect(lines).toContainEqual(expect.stringMatching(/^open .*Buy bread/));
  expect(lines.at(-1)).toBe('open ');
});
