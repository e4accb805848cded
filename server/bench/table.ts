/** Each operation with one, with some and with many connections, and at given rates. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Report, type Result, tableHead, tableLine } from './report.ts';
import { logins, type Operation, type Requests } from './requests.ts';
import { type Server, startServer } from './server.ts';
import { type Measurement, measure, type Trial } from './trial.ts';

interface Options {
  seconds: number;
  /** Names of operations; null for all. */
  only: readonly string[] | null;
}

const connectionCounts = [1, 32, 1_000];
/** Of what a closed loop reached. */
const openShares = [0.25, 0.5];
/** A thousand who each wait for a hundred creates, or for a password's hash, wait for seconds. */
const fewConnections = new Set(['bulk 100', 'login']);
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
  const addAll = async (server: Server, name: string, next: Requests, isRated: boolean) => {
    let best = 0;
    for (const connections of connectionCounts) {
      if (connections === 1_000 && fewConnections.has(name)) continue;
      best = Math.max(best, (await add(server, { name, next, connections })).perSecond);
    }
    for (const share of isRated ? openShares : [])
      await add(server, { name, next, connections: 1_000, rate: Math.round((best * share) / 100) * 100 });
  };
  for (const name of operations.filter(isWanted)) {
    await trial.refresh();
    await addAll(trial.server, name, trial.requests[name], name === 'list' || name === 'mixed');
  }
  if (isWanted('login')) await addAll(trial.server, 'login', await newLogins(trial.server), false);
  const uncached = await startServer({ ...trial.env, CACHE_MAX_BYTES: '0' });
  for (const name of ['list', 'get'] as const)
    if (isWanted(`${name}, uncached`))
      await addAll(uncached, `${name}, uncached`, trial.requests[name], false);
  await uncached.stop();
  judgeMixed(report);
}

/** What a thousand clients at once may see of the mixture. */
function judgeMixed({ results, ratios }: Report): void {
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

/** Registers accounts, and logs them in again and again. */
async function newLogins({ port }: Server): Promise<Requests> {
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
  return logins(emails, password);
}
