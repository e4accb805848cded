import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../../server/test/support/sources.ts';

let site: string;
/** By path from the root of the site. */
const pages = new Map<string, string>();
let files: Set<string>;

beforeAll(async () => {
  site = mkdtempSync(join(tmpdir(), 'duly-site-'));
  const build = [
    join(root, 'node_modules/vitepress/bin/vitepress.js'),
    'build',
    join(root, 'docs'),
    '--outDir',
    site,
  ];
  // The build itself fails at a link to a page that is not there.
  await promisify(execFile)(process.execPath, build, { cwd: root });
  files = new Set(readdirSync(site, { recursive: true }).map((name) => String(name).replaceAll('\\', '/')));
  for (const name of files)
    if (name.endsWith('.html')) pages.set(name, readFileSync(join(site, name), 'utf8'));
});
afterAll(() => rmSync(site, { recursive: true, force: true }));

const valuesOf = (html: string, attribute: string): string[] =>
  [...html.matchAll(RegExp(`\\s${attribute}="([^"]*)"`, 'g'))].map(([, value = '']) =>
    value.replaceAll('&amp;', '&'),
  );

test('the pages of the repository are pages of the site', () => {
  const wanted = [
    'index',
    'README',
    'API',
    'ARCHITECTURE',
    'docs/errors',
    'docs/operations/index',
    'client/index',
  ];
  expect([...pages.keys()]).toEqual(expect.arrayContaining(wanted.map((name) => `${name}.html`)));
  expect(pages.size).toBeGreaterThan(100);
});

test('every link leads to a page, and to a heading that is there', () => {
  const broken: string[] = [];
  for (const [name, html] of pages) {
    if (name === '404.html') continue;
    for (const href of valuesOf(html.slice(html.indexOf('<body')), 'href')) {
      if (/^[a-z]+:/.test(href)) continue;
      const [path = '', heading] = href.split('#');
      const whole = path === '' ? name : posix.join(path.startsWith('/') ? '.' : dirname(name), path);
      const target = whole.endsWith('/') || whole === '.' ? posix.join(whole, 'index.html') : whole;
      const page = pages.get(target);
      const hasHeading =
        heading === undefined || heading === '' || page?.includes(`id="${decodeURIComponent(heading)}"`);
      if (!(files.has(target) && (page === undefined || hasHeading))) broken.push(`${name}: ${href}`);
    }
  }
  expect(broken).toEqual([]);
});

test('nothing is loaded from elsewhere', () => {
  const loaded: string[] = [];
  for (const [name, html] of pages) {
    const tags = html.match(/<(?:link|script|img|source|iframe|use)\b[^>]*>/g) ?? [];
    const sources = tags.flatMap((tag) => [...valuesOf(tag, 'href'), ...valuesOf(tag, 'src')]);
    loaded.push(
      ...sources.filter((source) => /^(https?:)?\/\//.test(source)).map((source) => `${name}: ${source}`),
    );
  }
  for (const name of files)
    if (name.endsWith('.css'))
      loaded.push(
        ...(readFileSync(join(site, name), 'utf8').match(/(?:url\(|@import\s+)["']?https?:[^)]*/g) ?? []),
      );
  expect(loaded).toEqual([]);
});
