import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterTest } from './clean-up.ts';
import { root } from './sources.ts';

/** The fenced blocks of a page in one language, such as `sh`, in their order. */
export const blocksOf = (text: string, language: string): string[] =>
  [...text.matchAll(RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, code = '']) => code);

/** Replaces the packages of the client by their sources, which need not be built. */
export const withClientSources = (code: string): string =>
  code.replaceAll(/'@duly\/client\/?(.*?)'/g, (_, part: string) =>
    JSON.stringify(join(root, 'client/src', part, 'index.ts')),
  );

/** How a language's program is called, by the name of its file. */
const runners = {
  sh: { file: 'page.sh', command: ['bash', '-e', '-o', 'pipefail'] },
  ts: { file: 'page.mts', command: [process.execPath] },
  python: { file: 'page.py', command: ['python3'] },
} as const;

export type SnippetLanguage = keyof typeof runners;
export const snippetLanguages = ['sh', 'ts', 'python'] as const;

/**
 * Runs code in a directory of its own, with PATH, HOME and these variables only.
 * @returns what it printed
 * @throws Error with its output when it fails
 */
export async function runSnippet(
  language: SnippetLanguage,
  code: string,
  env: Record<string, string>,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'duly-snippet-'));
  afterTest.push(() => rm(directory, { recursive: true }));
  const { file, command } = runners[language];
  const [program, ...args] = command;
  await writeFile(join(directory, file), language === 'ts' ? withClientSources(code) : code);
  const { PATH = '', HOME = '' } = process.env;
  const options = { cwd: directory, env: { PATH, HOME, ...env } };
  const { stdout } = await promisify(execFile)(program, [...args, file], options);
  return stdout;
}

/** How the compiler finds fault with modules; empty if it does not. @param modules by file name */
export async function compileSnippets(modules: ReadonlyMap<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'duly-snippets-'));
  afterTest.push(() => rm(directory, { recursive: true }));
  for (const [name, code] of modules) await writeFile(join(directory, name), withClientSources(code));
  const lib = ['es2024', 'dom', 'dom.asynciterable', 'dom.iterable'];
  const typeRoots = [join(root, 'node_modules/@types')];
  const compilerOptions = { target: 'es2024', lib, typeRoots, types: ['node'] };
  const project = { extends: join(root, 'tsconfig.json'), compilerOptions, files: [...modules.keys()] };
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(project));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return promisify(execFile)(process.execPath, [tsc, '-p', directory]).then(
    () => '',
    (error: { stdout?: string }) => String(error.stdout),
  );
}
