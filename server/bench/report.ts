/** Results as a table on the terminal, and as JSON for the comparison with a later run. */

import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import type { LoadResult } from './load.ts';
import { median, meets } from './statistics.ts';

/** One row of the table. */
export interface Result extends Omit<LoadResult, 'statuses' | 'seconds'> {
  name: string;
  connections: number;
  /** Requests per second of an open loop; null in a closed loop. */
  rate: number | null;
  /** CPU time of the server's processes, without the database's; null on systems other than Linux. */
  cpuMicrosPerRequest: number | null;
  /** CPU time of the database. */
  databaseMicrosPerRequest: number | null;
  rssMb: number | null;
  databaseConnections: number;
}

export interface Report {
  machine: string;
  node: string;
  at: string;
  results: Result[];
  /** Comparisons within this run; `wanted` is the target, empty if there is none. */
  ratios: { name: string; value: number; wanted: string }[];
  /** Duly's throughput divided by another backend's. */
  peerRatios: { operation: string; peer: string; value: number; wanted: string }[];
  throughput: { operation: string; system: string; perSecond: number }[];
  /** Of the mixture, in ms; `share` is the part of the closed loop's throughput that was asked for. */
  latency: { share: number; perSecond: number; p50: number; p95: number; p99: number }[];
  /** Of one request on databases of different sizes. */
  cost: { operation: string; tasks: number; databaseMicros: number | null; p95: number }[];
}

export const newReport = (): Report => ({
  machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${release()}`,
  node: process.version,
  at: new Date().toISOString(),
  results: [],
  ratios: [],
  peerRatios: [],
  throughput: [],
  latency: [],
  cost: [],
});

const columns: [title: string, of: (result: Result) => string][] = [
  ['connections', (result) => String(result.connections)],
  ['asked/s', ({ rate }) => (rate === null ? '' : rate.toFixed(0))],
  ['done/s', (result) => result.perSecond.toFixed(0)],
  ['p50 ms', (result) => result.latencyMs.p50.toFixed(2)],
  ['p95 ms', (result) => result.latencyMs.p95.toFixed(2)],
  ['p99 ms', (result) => result.latencyMs.p99.toFixed(2)],
  ['max ms', (result) => result.latencyMs.max.toFixed(0)],
  ['errors', (result) => String(result.errors)],
  ['CPU µs', ({ cpuMicrosPerRequest }) => cpuMicrosPerRequest?.toFixed(0) ?? '?'],
  ['DB µs', ({ databaseMicrosPerRequest }) => databaseMicrosPerRequest?.toFixed(0) ?? '?'],
  ['RSS MB', ({ rssMb }) => rssMb?.toFixed(0) ?? '?'],
  ['DB conns', (result) => String(result.databaseConnections)],
  ['bytes', (result) => String(result.bodyBytes)],
];

const nameWidth = 30;
const width = 10;

export const tableHead = () =>
  ''.padEnd(nameWidth) + columns.map(([title]) => title.slice(0, width + 1).padStart(width + 2)).join('');

export const tableLine = (result: Result) =>
  result.name.padEnd(nameWidth) + columns.map(([, of]) => of(result).padStart(width + 2)).join('');

export function printRatios({ ratios }: Report): void {
  console.log(`\n${'asked and measured'.padEnd(64)} ${'measured'.padStart(8)}   asked`);
  for (const { name, value, wanted } of ratios)
    console.log(`${name.padEnd(64)} ${value.toFixed(2).padStart(8)}   ${verdict(value, wanted)}`);
}

const verdict = (value: number, wanted: string) => (meets(value, wanted) ? wanted : `${wanted}, falls short`);

/** Duly ÷ each peer, an operation a line. */
export function printPeerRatios({ peerRatios }: Report): void {
  if (peerRatios.length === 0) return;
  const peers = [...new Set(peerRatios.map(({ peer }) => peer))];
  const cellWidth = 32;
  console.log(`\n${'Duly ÷'.padEnd(nameWidth)}${peers.map((peer) => peer.padEnd(cellWidth)).join('')}`);
  for (const operation of new Set(peerRatios.map((ratio) => ratio.operation))) {
    const cells = peers.map((peer) => {
      const ratio = peerRatios.find((one) => one.operation === operation && one.peer === peer);
      return ratio === undefined ? '' : `${ratio.value.toFixed(2)}  ${verdict(ratio.value, ratio.wanted)}`;
    });
    console.log(operation.padEnd(nameWidth) + cells.map((cell) => cell.padEnd(cellWidth)).join(''));
  }
}

/** Prints the medians of results with one name, connections and rate against those of an earlier run. */
export function printComparison({ results }: Report, file: string): void {
  const earlier: Report = JSON.parse(readFileSync(file, 'utf8'));
  console.log(`\nAgainst ${file} (${earlier.at}); of the rate more is better, of the rest less`);
  for (const key of new Set(results.map(keyOf))) {
    const [now, before] = [results, earlier.results].map((all) => all.filter((one) => keyOf(one) === key));
    if (!before?.length) continue;
    const ratio = (of: (one: Result) => number | null) => {
      const [over, under] = [now, before].map((all = []) => median(all.map((one) => of(one) ?? Number.NaN)));
      return ((over ?? Number.NaN) / (under ?? Number.NaN)).toFixed(2);
    };
    console.log(
      `${key.padEnd(nameWidth + width)} rate ${ratio((one) => one.perSecond)}  p50 ${ratio((one) => one.latencyMs.p50)}  ` +
        `p95 ${ratio((one) => one.latencyMs.p95)}  CPU ${ratio((one) => one.cpuMicrosPerRequest)}  RSS ${ratio((one) => one.rssMb)}`,
    );
  }
}

const keyOf = ({ name, connections, rate }: Result) =>
  `${name}, ${connections}${rate === null ? '' : ` at ${rate.toFixed(0)}/s`}`;

/** Five digits are more than any measurement has. */
const rounded = (_: string, value: unknown) =>
  typeof value === 'number' ? Number(value.toPrecision(5)) : value;

export const writeReport = (report: Report, file: string): void =>
  writeFileSync(file, `${JSON.stringify(report, rounded, 2)}\n`);
