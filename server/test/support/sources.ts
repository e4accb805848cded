import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ts } from '@ts-morph/common';

/** The folder of the repository. Paths are relative to it. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

export const read = (path: string) => readFile(join(root, path), 'utf8');

export const codeSpansOf = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);

export const parse = async (path: string) =>
  ts.createSourceFile(path, await read(path), ts.ScriptTarget.Latest, true);

/** All nodes of a file. */
export function nodesOf(source: ts.Node): ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
