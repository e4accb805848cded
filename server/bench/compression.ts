/** What lists cost with gzip and without, measured in turn; and what plain ones cost another checkout. */

import { median, type Report, tableHead, tableLine } from './report.ts';
import type { Operation } from './requests.ts';
import { type Server, startOther, startServer } from './server.ts';
import { measure, type Trial } from './trial.ts';

interface Options {
  seconds: number;
  rounds: number;
  /** A checkout of before the change; null: nothing is compared with it. */
  before: string | null;
}

const connections = 32;

export async function measureCompression(
  trial: Trial,
  report: Report,
  { seconds, rounds, before }: Options,
): Promise<void> {
  const uncached = await startServer({ ...trial.env, CACHE_MAX_BYTES: '0' });
  const others = before === null ? [] : [await startOther(before, trial.env)];
  const rows: [name: string, server: Server, operation: Operation][] = [
    ['list, cached', trial.server, 'list'],
    ...others.map((server): (typeof rows)[number] => ['list, cached, before', server, 'list']),
    ['list, cached, gzip', trial.server, 'list, gzip'],
    ['list, uncached', uncached, 'list'],
    ['list, uncached, gzip', uncached, 'list, gzip'],
  ];
  const taken = new Map<string, { cpu: number[]; rate: number[] }>();
  console.log(tableHead());
  for (let round = 0; round < rounds; round += 1)
    // There and back: what comes later in a round is not favoured each time.
    for (const [name, server, operation] of round % 2 === 0 ? rows : rows.toReversed()) {
      const next = trial.requests[operation];
      const result = await measure(trial, server, { name, next, connections, seconds });
      report.results.push(result);
      console.log(tableLine(result));
      const { cpu, rate } = taken.get(name) ?? { cpu: [], rate: [] };
      cpu.push(result.cpuMicrosPerRequest ?? Number.NaN);
      rate.push(result.perSecond);
      taken.set(name, { cpu, rate });
    }
  const tell = (of: 'cpu' | 'rate', what: string, [a, b]: [string, string], wanted: string) => {
    const [left = [], right = []] = [taken.get(a)?.[of], taken.get(b)?.[of]];
    const value = median(left.map((figure, round) => figure / (right[round] ?? Number.NaN)));
    report.ratios.push({ name: `${a} / ${b}: ${what}`, value, wanted });
  };
  tell('cpu', 'CPU', ['list, cached, gzip', 'list, cached'], '≤ 1.2');
  tell('rate', 'throughput', ['list, uncached, gzip', 'list, uncached'], '≥ 0.7');
  if (before !== null) tell('cpu', 'CPU', ['list, cached', 'list, cached, before'], '≤ 1.05');
  for (const server of [uncached, ...others]) await server.stop();
}
