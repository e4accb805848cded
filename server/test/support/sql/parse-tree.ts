import { loadModule, parseSync } from 'libpg-query';

/** PostgreSQL's own parse tree: `{Kind: {field: …}}`, lists of those, and plain values. */
export type Node = Record<string, unknown>;

await loadModule();

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The node in `value[name]`, or undefined. */
export function child(value: unknown, name: string): Node | undefined {
  const found = isNode(value) ? value[name] : undefined;
  return isNode(found) ? found : undefined;
}

export function children(value: unknown, name: string): Node[] {
  const found = isNode(value) ? value[name] : undefined;
  return Array.isArray(found) ? found.filter(isNode) : [];
}

export function text(value: unknown, name: string): string | undefined {
  const found = isNode(value) ? value[name] : undefined;
  return typeof found === 'string' ? found : undefined;
}

/** The strings of a list of `{String: {sval}}`. The list may also hold a `*`. */
export const names = (value: unknown, name: string): string[] =>
  children(value, name).map((item) => text(item.String, 'sval') ?? '*');

/** The statements of a text, which may hold several, such as `begin; set …`. */
export function parse(sql: string): Node[] {
  const tree: unknown = parseSync(sql);
  return children(tree, 'stmts')
    .map((statement) => child(statement, 'stmt'))
    .filter((statement) => statement !== undefined);
}
