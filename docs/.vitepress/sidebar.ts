import { readdirSync, readFileSync } from 'node:fs';
import type { DefaultTheme } from 'vitepress';

const root = new URL('../../', import.meta.url);
const read = (page: string) => readFileSync(new URL(`${page}.md`, root), 'utf8');

/** A page by its path without `.md`, with the name of its first heading. */
function item(page: string): DefaultTheme.SidebarItem {
  const [, heading = page] = /^# (.+)$/m.exec(read(page)) ?? [];
  return { text: heading.replaceAll('`', ''), link: `/${page.replace(/(?<=\/)README$/, '')}` };
}

const group = (text: string, pages: readonly string[], collapsed = false): DefaultTheme.SidebarItem => ({
  text,
  collapsed,
  items: pages.map(item),
});

/** Pages in the order in which an index links them. */
const linkedFrom = (folder: string): string[] => {
  const names = [...read(`${folder}/README`).matchAll(/\]\(([\w-]+)\.md\)/g)].map(
    ([, name]) => `${folder}/${name}`,
  );
  return [`${folder}/README`, ...new Set(names)];
};

const decisions = readdirSync(new URL('docs/decisions/', root))
  .filter((name) => /^\d{4}-/.test(name))
  .sort()
  .map((name) => `docs/decisions/${name.replace('.md', '')}`);

export const sidebar: DefaultTheme.SidebarItem[] = [
  group('Start in five minutes', [
    'docs/start/front-end',
    'docs/start/script',
    'docs/start/operator',
    'docs/start/person',
  ]),
  group('The app', linkedFrom('docs/manual')),
  group('Guides', [
    'docs/guides/tasks',
    'docs/guides/retries',
    'docs/guides/repeats',
    'docs/guides/sync',
    'docs/guides/from-fastapi',
    'docs/front-ends',
    'docs/quick-add',
    'docs/import',
  ]),
  group('Reference', [
    'README',
    'API',
    'docs/errors',
    'client/README',
    'client/SPEC',
    'cli/README',
    'docs/glossary',
    'CHANGELOG',
  ]),
  group('How it works', [
    'docs/architecture',
    'ARCHITECTURE',
    'docs/walkthroughs',
    'SECURITY',
    'docs/performance',
    'docs/distribution',
    'CONTRIBUTING',
  ]),
  group('Operations', linkedFrom('docs/operations'), true),
  group('Decisions', ['docs/decisions/README', ...decisions], true),
];
