import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv, promisify } from 'node:util';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { jwt } from 'better-auth/plugins';
import { decodeProtectedHeader } from 'jose';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { createViteServer } from 'vitest/node';
import { readConfig } from '../../src/config/config.ts';
import { secret, startApp } from '../support/app.ts';
import { hasChromium, launchChromium } from '../support/chromium.ts';
import { afterFile, afterTest } from '../support/clean-up.ts';
import { createDatabase, urlOf } from '../support/database.ts';
import { freePort, type Server, startServer } from '../support/process.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const text = await readFile(join(repository, 'docs/front-ends.md'), 'utf8');
/** The code blocks of docs/front-ends.md, by the name in their first line. */
const blocks = new Map(
  [...text.matchAll(/```\w+\n(?:\/\/|#) (\S+)\n(.*?)```/gs)].map(([, name = '', code = '']) => [name, code]),
);
const block = (name: string): string => {
  const code = blocks.get(name);
  if (code === undefined) throw new Error(`docs/front-ends.md has no block ${name}`);
  return code;
};
const person = (name: string) => ({ email: `${name}@example.com`, password: 'gentle-otter-42', name: 'Ada' });

test('every block of the page has a name, and a test', () => {
  expect([...blocks.keys()]).toEqual([
    'same-site.js',
    'vite.config.js',
    'next.config.mjs',
    'proxied.js',
    'bearer.js',
    'proxied.env',
    'duly-token.js',
    'shared-secret.env',
    'jwks.env',
  ]);
  expect(text.match(/```\w+\n/g)).toHaveLength(blocks.size);
});

if (!hasChromium) console.warn('skipped: front ends in a browser, for want of Chromium in /usr/bin');

describe.skipIf(!hasChromium)('a page in a browser, with Better Auth and nothing set', () => {
  let duly: Server;
  let browser: Browser;
  /** The port of a front end's dev server. Each host name is another origin. */
  let port: number;

  beforeAll(async () => {
    const database = await createDatabase();
    const root = await mkdtemp(join(tmpdir(), 'duly-front-end-'));
    duly = await startServer({ DATABASE_URL: urlOf(database.connection), DATA_DIR: join(root, 'data') });
    const api = `http://localhost:${new URL(duly.url).port}`;
    port = await freePort();
    for (const name of ['same-site.js', 'proxied.js', 'bearer.js', 'vite.config.js'])
      await writeFile(join(root, name), block(name).replaceAll('http://localhost:8000', api));
    await writeFile(join(root, 'index.html'), '<!doctype html><title>A front end</title>');
    await writeFile(join(root, 'package.json'), '{"type":"module"}');
    await symlink(join(repository, 'node_modules'), join(root, 'node_modules'));
    const vite = await createViteServer({
      root,
      configFile: join(root, 'vite.config.js'),
      cacheDir: join(root, 'cache'),
      logLevel: 'silent',
      server: { host: '127.0.0.1', port, strictPort: true, hmr: false, fs: { allow: [root, repository] } },
    });
    await vite.listen();
    browser = await launchChromium();
    afterFile.push(async () => {
      await browser.close();
      await vite.close();
      duly.child.kill('SIGTERM');
      await duly.ended;
      await database.drop();
      await rm(root, { recursive: true, force: true });
    });
  });

  /** Runs a module in a page of a new browser profile. */
  async function pageOn(origin: string): Promise<Page> {
    const context = await browser.newContext();
    afterTest.push(() => context.close());
    const page = await context.newPage();
    await page.goto(origin);
    return page;
  }
  // As text, because the modules are loaded by the page.
  const run = (page: Page, module: string, code: string, sent: unknown): Promise<Record<string, unknown>> =>
    page.evaluate(`import('/${module}').then(async ({ auth, callApi }) => {
      const person = ${JSON.stringify(sent)};
      ${code}
    })`);
  const signUpAndAsk = `
    const { data, error } = await auth.signUp.email(person);
    const session = await auth.getSession();
    const token = (await auth.token()).data?.token;
    return { error, id: data?.user.id, user: session.data?.user.id ?? null, token };`;

  test('on http://localhost keeps its session by cookie, and reads its tasks', async () => {
    const page = await pageOn(`http://localhost:${port}`);
    const { error, id, user } = await run(page, 'same-site.js', signUpAndAsk, person('same-site'));
    expect(error).toBeNull();
    expect(user).toBe(id);
    const called = await run(
      page,
      'same-site.js',
      `const title = { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Requested-With': 'x' }, body: '{"title":"x"}' };
       const created = await callApi('/api/' + person + '/tasks', title);
       const listed = await callApi('/api/' + person + '/tasks', { cache: 'no-cache', headers: { Pragma: 'no-cache' } });
       return { created: created.status, listed: listed.status, tasks: (await listed.json()).length };`,
      id,
    );
    expect(called).toEqual({ created: 201, listed: 200, tasks: 1 });
  });

  test('on http://127.0.0.1 has no session by cookie, as the page says', async () => {
    const page = await pageOn(`http://127.0.0.1:${port}`);
    const { error, id, user } = await run(page, 'same-site.js', signUpAndAsk, person('two-names'));
    expect([error, typeof id, user]).toEqual([null, 'string', null]);
  });

  test.each(['localhost', '127.0.0.1'])(
    'on http://%s keeps its session through the dev server',
    async (host) => {
      const page = await pageOn(`http://${host}:${port}`);
      const { error, id, user, token } = await run(
        page,
        'proxied.js',
        signUpAndAsk,
        person(`proxied-${host}`),
      );
      expect([error, user]).toEqual([null, id]);
      const status = await page.evaluate(
        `fetch('/api/${id}/tasks', { headers: { Authorization: 'Bearer ${token}' } }).then(({ status }) => status)`,
      );
      expect(status).toBe(200);
    },
  );

  test('on another site keeps its session by bearer token, over a reload, until it signs out', async () => {
    const page = await pageOn(`http://127.0.0.1:${port}`);
    const { error, id, user, token } = await run(page, 'bearer.js', signUpAndAsk, person('bearer'));
    expect([error, user]).toEqual([null, id]);
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${duly.url}/api/${id}/tasks`, { headers })).status).toBe(200);
    await page.reload();
    const ask = `const { data } = await auth.getSession(); return { user: data?.user.id ?? null };`;
    expect(await run(page, 'bearer.js', ask, null)).toEqual({ user: id });
    await page.evaluate("import('/bearer.js').then(({ signOut }) => signOut())");
    expect(await run(page, 'bearer.js', ask, null)).toEqual({ user: null });
    expect(await page.context().cookies()).toEqual([]);
  });
});

test('the rewrite for Next.js passes /api on', async () => {
  const module = `data:text/javascript,${encodeURIComponent(block('next.config.mjs'))}`;
  const { default: config } = await import(module);
  expect(await config.rewrites()).toEqual([
    { source: '/api/:path*', destination: 'http://localhost:8000/api/:path*' },
  ]);
});

describe('tokens of the front end', () => {
  const settings = (name: string): Record<string, string> => parseEnv(block(name)) as Record<string, string>;

  test('that are signed as shown with the shared secret are accepted', async () => {
    const { JWT_ISSUER = '', JWT_AUDIENCE = '' } = settings('shared-secret.env');
    const app = await startApp({ JWT_ISSUER, JWT_AUDIENCE });
    afterTest.push(() => app.close());
    const code = `${block('duly-token.js')}\nconsole.log(await dulyToken('user_42'));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
      cwd: repository,
      env: { ...process.env, BETTER_AUTH_SECRET: secret },
    });
    const token = stdout.trim();
    expect((await app.request('GET', '/api/user_42/tasks', { token })).status).toBe(200);
    expect((await app.request('GET', '/api/user_43/tasks', { token })).status).toBe(403);
    const { BETTER_AUTH_SECRET = '' } = settings('shared-secret.env');
    expect(() => readConfig({ JWT_ISSUER, JWT_AUDIENCE, BETTER_AUTH_SECRET })).not.toThrow();
  });

  test.each(['EdDSA', 'ES256', 'ES512', 'RS256', 'PS256'] as const)(
    "by Better Auth's own plugin are signed with a key pair: %s",
    async (alg) => {
      const front = betterAuth({
        baseURL: 'https://app.example.com',
        secret,
        database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
        logger: { disabled: true },
        plugins: [jwt({ jwks: { keyPairConfig: { alg } } })],
      });
      const { token } = await front.api.signJWT({ body: { payload: { sub: 'user_42' } } });
      expect(decodeProtectedHeader(token).alg).toBe(alg);
    },
  );

  test('the settings for public keys and for a proxy are ones that Duly takes', () => {
    const base = { BETTER_AUTH_SECRET: 'Vb7#kQ2-xT9mLw4.Zr8pNs3_Hd6yGf1u', NODE_ENV: 'production' };
    const { auth } = readConfig({ ...base, ...settings('jwks.env') });
    expect([auth.jwksUrl, auth.issuer]).toEqual([
      'https://app.example.com/api/auth/jwks',
      'https://app.example.com',
    ]);
    const names = { JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' };
    const proxied = readConfig({ ...base, ...names, ...settings('proxied.env') });
    expect(proxied.auth.baseUrl).toBe('https://app.example.com');
    expect(proxied.mail.passwordResetUrl).toBe('https://app.example.com/reset-password');
  });
});
