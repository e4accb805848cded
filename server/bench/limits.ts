/** Compares Duly with the database and the framework alone, measured alternately. */

import { createScript, hasPgbench, listScript, measureScript } from './references.ts';
import { median, type Report, tableHead, tableLine } from './report.ts';
import type { Operation } from './requests.ts';
import { type Server, startBareList, startBareRoute, startServer } from './server.ts';
import { measure, type Trial } from './trial.ts';

interface Options {
  seconds: number;
  rounds: number;
}

/** Enough to saturate the server. */
const connections = 64;
/** Numbers of database clients to try; the fastest one is used. */
const clientCounts = [4, 8, 15];

/** Each measures once, and resolves to requests or transactions per second. */
type Candidates = Record<
  | 'bareRoute'
  | 'tokenCachingRoute'
  | 'cachedList'
  | 'list304'
  | 'databaseList'
  | 'bareList'
  | 'uncachedList'
  | 'databaseCreate'
  | 'create',
  () => Promise<number>
>;

/** Adds the median over all rounds of each ratio to the report. */
export async function measureLimits(
  trial: Trial,
  report: Report,
  { seconds, rounds }: Options,
): Promise<void> {
  const uncached = await startServer({ ...trial.env, CACHE_MAX_BYTES: '0' });
  const rateOf = async (server: Server, operation: Operation, name: string) => {
    // Created tasks made the cached responses and ETags outdated.
    if (server === trial.server) await trial.refresh();
    const next = trial.requests[operation];
    const result = await measure(trial, server, { name, next, connections, seconds });
    console.log(tableLine(result));
    return result;
  };
  console.log(tableHead());
  const { bodyBytes } = await rateOf(trial.server, 'list', 'warm-up');
  const bareRoute = await startBareRoute(bodyBytes, 'verified');
  const tokenCachingRoute = await startBareRoute(bodyBytes, 'cached');
  const bareList = await startBareList(trial.database.url);
  const database = await databaseRates(trial, seconds);
  const candidates: Candidates = {
    bareRoute: async () => (await rateOf(bareRoute, 'list', 'bare route')).perSecond,
    tokenCachingRoute: async () =>
      (await rateOf(tokenCachingRoute, 'list', 'bare route, tokens remembered')).perSecond,
    cachedList: async () => (await rateOf(trial.server, 'list', 'list, cached')).perSecond,
    list304: async () => (await rateOf(trial.server, 'list 304', 'list, 304')).perSecond,
    databaseList: database.list,
    bareList: async () => (await rateOf(bareList, 'list', 'node:http and pg: list')).perSecond,
    uncachedList: async () => (await rateOf(uncached, 'list', 'list, uncached')).perSecond,
    databaseCreate: database.create,
    create: async () => (await rateOf(trial.server, 'create', 'create')).perSecond,
  };
  const rates = await runAlternately(candidates, rounds);
  const addRatio = (name: string, [a, b]: [keyof Candidates, keyof Candidates], wanted: string) => {
    const value = median(rates[a].map((rate, round) => rate / (rates[b][round] ?? Number.NaN)));
    report.ratios.push({ name, value, wanted });
  };
  const tool = (await hasPgbench()) ? 'pgbench' : 'bare clients';
  addRatio(`cached list / ${tool} of its statement`, ['cachedList', 'databaseList'], '≥ 3');
  addRatio('cached list / bare Fastify route', ['cachedList', 'bareRoute'], '≥ 0.6');
  addRatio(
    'cached list / bare Fastify route that remembers tokens',
    ['cachedList', 'tokenCachingRoute'],
    '≥ 0.6',
  );
  addRatio(`uncached list / ${tool} of its statement`, ['uncachedList', 'databaseList'], '≥ 0.75');
  addRatio('uncached list / node:http and pg by themselves', ['uncachedList', 'bareList'], '');
  addRatio(`node:http and pg by themselves / ${tool}`, ['bareList', 'databaseList'], '');
  addRatio('304 / cached list', ['list304', 'cachedList'], '≥ 1');
  addRatio(`create / ${tool} of counter and insert`, ['create', 'databaseCreate'], '≥ 0.3');
  for (const server of [bareRoute, tokenCachingRoute, bareList, uncached]) await server.stop();
}

async function runAlternately(
  candidates: Candidates,
  rounds: number,
): Promise<Record<keyof Candidates, number[]>> {
  const names = Object.keys(candidates) as (keyof Candidates)[];
  const rates = Object.fromEntries(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1)
    for (const name of names) rates[name]?.push(await candidates[name]());
  return rates as Record<keyof Candidates, number[]>;
}

/** Rates of the database with the number of clients that suits it best. */
async function databaseRates({ database, users }: Trial, seconds: number) {
  const userCount = users.length;
  const atBestClientCount = async (name: string, script: ReturnType<typeof createScript>) => {
    const rate = (clients: number, time: number) =>
      measureScript(database.connection, script, { users: userCount, clients, seconds: time });
    const tried: [clients: number, rate: number][] = [];
    for (const clients of clientCounts) tried.push([clients, await rate(clients, 2)]);
    const [best] = tried.toSorted(([, a], [, b]) => b - a);
    const [clients] = best ?? [8];
    return async () => {
      const perSecond = await rate(clients, seconds);
      console.log(
        `${name.padEnd(30)}${String(clients).padStart(12)}${''.padStart(12)}${perSecond.toFixed(0).padStart(12)}`,
      );
      return perSecond;
    };
  };
  return {
    list: await atBestClientCount('the database: list', await listScript(userCount)),
    create: await atBestClientCount('the database: counter, insert', createScript(userCount)),
  };
}
