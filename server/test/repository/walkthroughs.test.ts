import { ts } from '@ts-morph/common';
import { describe, expect, test } from 'vitest';
import { codeSpansOf, nodesOf, parse, read } from '../support/sources.ts';

interface Step {
  file: string;
  names: string[];
}

/** By heading: how many files a reader may have to open. */
const walkthroughLimits: Record<string, Record<string, number>> = {
  'ARCHITECTURE.md': {
    'A list': 6,
    'A cached list': 6,
    'A create': 5,
    'A change (PATCH)': 6,
    'A page of the feed': 5,
    'The event stream': 6,
  },
  'docs/walkthroughs.md': {
    'A renamed tag': 5,
    'A refused token': 8,
    'A rate limit': 6,
    'A migration': 6,
  },
};

const texts = new Map(
  await Promise.all(Object.keys(walkthroughLimits).map(async (name) => [name, await read(name)] as const)),
);

describe.each(Object.entries(walkthroughLimits))('the walkthroughs of %s', (document, limits) => {
  const walkthroughs = new Map<string, Step[]>();
  for (const section of (texts.get(document) ?? '').split(/^##+ /m).slice(1)) {
    const heading = section.slice(0, section.indexOf('\n'));
    const steps = [...section.matchAll(/^\d+\. `([^`]+)` · ((?:`\w+`(?:, )?)+)/gm)];
    if (steps.length > 0)
      walkthroughs.set(
        heading,
        steps.map(([, file = '', names = '']) => ({ file: `server/src/${file}`, names: codeSpansOf(names) })),
      );
  }

  test('are there', () => {
    expect([...walkthroughs.keys()]).toEqual(Object.keys(limits));
  });

  test.each([...walkthroughs])(
    '%s: names functions that its files declare, and few files',
    async (heading, steps) => {
      const files = [...new Set(steps.map(({ file }) => file))];
      expect(files.length).toBeLessThanOrEqual(limits[heading] ?? 0);
      for (const { file, names } of steps)
        expect(await declaredIn(file), file).toEqual(expect.arrayContaining(names));
    },
  );

  test.each([...walkthroughs])('%s: each step is named by a file before it', async (_heading, steps) => {
    const unnamed: string[] = [];
    let before = '';
    for (const { file, names } of steps) {
      const own = await read(file);
      const [first = '', ...others] = names;
      if (before !== '' && !isNamedIn(first, before)) unnamed.push(`${file} · ${first}`);
      for (const name of others) if (!isNamedIn(name, before + own)) unnamed.push(`${file} · ${name}`);
      before += own;
    }
    expect(unnamed).toEqual([]);
  });
});

const isNamedIn = (name: string, text: string): boolean => RegExp(`\\b${name}\\b`).test(text);

/** Functions, constants, the methods of objects, and types. */
async function declaredIn(file: string): Promise<string[]> {
  return nodesOf(await parse(file)).flatMap((node) =>
    (ts.isFunctionDeclaration(node) ||
      ts.isVariableDeclaration(node) ||
      ts.isMethodDeclaration(node) ||
      ts.isMethodSignature(node) ||
      ts.isPropertyAssignment(node) ||
      ts.isTypeAliasDeclaration(node) ||
      ts.isInterfaceDeclaration(node)) &&
    node.name !== undefined &&
    ts.isIdentifier(node.name)
      ? [node.name.text]
      : [],
  );
}
