import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { formatNumber, logAxis, marker, spread, text } from '../../bench/charts/svg.ts';
import { renderPerformance } from '../../bench/charts.ts';
import { peerTable, ratioTable, replaceBlocks } from '../../bench/tables.ts';

describe('docs/performance.md', () => {
  const rendered = [...renderPerformance()].map(([url, content]) => [fileURLToPath(url), content] as const);

  test.each(rendered)('%s is what the committed figures give: npm run bench -- --charts', (path, content) => {
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  test.each(rendered.filter(([path]) => path.endsWith('.svg')))('%s has both themes and words', (_, svg) => {
    expect(svg).toMatch(/<title id="title">.+<\/title>\n<desc id="description">.*\d.*<\/desc>/);
    expect(svg).toContain('prefers-color-scheme:dark');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('the page shows each chart, with a text for who does not see it', () => {
    const page = rendered.find(([path]) => path.endsWith('.md'))?.[1] ?? '';
    const shown = [...page.matchAll(/!\[(.{40,})\]\(performance\/([a-z]+\.svg)\)/gs)].map(
      ([, , name]) => name,
    );
    const drawn = rendered.flatMap(([path]) => /[a-z]+\.svg$/.exec(path) ?? []);
    expect(shown.sort()).toEqual(drawn.sort());
  });
});

test('a logarithmic axis has ticks within its values', () => {
  expect(logAxis([40, 9_000]).ticks).toEqual([100, 1_000, 10_000]);
  expect(logAxis([0.09, 1.6]).ticks).toEqual([0.1, 0.2, 0.5, 1, 2]);
});

test('labels that would overlap move apart', () => {
  expect(spread([30, 10, 12], 8)).toEqual([30, 10, 18]);
});

test('text and numbers are written as XML and with separators', () => {
  expect(text(1, 2.04, 'a < b & "c"', { classes: 'x' })).toBe(
    '<text x="1" y="2" class="x">a &lt; b &amp; &quot;c&quot;</text>',
  );
  expect(marker('square', 10, 10, 'a')).toContain('points="5,5 15,5 15,15 5,15"');
  expect([0.05, 1.25, 12_345.6].map(formatNumber)).toEqual(['0.05', '1.3', '12,346']);
});

describe('tables', () => {
  test('ratios that miss their target fall short', () => {
    const ratios = [
      { name: 'a', value: 0.4, wanted: '≥ 0.5' },
      { name: 'b', value: 123.4, wanted: '' },
    ];
    expect(ratioTable(ratios).split('\n').slice(2)).toEqual([
      '| a | ≥ 0.5 | 0.40 | falls short |',
      '| b |  | 123 |  |',
    ]);
  });

  test('peers have columns, operations rows', () => {
    const peerRatios = [
      { operation: 'get', peer: 'A', value: 1.234, wanted: '≥ 1' },
      { operation: 'get', peer: 'B', value: 0.9, wanted: '≥ 1.2' },
    ];
    const report = {
      machine: '',
      node: '',
      at: '',
      results: [],
      ratios: [],
      throughput: [],
      latency: [],
      cost: [],
    };
    expect(peerTable({ ...report, peerRatios }).split('\n')).toEqual([
      '| Duly ÷ | A | B |',
      '|---|---|---|',
      '| asked | ≥ 1 | ≥ 1.2 |',
      '| get | 1.23 | 0.90, falls short |',
    ]);
  });

  test('a block is replaced, and a missing one refused', () => {
    const page = 'x\n<!-- a -->\nold\n<!-- /a -->\ny\n';
    expect(replaceBlocks(page, { a: 'new' })).toBe('x\n<!-- a -->\n\nnew\n\n<!-- /a -->\ny\n');
    expect(() => replaceBlocks(page, { b: 'new' })).toThrow('the page has no block b');
  });
});
