import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';

/** The anchor that GitHub makes from a heading: the same links work on both. */
export const githubAnchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

const tabNames: Readonly<Record<string, string>> = { sh: 'curl', ts: 'TypeScript', python: 'Python' };

/** Blocks of several languages, one directly after the other, become tabs. */
const groupLanguages = (source: string): string =>
  source.replaceAll(/(?:^```(?:sh|ts|python)\n(?:(?!```).*\n)*?```\n\n?){2,}/gm, (blocks) => {
    const named = blocks.replaceAll(
      /^```(sh|ts|python)$/gm,
      (fence, language) => `${fence} [${tabNames[language]}]`,
    );
    return `::: code-group\n\n${named.trimEnd()}\n\n:::\n\n`;
  });

interface Environment {
  /** Of the page, from the root of the repository. */
  relativePath?: string;
}

/** Adapts pages that are written for readers of the repository, too. */
export function adaptMarkdown(md: MarkdownRenderer, root: string): void {
  md.core.ruler.before('normalize', 'languages', (state) => {
    state.src = groupLanguages(state.src.replaceAll('\r\n', '\n'));
  });
  md.core.ruler.push('source-links', (state) => {
    const { relativePath = '' }: Environment = state.env;
    const folder = dirname(relativePath);
    for (const { children } of state.tokens) {
      let isDropped = false;
      for (const token of children ?? []) {
        if (token.type === 'link_open') {
          const target = String(token.attrGet('href'));
          isDropped = isSource(root, folder, target);
          if (!isDropped) token.attrSet('href', toIndex(folder, target));
        }
        // A file of the sources is no page: its name stays, without a link.
        if (isDropped && /^link_/.test(token.type)) {
          if (token.type === 'link_close') isDropped = false;
          token.type = 'text';
          token.tag = '';
          token.nesting = 0;
          token.content = '';
        }
      }
    }
  });
}

const isRelative = (target: string) => !/^([a-z]+:|\/|#)/.test(target);

function isSource(root: string, folder: string, target: string): boolean {
  const [path = ''] = target.split('#');
  return isRelative(target) && !path.endsWith('.md') && existsSync(join(root, normalize(join(folder, path))));
}

/** The pages called README are those of their folders; that of the repository is a page of its own. */
function toIndex(folder: string, target: string): string {
  const [path = ''] = target.split('#');
  const isFolderPage = isRelative(target) && /(^|\/)README\.md$/.test(path);
  const isRoot = normalize(join(folder, path)) === 'README.md';
  return isFolderPage && !isRoot ? target.replace('README.md', 'index.md') : target;
}
