import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { password, registerAccount } from '../../server/test/support/accounts.ts';
import { startApp, type TestApp } from '../../server/test/support/app.ts';
import {
  blocksOf,
  compileSnippets,
  runSnippet,
  type SnippetLanguage,
  snippetLanguages,
} from '../../server/test/support/snippets.ts';
import { read, root } from '../../server/test/support/sources.ts';

const folder = 'docs/guides';
const pages = readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
const texts = new Map(await Promise.all(pages.map(async (page) => [page, await read(page)] as const)));
const programOf = (page: string, language: SnippetLanguage) =>
  blocksOf(texts.get(page) ?? '', language).join('\n');
/** One page has commands of an operator, which its own test runs. */
const guides = pages.filter((page) => programOf(page, 'ts') !== '');

const isThere = (program: string) => spawnSync(program, ['--version']).status === 0;
const missing: Record<SnippetLanguage, boolean> = {
  sh: !isThere('curl') || !isThere('jq'),
  ts: false,
  python: !isThere('python3'),
};
for (const language of snippetLanguages)
  if (missing[language]) console.warn(`skipped: the guides in ${language}, for want of its programs`);

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

test('there are guides', () => {
  expect(guides.length).toBeGreaterThanOrEqual(4);
});

test('the TypeScript of the guides compiles', async () => {
  const modules = guides.map((page, index) => [`guide-${index}.mts`, programOf(page, 'ts')] as const);
  expect(await compileSnippets(new Map(modules))).toBe('');
});

describe.each(guides)('%s', (page) => {
  const text = texts.get(page) ?? '';

  test('has each step in each language', () => {
    const counts = snippetLanguages.map((language) => blocksOf(text, language).length);
    expect(new Set(counts).size).toBe(1);
  });

  for (const language of snippetLanguages)
    test.skipIf(missing[language])(`prints in ${language} what it says`, async () => {
      const { email } = await registerAccount(app);
      const env = { DULY_URL: app.url, DULY_EMAIL: email, DULY_PASSWORD: password };
      expect(await runSnippet(language, programOf(page, language), env)).toBe(
        blocksOf(text, 'text').join(''),
      );
    });
});
