/** The charts and tables of docs/performance.md, from the committed figures. */

import { readFileSync, writeFileSync } from 'node:fs';
import { drawCost } from './charts/cost.ts';
import { drawLatency } from './charts/latency.ts';
import { drawThroughput } from './charts/throughput.ts';
import type { Report } from './report.ts';
import { peerTable, ratioTable, replaceBlocks } from './tables.ts';

const page = new URL('../../docs/performance.md', import.meta.url);
const figures = new URL('../../docs/performance/', import.meta.url);

const readReport = (name: string): Report => JSON.parse(readFileSync(new URL(name, figures), 'utf8'));

/** What the files should be. @returns the text of each, by URL */
export function renderPerformance(): Map<URL, string> {
  const [peers, scale] = [readReport('peers.json'), readReport('scale.json')];
  const blocks = { peers: peerTable(peers), ratios: ratioTable([...peers.ratios, ...scale.ratios]) };
  return new Map([
    [new URL('throughput.svg', figures), drawThroughput(peers)],
    [new URL('latency.svg', figures), drawLatency(peers)],
    [new URL('cost.svg', figures), drawCost(scale)],
    [page, replaceBlocks(readFileSync(page, 'utf8'), blocks)],
  ]);
}

export function writePerformance(): void {
  for (const [url, text] of renderPerformance()) writeFileSync(url, text);
}
