/** Each operation with one, with 32 and with 1,000 connections, and at given rates. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Report, type Result, tableHead, tableLine } from './report.ts';
import { loginRequests, type Operation, type Requests } from './requests.ts';
import { type Server, startServer } from './server.ts';
import { type Measurement, measure, type Trial } from './trial.ts';

interface Options {
  seconds: number;
  /** Names of operations; null for all. */
  only: readonly string[] | null;
}

const connectionCounts = [1, 32, 1_000];
/** Open-loop rates, as shares of the closed loop's. */
const openLoopShares = [0.25, 0.5];
/** Not measured with 1,000 connections: requests would wait for seconds. */
const slowOperations = new Set(['bulk 100', 'login']);
const operations: Operation[] = [
  'mixed',
  'list',
  'list 304',
  'get',
  'create',
  'create, 2 tags',
  'patch',
  'complete',
  'search',
  'tags',
  'changes',
  'bulk 100',
];

export async function measureTable(trial: Trial, report: Report, { seconds, only }: Options): Promise<void> {
  const isWanted = (name: string) => only === null || only.includes(name);
  console.log(`\n${tableHead()}`);
  const add = async (server: Server, of: Omit<Measurement, 'seconds'>): Promise<Result> => {
    const result = await measure(trial, server, { ...of, seconds });
    report.results.push(result);
    console.log(tableLine(result));
    return result;
  };
  const addAll = async (server: Server, name: string, next: Requests, withRates: boolean) => {
    let best = 0;
    for (const connections of connectionCounts) {
      if (connections === 1_000 && slowOperations.has(name)) continue;
      best = Math.max(best, (await add(server, { name, next, connections })).perSecond);
    }
    for (const share of withRates ? openLoopShares : [])
      await add(server, { name, next, connections: 1_000, rate: Math.round((best * share) / 100) * 100 });
  };
  for (const name of operations.filter(isWanted)) {
    await trial.refresh();
    await addAll(trial.server, name, trial.requests[name], name === 'list' || name === 'mixed');
  }
  if (isWanted('login')) await addAll(trial.server, 'login', await createLoginRequests(trial.server), false);
  const uncached = await startServer({ ...trial.env, CACHE_MAX_BYTES: '0' });
  for (const name of ['list', 'get'] as const)
    if (isWanted(`${name}, uncached`))
      await addAll(uncached, `${name}, uncached`, trial.requests[name], false);
  await uncached.stop();
  addMixedRatios(report);
}

/** Adds the targets of the mixed load with 1,000 connections. */
function addMixedRatios({ results, ratios }: Report): void {
  const mixed = results.find(
    ({ name, connections, rate }) => name === 'mixed' && connections === 1_000 && rate === null,
  );
  if (mixed === undefined) return;
  const { latencyMs, errors, rssMb, databaseConnections } = mixed;
  const of = '1000 connections, mixed:';
  ratios.push(
    { name: `${of} p95, ms`, value: latencyMs.p95, wanted: '< 100' },
    { name: `${of} p99, ms`, value: latencyMs.p99, wanted: '< 250' },
    { name: `${of} errors`, value: errors, wanted: '0' },
    { name: `${of} RSS, MB`, value: rssMb ?? Number.NaN, wanted: '< 300' },
    { name: `${of} database connections`, value: databaseConnections, wanted: '≤ 15' },
  );
}

const accountCount = 20;
const password = 'correct horse battery staple 7';

/** Registers accounts. @returns requests that log them in, over and over */
async function createLoginRequests({ port }: Server): Promise<Requests> {
  const run = Date.now();
  const emails = Array.from({ length: accountCount }, (_, number) => `bench-${run}-${number}@example.com`);
  for (const email of emails) {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password, first_name: 'Ada', last_name: 'Lovelace' }),
    });
    if (response.status !== 201)
      throw new Error(`an account got ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
    await sleep(10);
  }
  return loginRequests(emails, password);
}
