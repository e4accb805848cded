/** Cost of lists with and without gzip, measured alternately. Optionally against plain lists of another checkout. */

import { type Report, tableHead, tableLine } from './report.ts';
import type { Operation } from './requests.ts';
import { type Server, startOtherCheckout, startServer } from './server.ts';
import { medianRatio } from './statistics.ts';
import { measure, type Trial } from './trial.ts';

interface Options {
  seconds: number;
  rounds: number;
  /** Directory of a checkout to compare with; null for none. */
  before: string | null;
}

const connections = 32;

export async function measureCompression(
  trial: Trial,
  report: Report,
  { seconds, rounds, before }: Options,
): Promise<void> {
  const uncached = await startServer({ ...trial.env, CACHE_MAX_BYTES: '0' });
  const others = before === null ? [] : [await startOtherCheckout(before, trial.env)];
  const rows: [name: string, server: Server, operation: Operation][] = [
    ['list, cached', trial.server, 'list'],
    ...others.map((server): (typeof rows)[number] => ['list, cached, before', server, 'list']),
    ['list, cached, gzip', trial.server, 'list, gzip'],
    ['list, uncached', uncached, 'list'],
    ['list, uncached, gzip', uncached, 'list, gzip'],
  ];
  const samples = new Map<string, { cpu: number[]; rate: number[] }>();
  console.log(tableHead());
  for (let round = 0; round < rounds; round += 1)
    // The order alternates, so that no row is always the later one.
    for (const [name, server, operation] of round % 2 === 0 ? rows : rows.toReversed()) {
      const next = trial.requests[operation];
      const result = await measure(trial, server, { name, next, connections, seconds });
      report.results.push(result);
      console.log(tableLine(result));
      const { cpu, rate } = samples.get(name) ?? { cpu: [], rate: [] };
      cpu.push(result.cpuMicrosPerRequest ?? Number.NaN);
      rate.push(result.perSecond);
      samples.set(name, { cpu, rate });
    }
  const addRatio = (of: 'cpu' | 'rate', what: string, [a, b]: [string, string], wanted: string) => {
    const [left = [], right = []] = [samples.get(a)?.[of], samples.get(b)?.[of]];
    report.ratios.push({ name: `${a} / ${b}: ${what}`, value: medianRatio(left, right), wanted });
  };
  addRatio('cpu', 'CPU', ['list, cached, gzip', 'list, cached'], '≤ 1.2');
  addRatio('rate', 'throughput', ['list, uncached, gzip', 'list, uncached'], '≥ 0.7');
  if (before !== null) addRatio('cpu', 'CPU', ['list, cached', 'list, cached, before'], '≤ 1.05');
  for (const server of [uncached, ...others]) await server.stop();
}
