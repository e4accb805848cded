/** The mixture of requests on 1,000 connections: against another checkout, and latency by load. */

import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { ConnectionSettings } from '../src/db/postgres/embedded.ts';
import { findActiveUsers } from './database.ts';
import type { Report, Result } from './report.ts';
import { operations, type Requests } from './requests.ts';
import type { Size } from './seed.ts';
import { partOf, type Server, startOtherCheckout } from './server.ts';
import { alternate, median, medianRatio } from './statistics.ts';
import { measure, type Trial } from './trial.ts';

const run = promisify(execFile);

interface Options {
  seconds: number;
  rounds: number;
  size: Size;
  /** Directory of a checkout to compare with; null for none. */
  before: string | null;
}

const connections = 1_000;
/** Open-loop rates, as shares of what the closed loop reaches. */
const shares = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
const asked = 0.5;
const now = 'Duly';

export async function measureMixed(trial: Trial, report: Report, options: Options): Promise<void> {
  const { seconds, rounds } = options;
  const other = options.before === null ? null : await openOther(trial, options.before, options);
  const closedLoop = (name: string, server: Server, next: Requests) => ({
    name,
    run: () => measure(trial, server, { name, next, connections, seconds: 2 * seconds }),
  });
  const candidates = [closedLoop(now, trial.server, trial.requests.mixed)];
  if (other !== null) candidates.push(closedLoop(other.name, other.server, other.mixed));
  const results = await alternate(candidates, rounds);
  await other?.close();
  const ratesOf = (name: string) => (results.get(name) ?? []).map(({ perSecond }) => perSecond);
  console.log(`\nmixed, ${connections} connections`);
  for (const system of results.keys()) {
    const perSecond = median(ratesOf(system));
    console.log(`  ${system.padEnd(30)}${perSecond.toFixed(0).padStart(8)}/s`);
    report.throughput.push({ operation: `mixed, ${connections} connections`, system, perSecond });
  }
  const errors = (results.get(now) ?? []).reduce((sum, result) => sum + result.errors, 0);
  report.ratios.push({ name: '1000 connections, mixed: errors', value: errors, wanted: '0' });
  if (other !== null) {
    const value = medianRatio(ratesOf(now), ratesOf(other.name));
    report.ratios.push({ name: `1000 connections, mixed: throughput / ${other.name}`, value, wanted: '≥ 2' });
  }
  const capacity = median(ratesOf(now));
  await measureLatencies(trial, report, { seconds, rounds, capacity });
}

async function measureLatencies(
  trial: Trial,
  report: Report,
  { seconds, rounds, capacity }: { seconds: number; rounds: number; capacity: number },
): Promise<void> {
  const next = trial.requests.mixed;
  const candidates = shares.map((share) => {
    const name = `mixed at ${(share * 100).toFixed(0)} %`;
    const rate = Math.round(share * capacity);
    return {
      name: share,
      run: () => measure(trial, trial.server, { name, next, connections, rate, seconds }),
    };
  });
  for (const [share, results] of await alternate(candidates, rounds)) {
    const of = (figure: (result: Result) => number) => median(results.map(figure));
    const latency = {
      share,
      perSecond: of(({ perSecond }) => perSecond),
      p50: of(({ latencyMs }) => latencyMs.p50),
      p95: of(({ latencyMs }) => latencyMs.p95),
      p99: of(({ latencyMs }) => latencyMs.p99),
    };
    report.latency.push(latency);
    console.log(
      `  at ${(share * 100).toFixed(0).padStart(3)} %  ${latency.perSecond.toFixed(0).padStart(6)}/s  p50 ${latency.p50.toFixed(1)}  p95 ${latency.p95.toFixed(1)}  p99 ${latency.p99.toFixed(1)} ms`,
    );
    if (share === asked)
      report.ratios.push({ name: 'mixed at half of capacity: p95, ms', value: latency.p95, wanted: '≤ 10' });
  }
}

/** What is used of another checkout's `bench/database.ts`. */
interface OtherBench {
  openBenchDatabase(
    dataDir: null,
    size: Size,
  ): Promise<{ connection: ConnectionSettings; url: string; close(): Promise<void> }>;
}

/** The other checkout serves a database that its own migrations and its own seed made: schemas change. */
async function openOther({ env, users }: Trial, directory: string, { size }: Options) {
  const { href } = pathToFileURL(partOf(directory, 'bench/database.ts'));
  const { openBenchDatabase }: OtherBench = await import(href);
  const database = await openBenchDatabase(null, size);
  const server = await startOtherCheckout(directory, { ...env, DATABASE_URL: database.url });
  const { mixed } = operations(await findActiveUsers(database.connection, users.length), new Map());
  const { stdout: commit } = await run('git', ['-C', directory, 'rev-parse', '--short', 'HEAD']);
  return {
    name: `commit ${commit.trim()}`,
    server,
    mixed,
    async close() {
      await server.stop();
      await database.close();
    },
  };
}
