import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { confirmationUrl, invitationUrl, passwordLinkUrl } from '../../src/accounts/link-urls.ts';
import { readConfig } from '../../src/config/config.ts';
import { secret, startApp, type TestApp } from '../support/app.ts';

const html = '<!doctype html><title>Duly</title><script>start()</script>';
const script = 'export const app = 1;\n'.repeat(200);
const scriptHash = `sha256-${createHash('sha256').update('start()').digest('base64')}`;

/** A build as `web/scripts/package.mjs` makes it. */
function writeBuild(): string {
  const directory = mkdtempSync(join(tmpdir(), 'duly-web-'));
  mkdirSync(join(directory, '_next'));
  const put = (path: string, text: string) => {
    writeFileSync(join(directory, path), text);
    writeFileSync(join(directory, `${path}.br`), brotliCompressSync(text));
    writeFileSync(join(directory, `${path}.gz`), gzipSync(text));
  };
  put('index.html', html);
  put('_next/a1.js', script);
  put('sw.js', 'self;');
  const type = 'text/javascript; charset=utf-8';
  const list = {
    pages: ['/', '/today', '/projects/:id'],
    scriptHashes: [scriptHash],
    page: 'index.html',
    assets: [
      { path: '/_next/a1.js', type, immutable: true, compressed: true },
      { path: '/sw.js', type, immutable: false, compressed: true },
    ],
  };
  writeFileSync(join(directory, 'files.json'), JSON.stringify(list));
  return directory;
}

let app: TestApp;
let directory: string;
beforeAll(async () => {
  directory = writeBuild();
  app = await startApp({ WEB_DIRECTORY: directory });
});
afterAll(async () => {
  await app.close();
  rmSync(directory, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(app.url + path, { headers, redirect: 'manual' });
const header = (response: Response, name: string) => response.headers.get(name);

describe('the web app', () => {
  test.each(['/', '/today', '/today/', '/projects/7d8b1f3e-52a4-4c5d-8d0f-2f9f6f1c0b22?task=1'])(
    'is shown at %s, and revalidated',
    async (path) => {
      const response = await get(path);
      expect([response.status, await response.text()]).toEqual([200, html]);
      expect(header(response, 'cache-control')).toBe('no-cache');
      const tag = header(response, 'etag') ?? '';
      expect((await get(path, { 'if-none-match': `"other", W/${tag}` })).status).toBe(304);
    },
  );

  test('may run its own scripts and load from this server, and nothing else', async () => {
    for (const path of ['/today', '/sw.js']) {
      const policy = header(await get(path), 'content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain(`script-src 'self' '${scriptHash}';`);
      expect(policy).toContain("connect-src 'self'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
    }
  });

  test('has files that never change, which are stored, and others, which are not', async () => {
    const response = await get('/_next/a1.js');
    expect(header(response, 'cache-control')).toBe('public, max-age=31536000, immutable');
    expect(header(response, 'content-type')).toBe('text/javascript; charset=utf-8');
    expect(header(await get('/sw.js'), 'cache-control')).toBe('no-cache');
  });

  test.each(['br', 'gzip', 'identity'])('is sent in the coding %s', async (coding) => {
    const response = await get('/_next/a1.js', { 'accept-encoding': coding });
    expect(header(response, 'content-encoding')).toBe(coding === 'identity' ? null : coding);
    expect(header(response, 'vary')).toBe('Accept-Encoding');
    expect(await response.text()).toBe(script);
    const tag = header(response, 'etag') ?? '';
    expect((await get('/_next/a1.js', { 'if-none-match': tag, 'accept-encoding': coding })).status).toBe(304);
  });

  test('leaves what it does not have to the API', async () => {
    for (const path of [
      '/unknown',
      '/_next/a2.js',
      '/_next/%2e%2e/files.json',
      '/files.json',
      '/api/unknown',
    ]) {
      const response = await get(path);
      expect(response.status, path).toBe(404);
      expect(await response.json(), path).toMatchObject({ error_code: 'NOT_FOUND' });
    }
    expect((await fetch(`${app.url}/today`, { method: 'POST' })).status).toBe(405);
    expect((await get('/openapi.json')).status).toBe(200);
    expect((await get('/api/v1/users/me/tasks')).status).toBe(401);
  });

  test('is where the links of mails lead', async () => {
    const { ctx } = app;
    expect(passwordLinkUrl(ctx.config, 'abc', 'a@b.c')).toMatch(/\/reset#token=abc&email=a%40b.c$/);
    expect(invitationUrl(ctx.config, 'abc', 'a@b.c')).toMatch(/\/sign-up#invitation=abc&email=a%40b.c$/);
    expect(confirmationUrl(ctx.config, 'verify', 'abc')).toMatch(/\/confirm#verify=abc$/);
    expect(confirmationUrl(ctx.config, 'change', 'abc')).toMatch(/\/confirm#change=abc$/);
    const { http, ...config } = ctx.config;
    const withoutApp = { ...config, http: { ...http, webDirectory: null } };
    expect(confirmationUrl(withoutApp, 'verify', 'abc')).toMatch(/\/api\/auth\/verify-email\?token=abc$/);
  });
});

test('a directory without a build stops the start', () => {
  const wrong = mkdtempSync(join(tmpdir(), 'duly-web-'));
  const start = () => readConfig({ BETTER_AUTH_SECRET: secret, WEB_DIRECTORY: wrong });
  expect(start).toThrow(`WEB_DIRECTORY: got "${wrong}", wants a directory with a build of the web app`);
  rmSync(wrong, { recursive: true });
});

test('a build that lacks a file stops the start', async () => {
  const half = writeBuild();
  rmSync(join(half, 'sw.js.br'));
  await expect(startApp({ WEB_DIRECTORY: half })).rejects.toThrow(/^WEB_DIRECTORY: got .*ENOENT/);
  rmSync(half, { recursive: true });
});
