import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';

const inRepository = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const fixture = inRepository('server/test/fixtures/openapi-client.ts');

let app: TestApp;
let directory: string;
beforeAll(async () => {
  app = await startApp();
  directory = await mkdtemp(join(tmpdir(), 'duly-client-'));
});
afterAll(async () => {
  await app.close();
  await rm(directory, { recursive: true });
});

/** The generator needs an API that the native TypeScript compiler lacks. */
async function generate(): Promise<string> {
  const api = new URL('../support/typescript-api.ts', import.meta.url).href;
  const hooks = registerHooks({
    resolve: (name, context, next) =>
      name === 'typescript' ? { url: api, shortCircuit: true } : next(name, context),
  });
  try {
    const { default: openapiTs, astToString } = await import('openapi-typescript');
    return astToString(await openapiTs(pathToFileURL(inRepository('server/openapi.json'))));
  } finally {
    hooks.deregister();
  }
}

/** The compiler's errors in the fixture, with the generated client. */
async function compile(client: string): Promise<string> {
  await writeFile(join(directory, 'openapi.ts'), client);
  const project = {
    extends: inRepository('tsconfig.json'),
    compilerOptions: {
      lib: ['es2024', 'dom', 'dom.iterable'],
      types: [],
      paths: { '#openapi': [join(directory, 'openapi.ts')] },
    },
    files: [fixture],
    include: [],
    exclude: [],
  };
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(project));
  const tsc = inRepository('node_modules/typescript/bin/tsc');
  try {
    await promisify(execFile)(process.execPath, [tsc, '-p', directory]);
    return '';
  } catch (error) {
    return String(error instanceof Error && 'stdout' in error ? error.stdout : error);
  }
}

test('a client generated from openapi.json compiles strictly, with the unions told apart', async () => {
  expect(await compile(await generate())).toBe('');
});

test('the client does what a front end does', async () => {
  const { id, token } = await app.newUser();
  const { useApi } = await import(fixture);
  expect(await useApi(app.url, token, id)).toMatchObject({
    patched: 'Buy oat milk',
    completed: true,
    bulk: [201, 200, 200],
    list: ['Buy bread'],
    feed: expect.arrayContaining(['Buy bread']),
    deleted: 200,
    missing: 'NOT_FOUND',
  });
});

test('the document is one whose components a client may name as it likes', async () => {
  const { components } = JSON.parse(await readFile(inRepository('server/openapi.json'), 'utf8'));
  // Names that programming languages have already.
  for (const name of ['Error', 'Object', 'String', 'Date', 'Response', 'Request'])
    expect(Object.keys(components.schemas)).not.toContain(name);
});
