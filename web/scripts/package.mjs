// Makes what the server serves out of what Next.js exported: the one page, its assets, icons, manifest and service
// worker, each with compressed copies, and their list, `files.json` (server/src/http/web/web-build.ts reads it).
import { createHash } from 'node:crypto';
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { iconFiles } from './icons.mjs';

const types = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};
const isText = (path) => ['.css', '.js', '.svg', '.html', '.webmanifest'].includes(extname(path));

/** URLs that show the app, as `src/routing/routes.ts` reads them. */
const pages = [
  ...['/', '/today', '/upcoming', '/inbox', '/completed', '/search', '/charts', '/trash', '/new'],
  ...['/projects/:id', '/tags/:name', '/views/:id'],
  ...['/settings', '/settings/:page', '/admin', '/admin/:page', '/admin/users/:id'],
  ...['/sign-in', '/sign-up', '/forgot', '/reset', '/confirm'],
];

const manifest = {
  id: '/',
  name: 'Duly',
  short_name: 'Duly',
  description: 'Tasks, in step on every device.',
  start_url: '/today',
  scope: '/',
  display: 'standalone',
  background_color: '#f7f7f4',
  theme_color: '#0b5d51',
  icons: [
    { src: '/icons/icon.svg', sizes: 'any', type: 'image/svg+xml' },
    { src: '/icons/icon-192.png', sizes: '192x192', type: 'image/png' },
    { src: '/icons/icon-512.png', sizes: '512x512', type: 'image/png' },
    { src: '/icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
  ],
  shortcuts: [{ name: 'Add a task', url: '/new' }],
};

export function packageBuild({ from, to, sourceDigest }) {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const put = (path, content) => {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    writeFileSync(join(to, path), content);
  };
  cpSync(join(from, '_next', 'static'), join(to, '_next', 'static'), { recursive: true });
  const html = readFileSync(join(from, 'index.html'), 'utf8');
  put('index.html', html);
  put('manifest.webmanifest', JSON.stringify(manifest));
  for (const [name, content] of iconFiles()) put(`icons/${name}`, content);
  put('sw.js', serviceWorker(to, html));

  const files = globSync('**/*', { cwd: to }).filter((path) => statSync(join(to, path)).isFile());
  for (const path of files.filter(isText)) compress(join(to, path));
  const assets = files
    .filter((path) => path !== 'index.html')
    .map((path) => ({
      path: `/${path}`,
      type: types[extname(path)] ?? 'application/octet-stream',
      immutable: path.startsWith('_next/static/'),
      compressed: isText(path),
    }));
  const list = { sourceDigest, page: 'index.html', pages, scriptHashes: inlineScriptHashes(html), assets };
  put('files.json', JSON.stringify(list, null, 2));
}

/** Of every inline script, for the Content-Security-Policy. */
function inlineScriptHashes(html) {
  const scripts = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)];
  const hashes = scripts.map(([, text]) => createHash('sha256').update(text).digest('base64'));
  return [...new Set(hashes)].map((hash) => `sha256-${hash}`);
}

/** With the list of what it stores. Old browsers' polyfills are left out. */
function serviceWorker(directory, html) {
  const polyfills = new Set([...html.matchAll(/<script src="([^"]+)"[^>]*noModule/g)].map(([, src]) => src));
  const files = globSync('{_next/static,icons}/**/*.{js,css,woff2,svg}', { cwd: directory })
    .map((path) => `/${path}`)
    .filter((path) => !polyfills.has(path));
  const urls = ['/', '/manifest.webmanifest', '/icons/icon-192.png', ...files];
  const version = createHash('sha256').update(html).update(urls.join()).digest('hex').slice(0, 12);
  return readFileSync(new URL('./service-worker.js', import.meta.url), 'utf8')
    .replace("'__VERSION__'", JSON.stringify(version))
    .replace("['__FILES__']", JSON.stringify(urls));
}

function compress(file) {
  const content = readFileSync(file);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 11 };
  writeFileSync(`${file}.br`, brotliCompressSync(content, { params: quality }));
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
}
