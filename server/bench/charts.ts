/** The charts and tables of docs/performance.md, from the committed figures. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { drawCost } from './charts/cost.ts';
import { drawLatency } from './charts/latency.ts';
import { drawThroughput } from './charts/throughput.ts';
import type { Report } from './report.ts';
import { peerTable, ratioTable, replaceBlocks } from './tables.ts';

const page = new URL('../../docs/performance.md', import.meta.url);
const figures = new URL('../../docs/performance/', import.meta.url);

function readReport(name: string): Report | null {
  const file = new URL(name, figures);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

const costText =
  "Lines of the database's CPU time for one list, get, create and page of changes, by the number of tasks in the database.";

/** What the files should be. Without figures of `--scale`, the page has none. @returns the text of each, by URL */
export function renderPerformance(): Map<URL, string> {
  const [peers, scale] = [readReport('peers.json'), readReport('scale.json')];
  if (peers === null) throw new Error('docs/performance/peers.json is missing');
  const blocks = {
    peers: peerTable(peers),
    ratios: ratioTable([...peers.ratios, ...(scale?.ratios ?? [])]),
    cost: scale === null ? 'Not measured yet.' : `![${costText}](performance/cost.svg)`,
  };
  const files = new Map([
    [new URL('throughput.svg', figures), drawThroughput(peers)],
    [new URL('latency.svg', figures), drawLatency(peers)],
    [page, replaceBlocks(readFileSync(page, 'utf8'), blocks)],
  ]);
  if (scale !== null) files.set(new URL('cost.svg', figures), drawCost(scale));
  return files;
}

export function writePerformance(): void {
  for (const [url, text] of renderPerformance()) writeFileSync(url, text);
}
