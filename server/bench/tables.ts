/** Tables of a report in Markdown, and their places in a page. */

import type { Report } from './report.ts';
import { meets } from './statistics.ts';

const verdict = (value: number, wanted: string) => (meets(value, wanted) ? '' : 'falls short');

/** Small and whole figures as they are; a ratio has two digits. */
const shown = (value: number) => (Math.abs(value) >= 20 ? value.toFixed(0) : value.toFixed(2));

export const ratioTable = (ratios: Report['ratios']): string =>
  [
    '| | asked | measured | |',
    '|---|---|---|---|',
    ...ratios.map(
      ({ name, value, wanted }) => `| ${name} | ${wanted} | ${shown(value)} | ${verdict(value, wanted)} |`,
    ),
  ].join('\n');

/** Duly ÷ each peer, an operation a row. */
export function peerTable({ peerRatios }: Report): string {
  const peers = [...new Set(peerRatios.map(({ peer }) => peer))];
  const wanted = peers.map((peer) => peerRatios.find((one) => one.peer === peer)?.wanted ?? '');
  const rows = [...new Set(peerRatios.map(({ operation }) => operation))].map((operation) => {
    const cells = peers.map((peer) => {
      const ratio = peerRatios.find((one) => one.operation === operation && one.peer === peer);
      if (ratio === undefined) return '';
      const note = verdict(ratio.value, ratio.wanted);
      return `${shown(ratio.value)}${note && `, ${note}`}`;
    });
    return `| ${operation} | ${cells.join(' | ')} |`;
  });
  return [
    `| Duly ÷ | ${peers.join(' | ')} |`,
    `|---|${'---|'.repeat(peers.length)}`,
    `| asked | ${wanted.join(' | ')} |`,
    ...rows,
  ].join('\n');
}

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. @throws if a block is missing */
export function replaceBlocks(page: string, blocks: Record<string, string>): string {
  return Object.entries(blocks).reduce((text, [name, content]) => {
    const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(start), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`the page has no block ${name}`);
    return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
  }, page);
}
