import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { adaptMarkdown, githubAnchor } from './markdown.ts';
import { sidebar } from './sidebar.ts';

/** Paths of pages are those of the repository, so that one link works there and on the site. */
const root = fileURLToPath(new URL('../../', import.meta.url));

/** A tick on green. */
const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' " +
  "rx='8' fill='%231d6b48'/%3E%3Cpath d='M9 17l5 5 9-11' fill='none' stroke='white' stroke-width='3.5'/%3E%3C/svg%3E";

export default defineConfig({
  title: 'Duly',
  description:
    'A backend for apps with tasks. Every acknowledged write is durable, and every conflict is detected.',
  lang: 'en',
  // In the page itself: it costs no request.
  head: [['link', { rel: 'icon', href: icon }]],
  srcDir: root,
  srcExclude: [
    '{node_modules,data,dist,deploy,demo,examples,quick-add,scripts}/**',
    'server/**',
    '{cli,client,docs,web}/{node_modules,src,test,dist,out}/**',
    'LICENSE.md',
  ],
  outDir: `${root}dist/site`,
  cacheDir: `${root}node_modules/.cache/vitepress`,
  rewrites: (path) => path.replace(/^docs\/index\.md$/, 'index.md').replace(/(?<=\/)README\.md$/, 'index.md'),
  // Addresses of the reader's own server. Every other link to a page that is not there fails the build.
  ignoreDeadLinks: 'localhostLinks',
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    anchor: { slugify: githubAnchor },
    config: (md) => adaptMarkdown(md, root),
  },
  vite: { server: { fs: { allow: [root] } } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/docs/start/front-end' },
      { text: 'Guides', link: '/docs/guides/tasks' },
      { text: 'API', link: '/API' },
      { text: 'Errors', link: '/docs/errors' },
      { text: 'Operations', link: '/docs/operations/' },
    ],
    sidebar,
  },
});
